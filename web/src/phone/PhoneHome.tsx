import { ChevronRight, Lock, Monitor, Volume2, VolumeX } from "lucide-react";
import { useEffect } from "react";
import { useNavigate } from "react-router";
import { useDeployment } from "../deployments/queries";
import { Presence } from "../live/Presence";
import { type DeploymentSummary, useHubNow, useNearLive, useOpenAlerts } from "../live/queries";
import { inOrder, type Listed, waitOf } from "../live/queue";
import { useAlarm } from "../live/useAlarm";
import { useSession } from "../session/session";
import { Button, ButtonLink } from "../ui/Button";
import { Badge, Empty, Shown } from "../ui/States";
import { Countdown, span, Time } from "../ui/Time";
import { InstallButton } from "./InstallButton";
import { PassageCounter } from "./PassageCounter";
import { usePhone } from "./PhoneState";

/** As many as fit a phone; others are counted. */
const SHOWN = 12;
/** A new alert opens by itself only as long as its person is near. */
const FRESH_MS = 60_000;

/** Where the officer is on duty, and the alerts there. */
export function PhoneHome() {
  const { session, lock } = useSession();
  const found = useNearLive();
  return (
    <div className="stack">
      <Shown
        of={{ ...found, data: found.data?.filter((each) => each.officers.includes(session.staff)) }}
        what="your deployments"
        empty={
          <Empty title="You are on duty nowhere now">
            <p>A deployment appears here when its authority names you as an officer.</p>
          </Empty>
        }
      >
        {(sites) => (
          <>
            {sites.map((each) => (
              <Duty key={each.deployment} site={each} />
            ))}
          </>
        )}
      </Shown>
      <footer className="phone-foot">
        <span className="soft small">{session.name}</span>
        <div className="row">
          <InstallButton />
          <Button onPress={lock}>
            <Lock aria-hidden /> Lock
          </Button>
          <ButtonLink to="/live">
            <Monitor aria-hidden /> Console
          </ButtonLink>
        </div>
      </footer>
    </div>
  );
}

function Duty({ site }: { site: DeploymentSummary }) {
  const view = useDeployment(site.deployment).data;
  const open = useOpenAlerts(site.deployment);
  const now = useHubNow(site.deployment);
  const queue = inOrder(open.data ?? [], now);
  const alarm = useAlarm(site.deployment, queue, now);
  const cameras = new Map(view?.authority?.terms.cameras.map((each) => [each.camera, each.name]));
  useOpensByItself(queue, now);
  return (
    <section className="stack tight" aria-label={site.site}>
      {site.rehearsal && <div className="rehearsal">Rehearsal: approach nobody</div>}
      <div className="row apart">
        <div>
          <h1>{site.site}</h1>
          <span className="soft small">
            {site.state}
            {(site.state === "live" || site.state === "paused") && (
              <>
                , <Countdown until={site.window.end} over="time is over" /> left
              </>
            )}
          </span>
        </div>
        <Button aria-label={alarm.muted ? "Sound on" : "Sound off"} onPress={alarm.toggle}>
          {alarm.muted ? <VolumeX aria-hidden /> : <Volume2 aria-hidden />}
        </Button>
      </div>
      {view && <Presence view={view} big />}
      <PassageCounter deployment={site.deployment} />
      <Shown
        of={{ ...open, data: open.data && queue }}
        what="the alerts"
        isEmpty={(rows) => rows.length === 0}
        empty={<Empty title="No alert waits">Keep this screen open: an alert opens by itself.</Empty>}
      >
        {(rows) => (
          <ul className="phone-alerts">
            {rows.slice(0, SHOWN).map((each) => (
              <AlertCard key={each.alert} alert={each} camera={cameras.get(each.camera) ?? ""} now={now} />
            ))}
            {rows.length > SHOWN && <li className="soft small">and {rows.length - SHOWN} more</li>}
          </ul>
        )}
      </Shown>
    </section>
  );
}

/** What just came opens by itself while the officer looks at the list, once for each alert. */
function useOpensByItself(queue: readonly Listed[], now: number): void {
  const navigate = useNavigate();
  const { held } = usePhone();
  const fresh = queue.find((each) => each.state === "raised" && now - Date.parse(each.raised_at) < FRESH_MS);
  const alert = fresh?.alert;
  useEffect(() => {
    if (!alert || held.wasOpened(alert) || document.hidden) return;
    navigator.vibrate?.([200, 100, 200]);
    navigate(`/phone/alerts/${alert}`);
  }, [alert, navigate, held]);
}

const WORDS = {
  overdue: "nobody has it",
  new: "new",
  judging: "being judged",
  second: "one more judgement",
  officer: "an officer is asked to engage",
  outcome: "engaging",
  over: "over",
} as const;

function AlertCard({ alert, camera, now }: { alert: Listed; camera: string; now: number }) {
  const navigate = useNavigate();
  const wait = waitOf(alert, now);
  return (
    <li>
      <button
        type="button"
        className="phone-alert"
        data-wait={wait}
        onClick={() => navigate(`/phone/alerts/${alert.alert}`)}
      >
        <span className="stack tight">
          <strong>{camera}</strong>
          <span className="row">
            <Badge tone={wait === "overdue" ? "bad" : wait === "officer" ? "good" : "accent"}>{WORDS[wait]}</Badge>
            {alert.test && <Badge tone="warn">test</Badge>}
            <span className="soft small">
              <Time at={alert.raised_at} clock />, {span(now - Date.parse(alert.raised_at))} ago
            </span>
          </span>
        </span>
        <ChevronRight aria-hidden />
      </button>
    </li>
  );
}
