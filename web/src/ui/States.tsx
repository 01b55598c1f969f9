import { CircleAlert, Inbox } from "lucide-react";
import type { ReactNode } from "react";
import { sentenceOf } from "../api/problem";
import { Button } from "./Button";

export type Tone = "good" | "warn" | "bad" | "accent";

export function Badge({ tone, children }: { tone?: Tone | undefined; children: ReactNode }) {
  return <span className={tone ? `badge ${tone}` : "badge"}>{children}</span>;
}

export function Notice({ tone, children }: { tone?: "good" | "warn" | "bad"; children: ReactNode }) {
  return (
    <div className={tone ? `notice ${tone}` : "notice"} role={tone === "bad" ? "alert" : "status"}>
      <div className="stack tight">{children}</div>
    </div>
  );
}

/** What went wrong and what to do, as the hub says it. */
export function ProblemNotice({ problem, onRetry }: { problem: unknown; onRetry?: () => void }) {
  return (
    <Notice tone="bad">
      <p>
        <CircleAlert size={16} aria-hidden /> {sentenceOf(problem)}
      </p>
      {onRetry && (
        <div>
          <Button onPress={onRetry}>Try again</Button>
        </div>
      )}
    </Notice>
  );
}

export function Loading({ what }: { what: string }) {
  return (
    <div className="empty" role="status">
      <span className="spinner" aria-hidden />
      <span>Loading {what}…</span>
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <Inbox aria-hidden />
      <strong>{title}</strong>
      {children}
    </div>
  );
}

interface Answer<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
}

/** Loading, wrong, empty or there: every list and view goes through this, so that none forgets one of the four. */
export function Shown<T>({
  of,
  what,
  empty,
  isEmpty,
  children,
}: {
  of: Answer<T>;
  what: string;
  empty?: ReactNode;
  isEmpty?: (data: T) => boolean;
  children: (data: T) => ReactNode;
}) {
  if (of.data !== undefined) {
    const nothing = isEmpty ? isEmpty(of.data) : Array.isArray(of.data) && of.data.length === 0;
    return (
      <>
        {of.error !== null && <ProblemNotice problem={of.error} onRetry={() => of.refetch()} />}
        {nothing && empty ? empty : children(of.data)}
      </>
    );
  }
  if (of.isPending) return <Loading what={what} />;
  return <ProblemNotice problem={of.error} onRetry={() => of.refetch()} />;
}
