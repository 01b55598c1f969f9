import { Alarm, BETWEEN_OVERDUE_MS, BETWEEN_RAISED_MS } from "../src/live/alarm";
import { cameraNow } from "../src/live/fleet";
import { keyName } from "../src/live/keys";
import { ageOf } from "../src/live/PersonFacts";
import { stepped, ZOOMS, zoomed } from "../src/live/Pictures";
import { ACKNOWLEDGE_MS, inOrder, judgedBy, type Listed, leftOf, standing, stepFrom, waitOf } from "../src/live/queue";
import { atScale } from "../src/live/scale";
import { sinceAlert } from "../src/live/words";

const NOON = Date.parse("2026-05-11T12:00:00Z");
const ANSWER_MS = 15 * 60_000;

function alert(name: string, agoMs: number, changes: Partial<Listed> = {}): Listed {
  const raised = NOON - agoMs;
  return {
    alert: name,
    version: 1,
    deployment: "d",
    state: "raised",
    test: false,
    raised_at: new Date(raised).toISOString(),
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
    answer_by: new Date(raised + ANSWER_MS).toISOString(),
    node: "node-1",
    camera: "cam-1",
    camera_name: "North End",
    place: "High Street",
    captured_at: new Date(raised).toISOString(),
    ...changes,
  };
}

const judgement = (by: string, says: "engage" | "no match" | "cannot tell") => ({
  by,
  at: "2026-05-11T12:00:00Z",
  judgement: says,
  reasons: [],
  note: "",
  blind: true,
});

test("what nobody has taken comes first, the newest on top, then what waits for a judgement, then what is with officers", () => {
  const rows = [
    alert("engaging", 500_000, { state: "engaged", decided: "engage" }),
    alert("old", 400_000),
    alert("judging", 5_000, { state: "seen" }),
    alert("newest", 1_000),
    alert("told", 2_000, { state: "adjudicated", decided: "engage" }),
    alert("closed", 3_000, { state: "closed" }),
    alert("unsure", 90_000, { state: "adjudicated" }),
  ];
  expect(inOrder(rows, NOON).map((each) => each.alert)).toEqual([
    "newest",
    "old",
    "judging",
    "unsure",
    "told",
    "engaging",
  ]);
});

test("an alert that nobody takes in time is overdue, and from then on counts down to its expiry", () => {
  const fresh = alert("a", ACKNOWLEDGE_MS - 1);
  expect([waitOf(fresh, NOON), leftOf(fresh, NOON)]).toEqual(["new", 1]);
  expect([waitOf(fresh, NOON + 1), leftOf(fresh, NOON + 1)]).toEqual(["overdue", ANSWER_MS - ACKNOWLEDGE_MS]);
  expect(leftOf(alert("b", 0, { state: "engaged" }), NOON)).toBeNull();
});

test("arrows go through the queue and stop at its ends; where the chosen one has gone they begin anew", () => {
  const rows = [alert("a", 1), alert("b", 2), alert("c", 3)];
  expect(stepFrom(rows, "a", 1)).toBe("b");
  expect(stepFrom(rows, "a", -1)).toBe("a");
  expect(stepFrom(rows, "c", 1)).toBe("c");
  expect(stepFrom(rows, "gone", 1)).toBe("a");
  expect(stepFrom([], null, 1)).toBeNull();
});

test("each person's latest judgement stands", () => {
  const twice = alert("a", 1, {
    adjudications: [judgement("eve", "cannot tell"), judgement("olu", "engage"), judgement("eve", "engage")],
  });
  expect(standing(twice).map((each) => [each.by, each.judgement])).toEqual([
    ["olu", "engage"],
    ["eve", "engage"],
  ]);
  expect(judgedBy(twice, "ann")).toBeUndefined();
});

test("fifty alerts a second make one sound every few seconds", () => {
  const alarm = new Alarm();
  let sounds = 0;
  for (let at = 0; at < 60_000; at += 20) if (alarm.raised(at)) sounds += 1;
  expect(sounds).toBe(60_000 / BETWEEN_RAISED_MS);
});

test("an overdue alert is heard again and again until somebody takes it", () => {
  const alarm = new Alarm();
  expect(alarm.tick(0, 0)).toBeNull();
  expect(alarm.tick(1000, 2)).toBe("overdue");
  expect(alarm.tick(2000, 2)).toBeNull();
  expect(alarm.tick(1000 + BETWEEN_OVERDUE_MS, 1)).toBe("overdue");
  expect(alarm.tick(1000 + 3 * BETWEEN_OVERDUE_MS, 0)).toBeNull();
});

test("both faces are drawn at one size at every zoom", () => {
  for (const zoom of ZOOMS) {
    const heights = [2.4, 1.8, 1.3].map((sides) => {
      const drawn = Number.parseFloat(String(atScale({ x: 0.5, y: 0.5, height: 1 / sides }, zoom).height));
      return drawn / sides;
    });
    for (const each of heights) expect(each).toBeCloseTo((100 * zoom) / 1.8);
  }
  expect(zoomed(ZOOMS.at(-1) ?? 1, 1)).toBe(ZOOMS.at(-1));
  expect(zoomed(1, -1)).toBe(ZOOMS[0]);
});

test("other shots follow each other round and round, and are told by their time", () => {
  expect([0, 1, 2].map((now) => stepped(now, 1, 3))).toEqual([1, 2, 0]);
  expect(stepped(0, -1, 3)).toBe(2);
  expect(stepped(0, 1, 0)).toBe(0);
  expect(sinceAlert("2026-05-11T12:00:00.4Z", "2026-05-11T12:00:01Z")).toBe("0.6 s earlier");
  expect(sinceAlert("2026-05-11T12:00:02.2Z", "2026-05-11T12:00:01Z")).toBe("1.2 s later");
});

test("a camera of a silent node is unheard, whatever it said last", () => {
  const camera = { camera: "cam-1", situation: "armed", reason: "", analysed_per_s: 12.5, issues: ["low light"] };
  const fleet = (situation: string) => ({ nodes: [{ node: "n", situation, complaint: "", cameras: [camera] }] });
  expect(cameraNow(fleet("working"), "n", "cam-1")).toMatchObject({ situation: "armed", analysedPerSecond: 12.5 });
  expect(cameraNow(fleet("silent"), "n", "cam-1").situation).toBe("unheard");
  expect(cameraNow(null, "n", "cam-1").situation).toBe("unheard");
  expect(cameraNow(fleet("working"), "n", "cam-2").situation).toBe("idle");
});

test("the age of a reference picture is told at the moment of the alert", () => {
  expect(ageOf("2025-02-03", "2026-05-11T12:00:00Z")).toBe("15 months old");
  expect(ageOf("1984-02-03", "2026-05-11T12:00:00Z")).toBe("42 years old");
  expect(ageOf("2026-05-11", "2026-05-11T12:00:00Z")).toBe("0 months old");
});

test("Shift with a letter is another command than the letter, whatever the lock of capitals", () => {
  expect(keyName({ key: "E", shiftKey: true })).toBe("Shift+e");
  expect(keyName({ key: "P", shiftKey: false })).toBe("p");
  expect(keyName({ key: "?", shiftKey: true })).toBe("?");
  expect(keyName({ key: "ArrowDown", shiftKey: false })).toBe("ArrowDown");
});
