/** When to make a sound: a storm of alerts is one sound every few seconds, not fifty. */
export type Sound = "raised" | "overdue";

export const BETWEEN_RAISED_MS = 2500;
export const BETWEEN_OVERDUE_MS = 8000;

export class Alarm {
  private lastRaised = Number.NEGATIVE_INFINITY;
  private lastOverdue = Number.NEGATIVE_INFINITY;

  /** An alert came in. */
  raised(now: number): Sound | null {
    if (now - this.lastRaised < BETWEEN_RAISED_MS) return null;
    this.lastRaised = now;
    return "raised";
  }

  /** Asked every second, with the number of alerts that nobody has taken in time. */
  tick(now: number, overdue: number): Sound | null {
    if (overdue === 0 || now - this.lastOverdue < BETWEEN_OVERDUE_MS) return null;
    this.lastOverdue = now;
    return "overdue";
  }
}
