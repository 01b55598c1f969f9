import type { Schemas } from "../api/client";

export type Reach = Schemas["ReachView"];

/** Where somebody's roles count, as one reads it: "Kent Police: Dover, ferry terminal; North End". */
export function reachWords({ forces, sites }: Reach): string {
  if (!forces.length && !sites.length) return "the whole hub";
  const named = forces.length ? forces.join(", ") : "every force";
  return sites.length ? `${named}: ${sites.join("; ")}` : named;
}

/** The names to tick: those in use and those chosen, each once, whatever its case. */
export function namesToTick(inUse: readonly string[], chosen: readonly string[]): string[] {
  const known = new Set(chosen.map(sameName));
  return [...chosen, ...inUse.filter((each) => !known.has(sameName(each)))].toSorted((a, b) => a.localeCompare(b));
}

export function sameName(name: string): string {
  return name.normalize("NFKC").toLocaleLowerCase().trim().split(/\s+/).join(" ");
}
