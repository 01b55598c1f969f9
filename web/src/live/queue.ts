import type { Schemas } from "../api/client";

export type Listed = Schemas["ListedAlertView"];
export type Summary = Schemas["AlertSummary"];

/** Somebody must have an alert before them within this time; from then on it is shown as overdue. */
export const ACKNOWLEDGE_MS = 30_000;

/** What an alert waits for, the most pressing first. */
export const WAITS = ["overdue", "new", "second", "judging", "officer", "outcome", "over"] as const;
export type Wait = (typeof WAITS)[number];

/** What an alert waits for at this moment; `now` is by the hub's clock. */
export function waitOf(alert: Summary, now: number): Wait {
  switch (alert.state) {
    case "raised":
      return now - Date.parse(alert.raised_at) >= ACKNOWLEDGE_MS ? "overdue" : "new";
    case "seen":
      return "judging";
    case "adjudicated":
      return alert.decided === "engage" ? "officer" : "second";
    case "engaged":
      return "outcome";
    default:
      return "over";
  }
}

const GROUP: Record<Wait, number> = { overdue: 0, new: 0, second: 1, judging: 1, officer: 2, outcome: 2, over: 3 };

/**
 * The queue as it is shown: what nobody has before them yet comes first, then what waits for a judgement, then what is
 * with officers. Within each the newest is on top, for its person is still near.
 */
export function inOrder(alerts: readonly Listed[], now: number): Listed[] {
  const group = (alert: Listed) => GROUP[waitOf(alert, now)];
  return alerts
    .filter((alert) => waitOf(alert, now) !== "over")
    .sort((a, b) => group(a) - group(b) || Date.parse(b.raised_at) - Date.parse(a.raised_at) || after(a, b));
}

function after(a: Listed, b: Listed): number {
  return a.alert < b.alert ? 1 : -1;
}

/** Milliseconds until somebody must have the alert before them, or until it expires; null when nothing runs out. */
export function leftOf(alert: Summary, now: number): number | null {
  const wait = waitOf(alert, now);
  if (wait === "new") return Date.parse(alert.raised_at) + ACKNOWLEDGE_MS - now;
  return wait === "overdue" || wait === "judging" || wait === "second" ? Date.parse(alert.answer_by) - now : null;
}

/** The alert that the arrows lead to from `chosen`; null in an empty queue. */
export function stepFrom(queue: readonly Listed[], chosen: string | null, step: 1 | -1): string | null {
  const place = queue.findIndex((each) => each.alert === chosen);
  const next = place < 0 ? 0 : Math.min(Math.max(place + step, 0), queue.length - 1);
  return queue[next]?.alert ?? null;
}

export interface Judged {
  by: string;
  at: string;
  judgement: Summary["adjudications"][number]["judgement"];
  reasons: readonly string[];
  blind: boolean;
  note: string;
}

/** Each person's latest judgement, in the order they were given: those count. */
export function standing(alert: Summary): Judged[] {
  const latest = new Map<string, Judged>();
  for (const each of alert.adjudications) {
    latest.delete(each.by);
    latest.set(each.by, each);
  }
  return [...latest.values()];
}

export function judgedBy(alert: Summary, staff: string): Judged | undefined {
  return standing(alert).find((each) => each.by === staff);
}
