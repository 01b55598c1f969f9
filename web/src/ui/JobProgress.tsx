import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef } from "react";
import { api, body, type Schemas } from "../api/client";
import { Notice, Shown } from "./States";

export type Job = Schemas["JobView"];

/** A long act under way: how far it is, what went wrong, and what came of it. */
export function JobProgress({
  job,
  label,
  onEnd,
  children,
}: {
  job: string;
  label: string;
  onEnd?: () => void;
  children?: (ended: Job) => ReactNode;
}) {
  const found = useQuery({
    queryKey: ["jobs", job],
    queryFn: async () => body(await api.GET("/api/v1/jobs/{job}", { params: { path: { job } } })),
    refetchInterval: (query) => (query.state.data?.ended_at ? false : 700),
  });
  const ended = Boolean(found.data?.ended_at);
  const tell = useRef(onEnd);
  tell.current = onEnd;
  useEffect(() => {
    if (ended) tell.current?.();
  }, [ended]);
  return (
    <Shown of={found} what="progress">
      {(now) => {
        const part = ended ? 1 : now.total ? Math.min(1, now.done / now.total) : 0;
        return (
          <div className="stack tight">
            {!ended && (
              <div
                className="progress"
                role="progressbar"
                aria-label={label}
                aria-valuemin={0}
                aria-valuemax={100}
                aria-valuenow={Math.round(part * 100)}
              >
                <span style={{ width: `${part * 100}%` }} />
              </div>
            )}
            <p role="status" className="soft">
              {label}: {now.state}
              {!ended && now.total !== null && `, ${now.done.toLocaleString()} of ${now.total.toLocaleString()}`}
            </p>
            {now.sentence && (
              <Notice tone="bad">
                <p>{now.sentence}</p>
                {now.problems.map((each) => (
                  <p key={`${each.field} ${each.sentence}`}>
                    {each.field}: {each.sentence}
                  </p>
                ))}
              </Notice>
            )}
            {ended && children?.(now)}
          </div>
        );
      }}
    </Shown>
  );
}
