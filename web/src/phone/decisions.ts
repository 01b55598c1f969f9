import type { Schemas } from "../api/client";

export type Summary = Schemas["AlertSummary"];
export type Judgement = Schemas["JudgementForm"]["judgement"];
export type Reason = Schemas["JudgementForm"]["reasons"][number];
export type Outcome = Omit<Schemas["OutcomeForm"], "version">;

/** One act on an alert, as its form has it but for the version. */
export type Act =
  | { act: "mark-seen" }
  | { act: "adjudicate"; judgement: Judgement; reasons: Reason[] }
  | { act: "engage" }
  | { act: "record-outcome"; outcome: Outcome }
  | { act: "close"; reason: string };

/** What everything that waits to be sent has. */
interface Kept {
  /** Its place in the order in which things were done. */
  place: number;
  /** The Idempotency-Key: what comes twice under one key the hub carries out once. */
  key: string;
  /** Who did it: nobody else's session sends it. */
  staff: string;
  /** When it was done, by the hub's clock: that is the time that counts, however late it arrives. */
  at: string;
  /** What the hub said against it, in its own sentence. */
  refusal: string | null;
}

/**
 * A decision that waits to be sent: identifiers and choices, never a picture or a name. What a person typed may be about
 * somebody, so it is held in memory only, and is lost when the phone is restarted before it was sent.
 */
export interface Decision extends Kept {
  what: "decision";
  alert: string;
  act: Act;
  /** The version that was looked at; null after another decision on the same alert that is not sent yet. */
  version: number | null;
}

/**
 * A passage of a tester in a blue-list test that waits to be counted. The hub counts the same one once. Testers walk
 * there because they agreed to; without the reference that their force listed them under none could be counted.
 */
export interface Passage extends Kept {
  what: "passage";
  test: string;
  tester: string;
}

export type Waiting = Decision | Passage;

/** What goes in the order in which it was done: decisions on one alert; each passage is by itself. */
export function lineOf(waiting: Waiting): string {
  return waiting.what === "decision" ? waiting.alert : waiting.key;
}

/** What may be kept on the phone: all but what a person typed about somebody. */
export function withoutWords(waiting: Waiting): Waiting {
  if (waiting.what !== "decision" || waiting.act.act !== "record-outcome") return waiting;
  const outcome = { ...waiting.act.outcome, note: "", powers_used: "", complaint_reference: null };
  return { ...waiting, act: { act: "record-outcome", outcome } };
}

/** What is said of something while it waits: nothing that says about whom. */
export function wordsOf(waiting: Waiting): string {
  if (waiting.what === "passage") return "A passage";
  const { act } = waiting;
  switch (act.act) {
    case "mark-seen":
      return "You have the alert";
    case "adjudicate":
      return `Your judgement: ${act.judgement}`;
    case "engage":
      return "You are engaging";
    case "record-outcome":
      return `Outcome: ${act.outcome.outcome}`;
    case "close":
      return "Closed without engaging";
  }
}

/** Whether the alert as it stands shows that this very decision was carried out, though its answer never came. */
export function isDone(decision: Decision, alert: Summary): boolean {
  const { act, staff } = decision;
  switch (act.act) {
    case "mark-seen":
      return alert.state !== "raised";
    case "adjudicate":
      return alert.adjudications.findLast((each) => each.by === staff)?.judgement === act.judgement;
    case "engage":
      return alert.engaged_by === staff;
    case "record-outcome":
      return alert.engaged_by === staff && alert.engagement?.outcome === act.outcome.outcome;
    case "close":
      return alert.state === "closed" && alert.engagement === null;
  }
}

/** The newer of an alert as it was read and as the hub answered a decision: between the two nothing steps back. */
export function newer(read: Summary, answered: Summary | undefined): Summary {
  return answered && answered.version > read.version ? answered : read;
}

/** Whether nobody answered in time, which a phone without a network is not told; `now` by the hub's clock. */
export function hasExpired(alert: Summary, now: number): boolean {
  const open = alert.state === "raised" || alert.state === "seen" || alert.state === "adjudicated";
  return alert.state === "expired" || (open && alert.decided === null && now >= Date.parse(alert.answer_by));
}

/** An alert as it will stand once everything that waits is sent: what the screen shows meanwhile. */
export function ahead(alert: Summary, waiting: readonly Decision[], twoPerson: boolean): Summary {
  let shown = alert;
  for (const each of waiting) {
    if (each.refusal !== null) break;
    shown = applied(shown, each, twoPerson);
  }
  return shown;
}

function applied(alert: Summary, { act, staff, at }: Decision, twoPerson: boolean): Summary {
  switch (act.act) {
    case "mark-seen":
      return alert.state === "raised" ? { ...alert, state: "seen", seen_by: staff } : alert;
    case "adjudicate": {
      const { judgement } = act;
      const adjudications = [...alert.adjudications, { ...act, by: staff, at, note: "", blind: true }];
      if (judgement === "no match") return { ...alert, adjudications, state: "closed", decided: "no match" };
      const agreed = new Set(adjudications.filter((each) => each.judgement === "engage").map((each) => each.by)).size;
      const decided = judgement === "engage" && agreed >= (twoPerson ? 2 : 1) ? "engage" : alert.decided;
      return { ...alert, adjudications, state: "adjudicated", decided };
    }
    case "engage":
      return { ...alert, state: "engaged", engaged_by: staff };
    case "record-outcome":
    case "close":
      return { ...alert, state: "closed" };
  }
}
