import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { EventLink, type HubEvent, type LinkState } from "../src/api/events";

class FakeSource {
  static readonly CLOSED = 2;
  static made: FakeSource[] = [];
  readyState = 0;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  private readonly listeners = new Map<string, (message: MessageEvent) => void>();

  constructor(readonly address: string) {
    FakeSource.made.push(this);
  }
  addEventListener(kind: string, listener: (message: MessageEvent) => void) {
    this.listeners.set(kind, listener);
  }
  close() {
    this.readyState = FakeSource.CLOSED;
  }
  say(kind: string, id: string, data: object) {
    this.listeners.get(kind)?.(new MessageEvent(kind, { data: JSON.stringify(data), lastEventId: id }));
  }
}

describe("the line of events", () => {
  beforeEach(() => {
    FakeSource.made = [];
    vi.stubGlobal("EventSource", FakeSource);
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  test("goes on after the last event when the hub refused the line for a while", () => {
    const heard: HubEvent[] = [];
    const states: LinkState[] = [];
    const link = new EventLink(
      ["alert.raised"],
      (event) => heard.push(event),
      (state) => states.push(state),
    );
    link.open();
    const first = FakeSource.made[0];
    first?.onopen?.();
    first?.say("alert.raised", "41", { record: "a", deployment: "d" });
    if (first) first.readyState = FakeSource.CLOSED;
    first?.onerror?.();
    vi.advanceTimersByTime(1000);
    const second = FakeSource.made[1];
    expect(second?.address).toBe("/api/v1/events?after=41");
    second?.onopen?.();
    second?.say("alert.raised", "42", { record: "b", deployment: "d" });
    expect(heard.map((event) => event.record)).toEqual(["a", "b"]);
    expect(states).toEqual(["connecting", "open", "lost", "connecting", "open"]);
    link.close();
  });

  test("waits longer each time, and never gives up", () => {
    const link = new EventLink(
      [],
      () => undefined,
      () => undefined,
    );
    link.open();
    for (const wait of [1000, 2000, 4000, 8000, 15000, 15000]) {
      const source = FakeSource.made.at(-1);
      if (source) source.readyState = FakeSource.CLOSED;
      source?.onerror?.();
      const before = FakeSource.made.length;
      vi.advanceTimersByTime(wait - 1);
      expect(FakeSource.made.length).toBe(before);
      vi.advanceTimersByTime(1);
      expect(FakeSource.made.length).toBe(before + 1);
    }
    link.close();
  });
});
