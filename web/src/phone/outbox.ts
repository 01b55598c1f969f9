import { Problem, sentenceOf } from "../api/problem";
import { type Act, type Decision, isDone, lineOf, type Passage, type Summary, type Waiting } from "./decisions";

/** Where it is kept until it is sent. */
export interface Store {
  all: () => Promise<Waiting[]>;
  put: (waiting: Waiting) => Promise<void>;
  remove: (place: number) => Promise<void>;
}

/** The hub, as far as the outbox goes. Throws a `Problem`, or a TypeError where the hub was not reached. */
export interface Hub {
  /** Carries a decision out, once per key. */
  send: (decision: Decision, version: number) => Promise<Summary>;
  /** Counts a passage; the same one twice is one. */
  count: (passage: Passage) => Promise<unknown>;
  summary: (alert: string) => Promise<Summary>;
}

/** Answers that say nothing about what was sent: the session is locked or over, too many requests, the hub is not well. */
const LATER = new Set([401, 408, 423, 425, 429, 500]);
const MOST_ANSWERS = 50;
/** Only one window of a browser sends at a time. */
const LOCK = "openlfr-outbox";

/**
 * What was done on this phone, on its way to the hub: each carried out once, in the order in which it was done.
 *
 * A decision is on the disk before anything is sent, and goes only when the hub has answered for it. One whose answer
 * was lost is sent again under the same key; where the hub then says that the alert has changed, the alert itself shows
 * whether it was this decision that changed it. A refused one stays, with the hub's sentence, and holds back what comes
 * after it on the same alert. Passages of a test go the same way, each by itself.
 */
export class Outbox {
  private waiting: readonly Waiting[] = [];
  private readonly answered = new Map<string, Summary>();
  private readonly listeners = new Set<() => void>();
  private sending: Promise<void> | null = null;
  private heard = true;

  constructor(
    private readonly store: Store,
    private readonly hub: Hub,
    private readonly newKey: () => string = () => crypto.randomUUID(),
  ) {}

  /** For useSyncExternalStore: the same array until something changes. */
  readonly snapshot = (): readonly Waiting[] => this.waiting;
  /** Whether the hub answered when something was last sent. */
  readonly isHeard = (): boolean => this.heard;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };

  /** The alert as the hub last answered it to a decision of this phone. */
  answerOf(alert: string): Summary | undefined {
    return this.answered.get(alert);
  }

  /** Take in what an earlier run of the program left. */
  async load(): Promise<void> {
    await this.renew();
  }

  /** A decision, made at a time by the hub's clock on the alert as it was looked at. */
  async add(staff: string, alert: string, act: Act, version: number, at: string): Promise<void> {
    const before = this.waiting.some((each) => lineOf(each) === alert);
    // What oneself did since one looked is no news to oneself.
    const own = this.answered.get(alert)?.version ?? 0;
    const decided = { what: "decision", alert, act, version: before ? null : Math.max(version, own) } as const;
    await this.keep({ ...this.fresh(staff, at), ...decided });
  }

  /** A passage of a tester, at the time of the tap by the hub's clock. */
  async count(staff: string, test: string, tester: string, at: string): Promise<void> {
    await this.keep({ ...this.fresh(staff, at), what: "passage", test, tester });
  }

  /** Take back what was refused, with what came after it on the same alert. */
  async drop(place: number): Promise<void> {
    const refused = this.waiting.find((each) => each.place === place);
    if (!refused) return;
    const gone = this.waiting.filter((each) => lineOf(each) === lineOf(refused) && each.place >= place);
    for (const each of gone) await this.store.remove(each.place);
    this.set(this.waiting.filter((each) => !gone.includes(each)));
  }

  /** Send what this person has done. Returns when all is sent or refused, or the hub is out of reach. */
  async send(staff: string): Promise<void> {
    const before = this.sending;
    const sending = (async () => {
      await before;
      await alone(() => this.sendAll(staff));
    })();
    this.sending = sending;
    try {
      await sending;
    } finally {
      if (this.sending === sending) this.sending = null;
    }
  }

  private async sendAll(staff: string): Promise<void> {
    await this.renew();
    for (let next = this.next(staff); next; next = this.next(staff)) {
      if (!(await this.sendOne(next))) return;
    }
  }

  private next(staff: string): Waiting | undefined {
    const held = new Set(this.waiting.filter((each) => each.refusal !== null).map(lineOf));
    return this.waiting.find((each) => each.staff === staff && !held.has(lineOf(each)));
  }

  /** Whether to go on with the next. */
  private async sendOne(waiting: Waiting): Promise<boolean> {
    try {
      if (waiting.what === "decision") await this.sendDecision(waiting);
      else {
        await this.hub.count(waiting);
        await this.gone(waiting);
      }
      this.heard = true;
      return true;
    } catch (problem) {
      if (isLater(problem)) return this.later(problem);
      await this.change({ ...waiting, refusal: sentenceOf(problem) });
      return true;
    }
  }

  private async sendDecision(decision: Decision): Promise<void> {
    const tried = await this.settled(decision);
    try {
      await this.done(tried, await this.hub.send(tried, tried.version ?? 0));
    } catch (problem) {
      if (isLater(problem)) throw problem;
      const alert = await this.hub.summary(tried.alert);
      if (!isDone(tried, alert)) throw problem;
      await this.done(tried, alert);
    }
  }

  private later(problem: unknown): false {
    this.heard = problem instanceof Problem && problem.status < 502;
    this.set(this.waiting);
    return false;
  }

  /** The decision as it will be sent, now and ever after: sent again, it must be the same. */
  private async settled(decision: Decision): Promise<Decision> {
    if (decision.version !== null) return decision;
    const alert = this.answered.get(decision.alert) ?? (await this.hub.summary(decision.alert));
    const settled = { ...decision, version: alert.version };
    await this.change(settled);
    return settled;
  }

  private async done(decision: Decision, alert: Summary): Promise<void> {
    this.answered.delete(decision.alert);
    this.answered.set(decision.alert, alert);
    const [oldest] = this.answered.keys();
    if (this.answered.size > MOST_ANSWERS && oldest) this.answered.delete(oldest);
    await this.gone(decision);
  }

  private fresh(staff: string, at: string) {
    const place = Math.max(Date.now(), (this.waiting.at(-1)?.place ?? 0) + 1);
    return { place, key: this.newKey(), staff, at, refusal: null };
  }

  private async keep(waiting: Waiting): Promise<void> {
    await this.store.put(waiting);
    this.set([...this.waiting, waiting]);
  }

  private async gone({ place }: Waiting): Promise<void> {
    await this.store.remove(place);
    this.set(this.waiting.filter((each) => each.place !== place));
  }

  private async change(waiting: Waiting): Promise<void> {
    await this.store.put(waiting);
    this.set(this.waiting.map((each) => (each.place === waiting.place ? waiting : each)));
  }

  /** What is on the disk holds: another window may have sent some or added some. Words typed here are kept. */
  private async renew(): Promise<void> {
    const here = new Map(this.waiting.map((each) => [each.place, each]));
    const kept = await this.store.all();
    this.set(kept.map((each) => here.get(each.place) ?? each));
  }

  private set(waiting: readonly Waiting[]): void {
    this.waiting = waiting;
    for (const listener of this.listeners) listener();
  }
}

/** Whether nothing was said against what was sent, so that it goes again later. */
function isLater(problem: unknown): boolean {
  if (!(problem instanceof Problem)) return true;
  return problem.status >= 502 || LATER.has(problem.status) || problem.code === "request_under_way";
}

async function alone(work: () => Promise<void>): Promise<void> {
  if ("locks" in navigator) await navigator.locks.request(LOCK, work);
  else await work();
}
