import { fieldWords, problemOf } from "../src/api/problem";
import type { AlertView } from "../src/live/queries";
import { addsPictures, asItStands, mayShowScore } from "../src/live/standing";

const summary = { alert: "a", version: 2, state: "seen", adjudications: [] };
const looked = { summary, blind: true, score: null, open_acts: ["ADJUDICATE_ALERT"] } as unknown as AlertView;
const judged = [{ by: "olu", judgement: "engage" }];

test("what was done with an alert is shown without another look at the person", () => {
  const later = { ...summary, version: 3, state: "adjudicated", adjudications: judged, open_acts: ["CLOSE_ALERT"] };
  const shown = asItStands(looked, later as never);
  expect([shown.summary.state, shown.open_acts]).toEqual(["adjudicated", ["CLOSE_ALERT"]]);
  expect(asItStands(shown, { ...summary, open_acts: [] } as never)).toBe(shown);
});

test("one's own judgement opens the score, and somebody else's does not", () => {
  const shown = asItStands(looked, { ...summary, version: 3, adjudications: judged, open_acts: [] } as never);
  expect([mayShowScore(looked, "olu"), mayShowScore(shown, "eve"), mayShowScore(shown, "olu")]).toEqual([
    false,
    false,
    true,
  ]);
  expect(mayShowScore({ ...shown, blind: false }, "olu")).toBe(false);
});

test("only what joins an alert asks for a look", () => {
  const event = { kind: "alert.changed", record: "a", deployment: "d" };
  expect(["ADD_SHOTS", "ADJUDICATE_ALERT"].map((act) => addsPictures({ ...event, act }))).toEqual([true, false]);
});

test("a field that is wrong is named as people would", async () => {
  expect(["application.expected_footfall", "terms.cameras.1", "name"].map(fieldWords)).toEqual([
    "Expected footfall",
    "Cameras 2",
    "Name",
  ]);
  const document = {
    code: "invalid_fields",
    detail: "The request cannot be accepted: application.expected_footfall: Give 0 or more.",
    problems: [{ field: "application.expected_footfall", sentence: "Give 0 or more." }],
  };
  const problem = await problemOf(new Response(JSON.stringify(document), { status: 422 }));
  expect(problem.message).toBe("The request cannot be accepted: Expected footfall: Give 0 or more.");
  expect(problem.field("expected_footfall")).toBe("Give 0 or more.");
});
