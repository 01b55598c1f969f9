import { useEffect, useRef, useState } from "react";
import { Link } from "react-router";
import { api, body } from "../api/client";
import { Problem } from "../api/problem";
import { useSession } from "../session/session";
import { Button, ButtonLink } from "../ui/Button";
import { hasKeys } from "../ui/preferences";
import { Badge, Notice, Shown } from "../ui/States";
import { Countdown } from "../ui/Time";
import { CloseAlert } from "./CloseAlert";
import { Decision } from "./Decision";
import type { Judgement, Reason } from "./decision";
import { useKeys } from "./keys";
import { PersonFacts, Warnings } from "./PersonFacts";
import { Pictures, PLAIN, zoomed } from "./Pictures";
import { type AlertView, useActed, useAlert } from "./queries";
import { judgedBy, standing } from "./queue";
import { WhatNext } from "./WhatNext";
import { Whereabouts } from "./Whereabouts";

interface Props {
  alert: string;
  onClose: () => void;
}

/** One alert before a person: is this the same person? */
export function Adjudication({ alert, onClose }: Props) {
  const found = useAlert(alert);
  const [zoom, setZoom] = useState<number>(PLAIN);
  const place = useRef<HTMLElement>(null);
  useEffect(() => place.current?.focus(), []);
  useKeys(
    {
      Escape: onClose,
      "+": () => setZoom((now) => zoomed(now, 1)),
      "=": () => setZoom((now) => zoomed(now, 1)),
      "-": () => setZoom((now) => zoomed(now, -1)),
      "0": () => setZoom(PLAIN),
    },
    hasKeys(),
  );
  return (
    <section ref={place} tabIndex={-1} className="adjudication" aria-label="Alert: is this the person?">
      <Shown of={found} what="the alert">
        {(view) => <Question view={view} zoom={zoom} onZoom={setZoom} onClose={onClose} />}
      </Shown>
    </section>
  );
}

interface QuestionProps {
  view: AlertView;
  zoom: number;
  onZoom: (zoom: number) => void;
  onClose: () => void;
}

function Question({ view, zoom, onZoom, onClose }: QuestionProps) {
  const { session } = useSession();
  const acted = useActed();
  const [closing, setClosing] = useState(false);
  const { summary, open_acts: acts } = view;
  const at = { params: { path: { alert: summary.alert } } };
  useTaken(view, acted);

  const decide = async (judgement: Judgement, reasons: Reason[], note: string) => {
    try {
      const after = body(
        await api.POST("/api/v1/alerts/{alert}/adjudicate", {
          ...at,
          body: { version: summary.version, judgement, reasons, note, blind: view.blind },
        }),
      );
      await acted(after);
    } catch (problem) {
      // Somebody was quicker: show what they did; what was chosen here stays.
      if (problem instanceof Problem && problem.status === 409) await acted(summary);
      throw problem;
    }
  };

  const judged = judgedBy(summary, session.staff) !== undefined;
  const mayJudge = acts.includes("ADJUDICATE_ALERT") && summary.decided === null;
  return (
    <>
      <header className="adjudication-head">
        <div className="row">
          <h2>Is this the person?</h2>
          {summary.test && <Badge tone="warn">test: counted nowhere</Badge>}
          {view.two_person && <Badge tone="accent">two people must agree</Badge>}
          {mayJudge && !summary.decided && (
            <span className="soft small">
              <Countdown until={summary.answer_by} over="no time" /> left
            </span>
          )}
        </div>
        <Button onPress={onClose}>
          Back to the cameras <kbd>Esc</kbd>
        </Button>
      </header>
      <p className="presumption">
        Most people who resemble somebody are somebody else. If you are in doubt, nobody is approached.
      </p>
      <div className="adjudication-body">
        <Pictures view={view} zoom={zoom} onZoom={onZoom} />
        <div className="adjudication-warnings">
          <Warnings person={view.person} />
        </div>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what is long scrolls here, with the keyboard too. */}
        <section className="adjudication-facts" aria-label="What is known" tabIndex={0}>
          <Whereabouts view={view} />
          <PersonFacts view={view} />
          <Score view={view} />
        </section>
      </div>
      {mayJudge && !judged ? (
        <>
          <OthersJudged view={view} staff={session.staff} />
          <Decision onDecide={decide} />
        </>
      ) : (
        <div className="after">
          <WhatNext view={view} />
          <div className="row">
            {acts.includes("RECORD_ENGAGEMENT") && summary.decided === "engage" && (
              <ButtonLink kind="primary" to={`/phone/alerts/${summary.alert}`}>
                Engage: open the officer's screen
              </ButtonLink>
            )}
            {acts.includes("CLOSE_ALERT") && <Button onPress={() => setClosing(true)}>Close without engaging</Button>}
            {(summary.state === "closed" || summary.state === "expired") && <Link to="/records">Records</Link>}
          </div>
          {mayJudge && judged && <Again onDecide={decide} />}
        </div>
      )}
      <CloseAlert isOpen={closing} onClose={() => setClosing(false)} summary={summary} onActed={acted} />
    </>
  );
}

/** Whoever opens an alert has it before them: said once, and not again where somebody else was quicker. */
function useTaken(view: AlertView, acted: (after: AlertView["summary"]) => Promise<void>): void {
  const { alert, state, version } = view.summary;
  const mayTake = state === "raised" && view.open_acts.includes("MARK_ALERT_SEEN");
  const told = useRef(false);
  const latest = useRef(acted);
  latest.current = acted;
  useEffect(() => {
    if (!mayTake || told.current) return;
    told.current = true;
    api
      .POST("/api/v1/alerts/{alert}/mark-seen", { params: { path: { alert } }, body: { version } })
      .then((answer) => latest.current(body(answer)))
      .catch(() => undefined);
  }, [mayTake, alert, version]);
}

/** A second judgement is only worth something if it is one's own: what the first said is told afterwards. */
function OthersJudged({ view, staff }: { view: AlertView; staff: string }) {
  const others = standing(view.summary).filter((each) => each.by !== staff).length;
  if (others === 0) return null;
  return (
    <Notice>
      <p>
        {others === 1 ? "Somebody else has" : `${others} others have`} judged these pictures. You see what they said
        once you have given your own judgement{view.two_person && ": yours is the second that is needed"}.
      </p>
    </Notice>
  );
}

/** Somebody who could not tell, and now can. */
function Again({ onDecide }: { onDecide: (judgement: Judgement, reasons: Reason[], note: string) => Promise<void> }) {
  const [open, setOpen] = useState(false);
  if (open) return <Decision onDecide={onDecide} />;
  return (
    <div>
      <Button onPress={() => setOpen(true)}>Judge again</Button>
    </div>
  );
}

function Score({ view }: { view: AlertView }) {
  if (view.blind) return <p className="small soft">Score: after your judgement.</p>;
  return (
    <p className="small">
      Score <strong className="number">{view.score?.toFixed(3)}</strong>, threshold{" "}
      <span className="number">{view.threshold}</span>
      {view.second_score !== null && (
        <>
          , second recogniser <span className="number">{view.second_score.toFixed(3)}</span>
        </>
      )}
      . A score is not a probability that it is the person.
    </p>
  );
}
