import { describe, expect, test } from "vitest";
import { Problem, sentenceOf } from "../src/api/problem";
import { cornersOf, linesOf } from "../src/deployments/AreaField";
import { fromLocal, toLocal } from "../src/deployments/moments";
import { rate } from "../src/records/StatisticsPanel";
import { inWords } from "../src/settings/duration";
import { span } from "../src/ui/Time";
import { counted } from "../src/ui/words";
import { sorted } from "../src/watchlists/ImportPanel";

describe("what a person types", () => {
  test("an area is read as latitude and longitude, one corner a line", () => {
    expect(cornersOf("51.3731, -0.1009\n\n 51.4 -0.2 \n")).toEqual([
      { x: -0.1009, y: 51.3731 },
      { x: -0.2, y: 51.4 },
    ]);
  });

  test("a line that is no corner is found, and nothing is guessed", () => {
    expect(cornersOf("51.3731, -0.1009\nNorth End")).toBeNull();
  });

  test("an area is shown as it is typed", () => {
    const zone = [
      { x: -0.1009, y: 51.3731 },
      { x: -0.2, y: 51.4 },
    ];
    expect(cornersOf(linesOf(zone))).toEqual(zone);
  });

  test("a moment typed in local time is the same moment after it was kept and shown again", () => {
    const kept = fromLocal("2026-05-11T14:00");
    expect(kept).not.toBeNull();
    expect(toLocal(kept ?? "")).toBe("2026-05-11T14:00");
    expect(fromLocal("2026-05-")).toBeNull();
  });

  test("chosen files are told apart by what they are", () => {
    const files = ["list.CSV", "a.jpg", "b.PNG", "all.zip"].map((name) => new File(["x"], name));
    const { table, archive, pictures } = sorted(files);
    expect(table?.name).toBe("list.CSV");
    expect(archive?.name).toBe("all.zip");
    expect(pictures.map((each) => each.name)).toEqual(["a.jpg", "b.PNG"]);
  });
});

describe("what a person reads", () => {
  test.each([
    ["PT24H", "24 hours"],
    ["P31D", "31 days"],
    ["PT1M30S", "1 minute 30 seconds"],
    ["PT0S", "at once"],
    ["until Friday", "until Friday"],
  ])("the duration %s is %s", (duration, words) => {
    expect(inWords(duration)).toBe(words);
  });

  test("a false-alert rate reads as forces publish it", () => {
    expect(rate(10 / 3_147_436)).toBe(`1 in ${(314_744).toLocaleString()}`);
    expect(rate(0)).toBe("none");
    expect(rate(null)).toBe("–");
  });

  test("spans of time keep two parts", () => {
    expect(span(7_500_000)).toBe("2 h 05 min");
    expect(span(249_000)).toBe("4 min 09 s");
    expect(span(-5)).toBe("0 s");
  });

  test("a problem names its field, and the part that a field lies in", () => {
    const problem = new Problem(422, "invalid_fields", "The request cannot be accepted.", [
      ["application.terms.window.end", "The end must come after the start."],
    ]);
    expect(problem.field("terms.window.end")).toBe("The end must come after the start.");
    expect(problem.field("terms.threshold")).toBeUndefined();
  });

  test("a hub out of reach is told as that, and not as the person's fault", () => {
    expect(sentenceOf(new TypeError("Failed to fetch"))).toContain("nothing you typed is lost");
  });

  test("a count has its word, one or many", () => {
    expect(counted(1, "alert")).toBe("1 alert");
    expect(counted(0, "alert")).toBe("0 alerts");
    expect(counted(2, "person", "people")).toBe("2 people");
  });
});
