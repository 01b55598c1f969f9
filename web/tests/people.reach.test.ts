import { describe, expect, it } from "vitest";
import { bySite } from "../src/live/sites";
import { namesToTick, reachWords } from "../src/people/reach";

describe("how far rights reach", () => {
  it("reads as a person would say it", () => {
    expect(reachWords({ forces: [], sites: [] })).toBe("the whole hub");
    expect(reachWords({ forces: ["Kent Police"], sites: [] })).toBe("Kent Police");
    expect(reachWords({ forces: [], sites: ["Dover", "North End"] })).toBe("every force: Dover; North End");
  });

  it("offers each name once, however it is spelt, and what is ticked as it was given", () => {
    expect(namesToTick(["Kent Police", "Essex Police"], ["KENT  police"])).toEqual(["Essex Police", "KENT  police"]);
  });
});

describe("the sites of the live screen", () => {
  it("has what is at one site of one force together, and two forces at one place apart", () => {
    const at = (controller: string, site: string) => ({ controller, site });
    const there = [at("Kent", "Dover"), at("Essex", "Dover"), at("kent ", "DOVER")];
    expect(bySite(there)).toEqual([[at("Kent", "Dover"), at("kent ", "DOVER")], [at("Essex", "Dover")]]);
  });
});
