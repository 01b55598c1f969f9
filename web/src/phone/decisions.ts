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

/**
 * A decision that waits to be sent: identifiers and choices, never a picture or a name. What a person typed may be about
 * somebody, so it is held in memory only, and is lost when the phone is restarted before it was sent.
 */
export interface Decision {
  /** Its place in the order in which decisions were made. */
  place: number;
  /** The Idempotency-Key: what comes twice under one key the hub carries out once. */
  key: string;
  /** Who decided: nobody else's session sends it. */
  staff: string;
  alert: string;
  act: Act;
  /** The version that was looked at; null after another decision on the same alert that is not sent yet. */
  version: number | null;
  /** What the hub said against it, in its own sentence. */
  refusal: string | null;
}

/** The act without anything a person typed: what may be kept on the phone. */
export function withoutWords(act: Act): Act {
  if (act.act !== "record-outcome") return act;
  return { act: "record-outcome", outcome: { ...act.outcome, note: "", powers_used: "", complaint_reference: null } };
}

/** What is said of a decision while it waits. */
export function wordsOf(act: Act): string {
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

/** The act as the hub can take it: an engagement that was itself sent late ends no earlier than it began by the hub. */
export function inTime(act: Act, engagedAt: string | null): Act {
  if (act.act !== "record-outcome" || engagedAt === null) return act;
  const late = Date.parse(act.outcome.ended_at) < Date.parse(engagedAt);
  return late ? { ...act, outcome: { ...act.outcome, ended_at: engagedAt } } : act;
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

/** An alert as it will stand once everything that waits is sent: what the screen shows meanwhile. */
export function ahead(alert: Summary, waiting: readonly Decision[], twoPerson: boolean): Summary {
  let shown = alert;
  for (const { act, staff, refusal } of waiting) {
    if (refusal !== null) break;
    shown = applied(shown, act, staff, twoPerson);
  }
  return shown;
}

function applied(alert: Summary, act: Act, staff: string, twoPerson: boolean): Summary {
  switch (act.act) {
    case "mark-seen":
      return alert.state === "raised" ? { ...alert, state: "seen", seen_by: staff } : alert;
    case "adjudicate": {
      const { judgement } = act;
      const adjudications = [...alert.adjudications, { ...act, by: staff, at: "", note: "", blind: true }];
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
