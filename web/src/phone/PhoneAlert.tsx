import { ArrowLeft } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { useParams } from "react-router";
import type { Schemas } from "../api/client";
import { PersonFacts, Warnings } from "../live/PersonFacts";
import { useHubClock, useHubNow } from "../live/queries";
import { judgedBy } from "../live/queue";
import { Whereabouts } from "../live/Whereabouts";
import { useSession } from "../session/session";
import { Button, ButtonLink } from "../ui/Button";
import { Badge, Loading, Notice, ProblemNotice } from "../ui/States";
import { Since } from "../ui/Time";
import { Who } from "../ui/Who";
import { type Act, ahead, type Decision, hasExpired, newer, type Summary } from "./decisions";
import { EngageStep } from "./EngageStep";
import type { Held } from "./held";
import { JudgeStep } from "./JudgeStep";
import { OutcomeStep } from "./OutcomeStep";
import { PhonePictures } from "./PhonePictures";
import { usePhone, useWaiting } from "./PhoneState";
import { useHeldAlert } from "./useHeldAlert";

type AlertView = Schemas["AlertView"];

export function PhoneAlert() {
  const { alert = "" } = useParams();
  return <OneAlert key={alert} alert={alert} />;
}

/** One alert in an officer's hand, one step at a time; once it is over, nothing of it is left on the phone. */
function OneAlert({ alert }: { alert: string }) {
  const phone = usePhone();
  const waiting = useWaiting().filter((each): each is Decision => each.what === "decision" && each.alert === alert);
  const [over, setOver] = useState<string | null>(null);
  const { held, again } = useHeldAlert(alert);
  const { view } = held;
  const shown = view && ahead(newer(view.summary, phone.outbox.answerOf(alert)), waiting, view.two_person);
  const words = shown && ending(shown);
  const end = useCallback(
    (how: string) => {
      setOver(how);
      phone.held.wipe(alert);
    },
    [phone, alert],
  );
  useEffect(() => {
    if (words) end(words);
  }, [words, end]);

  const how = over ?? words;
  if (how) return <Over words={waiting.length > 0 && how !== EXPIRED ? WAITS : how} />;
  if (!view || !shown) {
    return held.problem !== null ? (
      <ProblemNotice problem={held.problem} onRetry={again} />
    ) : (
      <Loading what="the alert" />
    );
  }
  return (
    <>
      <Expiry alert={shown} onExpired={end} />
      <Steps view={view} shown={shown} held={held} again={again} />
    </>
  );
}

const EXPIRED = "The alert expired: nobody answered in time. Nobody is to be approached on it.";
const WAITS = "Decided, and kept on this phone until the hub is reached.";

/** Ends an alert that nobody answered by the hub's clock, also where the hub cannot say so. */
function Expiry({ alert, onExpired }: { alert: Summary; onExpired: (words: string) => void }) {
  const expired = hasExpired(alert, useHubNow(alert.deployment));
  useEffect(() => {
    if (expired) onExpired(EXPIRED);
  }, [expired, onExpired]);
  return null;
}

function ending(alert: Summary): string | null {
  if (alert.state === "expired") return EXPIRED;
  if (alert.state !== "closed") return null;
  if (alert.decided === "no match") return "A different person: closed, and nobody is approached.";
  return alert.engaged_by ? "The outcome is recorded, and the alert is closed." : "Closed: nobody was approached.";
}

function Over({ words }: { words: string }) {
  return (
    <div className="stack phone-over">
      <Notice tone="good">
        <p>
          <strong>{words}</strong>
        </p>
        <p>Both pictures and everything about the person are wiped from this phone.</p>
      </Notice>
      <ButtonLink kind="primary" size="big" wide to="/phone">
        Back to the alerts
      </ButtonLink>
    </div>
  );
}

interface StepsProps {
  view: AlertView;
  shown: Summary;
  held: Held;
  again: () => void;
}

function Steps({ view, shown, held, again }: StepsProps) {
  const { decide } = usePhone();
  const { session } = useSession();
  const clock = useHubClock(shown.deployment);
  const act = (each: Act) => decide(shown.alert, each, view.summary.version, new Date(clock()).toISOString());
  return (
    <article className="phone-alert-page">
      <div className="row apart">
        <ButtonLink to="/phone">
          <ArrowLeft aria-hidden /> Alerts
        </ButtonLink>
        <span className="row">
          {shown.test && <Badge tone="warn">test</Badge>}
          <span className="soft small">
            <Since at={view.captured_at} /> ago
          </span>
        </span>
      </div>
      {held.problem !== null && <ProblemNotice problem={held.problem} onRetry={again} />}
      <Warnings person={view.person} />
      <PhonePictures view={view} probe={held.probe} candidate={held.candidate} />
      <Whereabouts view={view} />
      <Step view={view} shown={shown} staff={session.staff} ready={Boolean(held.probe && held.candidate)} act={act} />
      <PersonFacts view={view} />
    </article>
  );
}

interface StepProps {
  view: AlertView;
  shown: Summary;
  staff: string;
  /** Both pictures are here: without them nobody judges. */
  ready: boolean;
  act: (act: Act) => Promise<void>;
}

function Step({ view, shown, staff, ready, act }: StepProps) {
  if (shown.state === "raised") {
    return (
      <Button kind="primary" size="big" wide onPress={() => void act({ act: "mark-seen" })}>
        I have it
      </Button>
    );
  }
  if (shown.state === "engaged") {
    if (shown.engaged_by === staff) {
      return (
        <OutcomeStep deployment={shown.deployment} onDone={(outcome) => act({ act: "record-outcome", outcome })} />
      );
    }
    return (
      <Notice>
        <p>
          <Who staff={shown.engaged_by ?? ""} /> is engaging. Stay near, and do not approach the person a second time.
        </p>
      </Notice>
    );
  }
  if (shown.decided === "engage") return <EngageStep judged={judgedBy(shown, staff) !== undefined} onAct={act} />;
  const own = judgedBy(shown, staff);
  if (!own) return <JudgeStep isDisabled={!ready} onJudge={(choice) => act({ act: "adjudicate", ...choice })} />;
  return (
    <div className="stack tight">
      <Notice tone="warn">
        <p>
          You said: <strong>{own.judgement}</strong>.{" "}
          {view.two_person && own.judgement === "engage"
            ? "A second person must say the same before you approach anybody."
            : "Nobody is to be approached on this alert as it stands."}
        </p>
      </Notice>
      <JudgeStep again isDisabled={!ready} onJudge={(choice) => act({ act: "adjudicate", ...choice })} />
    </div>
  );
}
