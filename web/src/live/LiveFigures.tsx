import { useState } from "react";
import { useFigures, type View } from "../deployments/queries";
import { Button } from "../ui/Button";
import { Badge, Notice, ProblemNotice } from "../ui/States";
import { Countdown, span, useNow } from "../ui/Time";
import { beginDuty, dutyBegan, ROTATE_MS } from "./duty";
import { useLastHour } from "./queries";

const TONE = { ok: "good", warn: "warn", pause: "bad" } as const;

/** The counts of this moment in one line, what the false-alert guard says, and how much one person has had to do. */
export function LiveFigures({ view }: { view: View }) {
  const { deployment, state } = view.summary;
  const found = useFigures(deployment);
  const lastHour = useLastHour(deployment).data;
  const figures = found.data;
  if (!figures) return found.error ? <ProblemNotice problem={found.error} onRetry={() => found.refetch()} /> : null;
  const { guard, countdown, classes } = figures;
  const untrue = (classes["false alert confirmed"] ?? 0) + (classes["false alert unconfirmed"] ?? 0);
  const right = (classes["true alert confirmed"] ?? 0) + (classes["true alert unconfirmed"] ?? 0);
  return (
    <>
      {countdown.review_by && (
        <Notice tone="warn">
          <p>
            Urgent authority: everything stops and is deleted in{" "}
            <Countdown until={countdown.review_by} over="no time" /> unless an authorising officer confirms it.
          </p>
        </Notice>
      )}
      {guard.level !== "ok" && (
        <Notice tone={guard.level === "pause" ? "bad" : "warn"}>
          <p>{guard.sentence}</p>
        </Notice>
      )}
      <dl className="live-figures">
        <Figure name="officers there">{figures.officers.filter((each) => each.counts).length}</Figure>
        <Figure name="faces seen">{figures.faces_seen.toLocaleString()}</Figure>
        <Figure name="alerts">{figures.alerts}</Figure>
        {figures.test_alerts > 0 && <Figure name="test alerts">{figures.test_alerts}</Figure>}
        <Figure name="waiting">{figures.open_alerts}</Figure>
        <Figure name="true">{right}</Figure>
        <Figure name="false">{untrue}</Figure>
        <Figure name="expired">{figures.expired_alerts}</Figure>
        <Figure name="false-alert guard">
          <span title={guard.sentence}>
            <Badge tone={TONE[guard.level]}>{guard.level}</Badge>
          </span>
        </Figure>
        <Figure name="last hour">{lastHour ? `${lastHour.count}${lastHour.orMore ? "+" : ""}` : "–"}</Figure>
        {(state === "live" || state === "paused") && <OnDuty />}
      </dl>
    </>
  );
}

function Figure({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="number">{children}</dd>
    </div>
  );
}

/** How long this person has been judging without a break; after an hour somebody else should. */
function OnDuty() {
  const now = useNow(5000);
  const [began, setBegan] = useState(dutyBegan);
  const since = now - began;
  const due = since >= ROTATE_MS;
  return (
    <div className={due ? "rotate" : undefined}>
      <dt>{due ? "time to change over" : "at this screen"}</dt>
      <dd className="number">
        {span(since)}{" "}
        {due && (
          <Button onPress={() => setBegan(beginDuty())}>
            <span className="small">I had a break</span>
          </Button>
        )}
      </dd>
    </div>
  );
}
