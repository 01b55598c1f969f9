import { api, body, type Schemas } from "../api/client";
import { problemOf } from "../api/problem";
import { asItStands, standingOf } from "../live/standing";

type AlertView = Schemas["AlertView"];

/** What is known of an alert on this phone: in memory only. */
export interface Held {
  view: AlertView | null;
  /** Addresses of the pictures in memory; null until they are here. */
  probe: string | null;
  candidate: string | null;
  problem: unknown;
}

const NOTHING: Held = { view: null, probe: null, candidate: null, problem: null };
/** More than one officer could be at; the oldest is wiped. */
export const MOST_HELD = 4;
const MOST_REMEMBERED = 200;

/** Alerts that were opened, with their pictures, so that a network that goes away takes nothing with it. */
export class HeldAlerts {
  private readonly held = new Map<string, Held>();
  private readonly listeners = new Set<() => void>();
  private readonly opened = new Set<string>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };

  get(alert: string): Held {
    return this.held.get(alert) ?? NOTHING;
  }

  /** Whether this alert was opened before: then it does not open by itself again. */
  wasOpened(alert: string): boolean {
    return this.opened.has(alert);
  }

  /** Read an alert (anew), and its pictures where they are not here yet; all at the same time. */
  async load(alert: string): Promise<void> {
    this.opened.add(alert);
    const [first] = this.opened;
    if (this.opened.size > MOST_REMEMBERED && first) this.opened.delete(first);
    this.put(alert, { ...this.get(alert), problem: null });
    const { probe, candidate } = this.get(alert);
    const parts: Promise<Partial<Held>>[] = [readView(alert).then((view) => ({ view }))];
    if (!probe) parts.push(readPicture(alert, "probe").then((address) => ({ probe: address })));
    if (!candidate) parts.push(readPicture(alert, "candidate").then((address) => ({ candidate: address })));
    await Promise.all(
      parts.map(async (part) => {
        let came: Partial<Held>;
        try {
          came = await part;
        } catch (problem) {
          came = { problem };
        }
        if (this.held.has(alert)) this.put(alert, { ...this.get(alert), ...came });
        else wipe(came);
      }),
    );
  }

  /** Bring an alert that is held to how it stands now, without another look unless asked; what was wiped stays so. */
  async renew(alert: string, look = false): Promise<void> {
    if (!this.held.has(alert)) return;
    if (look || !this.get(alert).view) return this.load(alert);
    try {
      const standing = await standingOf(alert);
      const held = this.get(alert);
      if (held.view) this.put(alert, { ...held, problem: null, view: asItStands(held.view, standing) });
    } catch (problem) {
      if (this.held.has(alert)) this.put(alert, { ...this.get(alert), problem });
    }
  }

  wipe(alert: string): void {
    const gone = this.held.get(alert);
    if (!gone) return;
    wipe(gone);
    this.held.delete(alert);
    this.tell();
  }

  wipeAll(): void {
    for (const alert of [...this.held.keys()]) this.wipe(alert);
  }

  private put(alert: string, held: Held): void {
    this.held.set(alert, held);
    const [oldest] = this.held.keys();
    if (this.held.size > MOST_HELD && oldest) this.wipe(oldest);
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

function wipe({ probe, candidate }: Partial<Held>): void {
  for (const address of [probe, candidate]) if (address) URL.revokeObjectURL(address);
}

/** Without the score: on the street it is the officer's own eyes that count. */
async function readView(alert: string): Promise<AlertView> {
  return body(await api.GET("/api/v1/alerts/{alert}", { params: { path: { alert }, query: { blind: true } } }));
}

async function readPicture(alert: string, which: "probe" | "candidate"): Promise<string> {
  const answer = await fetch(`/api/v1/alerts/${alert}/pictures/${which}`, { credentials: "same-origin" });
  if (!answer.ok) throw await problemOf(answer);
  return URL.createObjectURL(await answer.blob());
}
