import type { UseQueryResult } from "@tanstack/react-query";
import { BellRing, Eye, Footprints, UserCheck, Users } from "lucide-react";
import { useEffect, useRef } from "react";
import { useFigures } from "../deployments/queries";
import { Badge, Empty, Shown, type Tone } from "../ui/States";
import { span, Time } from "../ui/Time";
import { SHOWN_ALERTS } from "./queries";
import { type Listed, leftOf, type Wait, waitOf } from "./queue";

const LOOK: Record<Wait, { words: string; tone: Tone | undefined; icon: typeof Eye }> = {
  overdue: { words: "not taken", tone: "bad", icon: BellRing },
  new: { words: "new", tone: "accent", icon: BellRing },
  second: { words: "one more judgement", tone: "warn", icon: Users },
  judging: { words: "being judged", tone: "warn", icon: Eye },
  officer: { words: "officer told", tone: "good", icon: UserCheck },
  outcome: { words: "engaging", tone: "good", icon: Footprints },
  over: { words: "over", tone: undefined, icon: Eye },
};

interface Props {
  found: UseQueryResult<Listed[]>;
  queue: readonly Listed[];
  now: number;
  deployment: string;
  chosen: string | null;
  onChoose: (alert: string) => void;
}

/** What waits for people. However many come, only so many rows are made; the rest is a number. */
export function AlertQueue({ found, queue, now, deployment, chosen, onChoose }: Props) {
  const total = useFigures(deployment).data?.open_alerts ?? queue.length;
  const untaken = queue.filter((each) => ["new", "overdue"].includes(waitOf(each, now))).length;
  const cut = (found.data?.length ?? 0) >= SHOWN_ALERTS && total > queue.length;
  return (
    <section className="queue" aria-label="Alerts that wait">
      <header className="row apart">
        <h2>Alerts</h2>
        <span role="status" className="small">
          {untaken > 0 ? (
            <Badge tone="bad">{cut ? Math.max(untaken, total - queue.length + untaken) : untaken} not taken</Badge>
          ) : (
            <span className="soft">{total} waiting</span>
          )}
        </span>
      </header>
      <Shown
        of={{ ...found, data: found.data && queue }}
        what="the alerts"
        isEmpty={(rows) => rows.length === 0}
        empty={
          <Empty title="No alert waits">
            <span className="small">A sound is made when one comes.</span>
          </Empty>
        }
      >
        {(rows) => (
          <ul className="queue-rows">
            {rows.map((each) => (
              <Row key={each.alert} alert={each} now={now} chosen={each.alert === chosen} onChoose={onChoose} />
            ))}
          </ul>
        )}
      </Shown>
      {cut && (
        <p className="queue-more small">
          The newest {queue.length} are shown; {total - queue.length} older ones wait too, and expire if nobody looks.
          With so many, think of pausing.
        </p>
      )}
    </section>
  );
}

function Row({
  alert,
  now,
  chosen,
  onChoose,
}: {
  alert: Listed;
  now: number;
  chosen: boolean;
  onChoose: (alert: string) => void;
}) {
  const wait = waitOf(alert, now);
  const { words, tone, icon: Icon } = LOOK[wait];
  const left = leftOf(alert, now);
  const place = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (chosen) place.current?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  return (
    <li ref={place}>
      <button
        type="button"
        className="queue-row"
        data-wait={wait}
        aria-current={chosen || undefined}
        onClick={() => onChoose(alert.alert)}
      >
        <Icon aria-hidden className="queue-icon" />
        <span className="queue-main">
          <span className="row apart">
            <strong>
              <Time at={alert.raised_at} clock />
            </strong>
            <Badge tone={tone}>{words}</Badge>
          </span>
          <span className="row apart small">
            <span className="queue-camera">{alert.camera_name}</span>
            {left !== null && (
              <span className="number">
                {wait === "new" ? `take in ${span(left)}` : left > 0 ? `${span(left)} to expiry` : "expires now"}
              </span>
            )}
          </span>
          {alert.test && <Badge tone="warn">test</Badge>}
        </span>
      </button>
    </li>
  );
}
