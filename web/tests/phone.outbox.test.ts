import { Problem } from "../src/api/problem";
import {
  type Act,
  ahead,
  type Decision,
  hasExpired,
  newer,
  type Passage,
  type Summary,
  wordsOf,
} from "../src/phone/decisions";
import { type Hub, Outbox } from "../src/phone/outbox";
import { OutboxStore } from "../src/phone/store";

const EVE = "0196c000-0000-7000-8000-00000000000e";
const ALERT = "0196c000-0000-7000-8000-00000000a1e7";
const OTHER = "0196c000-0000-7000-8000-00000000a1e8";
const TEST = "0196c000-0000-7000-8000-0000000007e5";
const AT = "2026-05-11T14:03:12.000Z";
const ENGAGE: Act = { act: "adjudicate", judgement: "engage", reasons: ["subject: features agree"] };
const OUTCOME: Act = {
  act: "record-outcome",
  outcome: {
    identity: "is the person on the watchlist",
    identity_method: "document",
    outcome: "arrest",
    offence_groups: ["theft"],
    ended_at: "2026-05-11T14:05:00Z",
    information_given: true,
    powers_used: "PACE s.24",
    force_used: false,
    fingerprints_requested: false,
    complaint_reference: null,
    note: "Said that his brother did it.",
  },
};

function alertAt(version: number, changes: Partial<Summary> = {}): Summary {
  return {
    alert: ALERT,
    version,
    deployment: "0196c000-0000-7000-8000-000000000001",
    state: "raised",
    test: false,
    raised_at: "2026-05-11T14:00:00Z",
    seen_by: null,
    seen_at: null,
    adjudications: [],
    engaged_by: null,
    engaged_at: null,
    engagement: null,
    closed_at: null,
    later_results: [],
    reclassifications: [],
    published: null,
    decided: null,
    answer_by: "2026-05-11T14:15:00Z",
    ...changes,
  };
}

/** A hub that carries a request out once per key and version, as the real one does, behind a network that can be cut. */
class FakeHub implements Hub {
  alert = alertAt(1);
  online = true;
  losesAnswers = 0;
  carriedOut: { key: string; act: Act; at: string; version: number }[] = [];
  counted: Passage[] = [];
  refuses: Problem | null = null;

  async send(decision: Decision, version: number): Promise<Summary> {
    if (!this.online) throw new TypeError("Failed to fetch");
    if (this.refuses) throw this.refuses;
    if (version !== this.alert.version) throw new Problem(409, "changed_meanwhile", "Somebody acted meanwhile.");
    this.carriedOut.push({ key: decision.key, act: decision.act, at: decision.at, version });
    this.alert = { ...this.after(decision), version: version + 1 };
    if (this.losesAnswers > 0) {
      this.losesAnswers -= 1;
      throw new TypeError("network connection was lost");
    }
    return this.alert;
  }

  async count(passage: Passage): Promise<void> {
    if (!this.online) throw new TypeError("Failed to fetch");
    if (passage.tester === "nobody") throw new Problem(404, "unknown_record", "This person is not a tester.");
    const known = this.counted.some((each) => each.tester === passage.tester && each.at === passage.at);
    if (!known) this.counted.push(passage);
    if (this.losesAnswers > 0) {
      this.losesAnswers -= 1;
      throw new TypeError("network connection was lost");
    }
  }

  async summary(): Promise<Summary> {
    if (!this.online) throw new TypeError("Failed to fetch");
    return this.alert;
  }

  private after(decision: Decision): Summary {
    return ahead(this.alert, [decision], false);
  }
}

let number = 0;
async function outbox(hub: Hub, name = `phone-${++number}`): Promise<Outbox> {
  const made = new Outbox(await OutboxStore.open(name), hub, () => `key-${++number}`);
  await made.load();
  return made;
}

test("decisions made without a network go out in their order, once each, when it is back", async () => {
  const hub = new FakeHub();
  hub.online = false;
  const box = await outbox(hub);
  for (const act of [{ act: "mark-seen" }, ENGAGE, { act: "engage" }] as Act[]) await box.add(EVE, ALERT, act, 1, AT);
  await box.send(EVE);
  expect(box.snapshot()).toHaveLength(3);
  hub.online = true;
  await Promise.all([box.send(EVE), box.send(EVE), box.send(EVE)]);
  expect(hub.carriedOut.map((each) => [each.act.act, each.version, each.at])).toEqual([
    ["mark-seen", 1, AT],
    ["adjudicate", 2, AT],
    ["engage", 3, AT],
  ]);
  expect(box.snapshot()).toEqual([]);
});

test("a decision whose answer was lost is carried out once, and known to be done", async () => {
  const hub = new FakeHub();
  hub.alert = alertAt(2, { state: "seen" });
  hub.losesAnswers = 1;
  const box = await outbox(hub);
  await box.add(EVE, ALERT, ENGAGE, 2, AT);
  await box.send(EVE);
  expect(box.snapshot()).toHaveLength(1);
  await box.send(EVE);
  expect(hub.carriedOut).toHaveLength(1);
  expect(box.snapshot()).toEqual([]);
});

test("a phone that is restarted sends what it kept, and of that nothing anybody typed was kept", async () => {
  const hub = new FakeHub();
  hub.alert = alertAt(4, { state: "engaged", engaged_by: EVE, engaged_at: "2026-05-11T14:01:00Z", decided: "engage" });
  hub.online = false;
  const before = await outbox(hub, "restarted");
  await before.add(EVE, ALERT, OUTCOME, 4, AT);
  const onDisk = JSON.stringify(await (await OutboxStore.open("restarted")).all());
  expect(onDisk).toContain("arrest");
  expect(onDisk).not.toContain("brother");
  expect(onDisk).not.toContain("PACE");
  hub.online = true;
  const after = await outbox(hub, "restarted");
  await after.send(EVE);
  expect(hub.carriedOut).toHaveLength(1);
  expect(after.snapshot()).toEqual([]);
});

test("a refused decision stays with the hub's sentence, holds back what follows it, and lets other alerts pass", async () => {
  const hub = new FakeHub();
  const box = await outbox(hub);
  hub.alert = alertAt(7, { state: "expired" });
  await box.add(EVE, ALERT, ENGAGE, 2, AT);
  await box.add(EVE, ALERT, { act: "engage" }, 2, AT);
  await box.send(EVE);
  expect(box.snapshot().map((each) => each.refusal)).toEqual(["Somebody acted meanwhile.", null]);
  hub.alert = { ...alertAt(1), alert: OTHER };
  await box.add(EVE, OTHER, { act: "mark-seen" }, 1, AT);
  await box.send(EVE);
  expect(hub.carriedOut.map((each) => each.act.act)).toEqual(["mark-seen"]);
  await box.drop(box.snapshot()[0]?.place ?? 0);
  expect(box.snapshot()).toEqual([]);
});

test("a locked session refuses nothing: the decision waits for its officer", async () => {
  const hub = new FakeHub();
  hub.refuses = new Problem(423, "session_locked", "The session is locked.");
  const box = await outbox(hub);
  await box.add(EVE, ALERT, { act: "mark-seen" }, 1, AT);
  await box.send(EVE);
  expect(box.snapshot()[0]?.refusal).toBeNull();
  hub.refuses = null;
  await box.send("0196c000-0000-7000-8000-00000000000f");
  expect(hub.carriedOut).toEqual([]);
  await box.send(EVE);
  expect(hub.carriedOut).toHaveLength(1);
});

test("passages are counted without a network, once each and as they were tapped, and one that is refused holds none back", async () => {
  const hub = new FakeHub();
  hub.online = false;
  const before = await outbox(hub, "counting");
  await before.count(EVE, TEST, "B-1", AT);
  await before.count(EVE, TEST, "nobody", "2026-05-11T14:03:20.000Z");
  await before.count(EVE, TEST, "B-2", "2026-05-11T14:03:30.000Z");
  await before.send(EVE);
  expect(before.snapshot().map((each) => each.refusal)).toEqual([null, null, null]);
  expect(before.snapshot().map(wordsOf).join()).not.toContain("B-1");
  hub.online = true;
  hub.losesAnswers = 1;
  const after = await outbox(hub, "counting");
  await after.send(EVE);
  await after.send(EVE);
  expect(hub.counted.map(({ tester, at }) => [tester, at])).toEqual([
    ["B-1", AT],
    ["B-2", "2026-05-11T14:03:30.000Z"],
  ]);
  expect(after.snapshot().map((each) => each.refusal)).toEqual(["This person is not a tester."]);
  await after.drop(after.snapshot()[0]?.place ?? 0);
  expect(await (await OutboxStore.open("counting")).all()).toEqual([]);
});

test("what one did oneself a moment ago does not make the next decision late", async () => {
  const hub = new FakeHub();
  const box = await outbox(hub);
  await box.add(EVE, ALERT, { act: "mark-seen" }, 1, AT);
  await box.send(EVE);
  await box.add(EVE, ALERT, ENGAGE, 1, AT);
  await box.send(EVE);
  expect(hub.carriedOut.map((each) => each.version)).toEqual([1, 2]);
  // The screen does not step back while the alert is read anew.
  expect(newer(alertAt(1), box.answerOf(ALERT)).state).toBe("adjudicated");
  expect(newer(alertAt(9, { state: "closed" }), box.answerOf(ALERT)).state).toBe("closed");
});

test("while decisions wait the screen shows the alert as it will stand", () => {
  const waiting = (act: Act): Decision => {
    const given = { place: 1, key: "k", staff: EVE, at: AT, alert: ALERT, version: 1, refusal: null };
    return { ...given, what: "decision", act };
  };
  const shown = ahead(alertAt(1), [waiting({ act: "mark-seen" }), waiting(ENGAGE)], false);
  expect([shown.state, shown.decided]).toEqual(["adjudicated", "engage"]);
  expect(ahead(alertAt(1), [waiting({ act: "mark-seen" }), waiting(ENGAGE)], true).decided).toBeNull();
  const refused = { ...waiting(ENGAGE), refusal: "It has expired." };
  expect(ahead(alertAt(1), [refused], false).state).toBe("raised");
});

test("a phone without a network knows by itself when nobody answered in time", () => {
  const [before, after] = ["2026-05-11T14:14:59Z", "2026-05-11T14:15:00Z"].map(Date.parse) as [number, number];
  expect([hasExpired(alertAt(1), before), hasExpired(alertAt(1), after)]).toEqual([false, true]);
  expect(hasExpired(alertAt(3, { state: "adjudicated", decided: null }), after)).toBe(true);
  expect(hasExpired(alertAt(3, { state: "adjudicated", decided: "engage" }), after)).toBe(false);
  expect(hasExpired(alertAt(4, { state: "engaged", decided: "engage" }), after)).toBe(false);
});
