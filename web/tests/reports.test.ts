import { afterEach, expect, test, vi } from "vitest";
import { save } from "../src/api/save";
import { inWords, type RecognitionTest } from "../src/reports/recognition";

const TEST: RecognitionTest = {
  test: "t",
  deployment: "d",
  begun_at: "2026-05-11T14:00:00Z",
  ended_at: null,
  rate: { recognised: 0, passages: 0, rate: null, low: 0, high: 1 },
  passages: [],
  uncounted: [],
};

afterEach(() => vi.restoreAllMocks());

test("a rate is told with its interval, and not at all where nobody walked", () => {
  expect(inWords(TEST)).toBe("No passage is counted yet.");
  const rate = { recognised: 12, passages: 14, rate: 12 / 14, low: 0.5719, high: 0.9822 };
  expect(inWords({ ...TEST, rate })).toBe("12 of 14 passages recognised: 85.7% (57.2% to 98.2% with 95% confidence)");
});

test("a file is saved under the name that the hub gave it, and its address does not stay", () => {
  const saved: string[] = [];
  URL.createObjectURL = vi.fn(() => "blob:a-file");
  URL.revokeObjectURL = vi.fn();
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    saved.push(`${this.download} ${this.href}`);
  });
  const headers = { "Content-Disposition": 'attachment; filename="evidence-1.zip"' };
  save({ data: new Blob(["pack"]), response: new Response(null, { headers }) });
  expect(saved).toEqual(["evidence-1.zip blob:a-file"]);
  expect(URL.revokeObjectURL).toHaveBeenCalledWith("blob:a-file");
});
