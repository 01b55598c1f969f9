import { sameName } from "../people/reach";
import type { DeploymentSummary } from "./queries";

/** Deployments by where they are, in the order they came: what is at one site of one force stands together. */
export function bySite<Deployment extends Pick<DeploymentSummary, "controller" | "site">>(
  deployments: readonly Deployment[],
): Deployment[][] {
  const sites = new Map<string, Deployment[]>();
  for (const each of deployments) {
    const site = `${sameName(each.controller)}\n${sameName(each.site)}`;
    sites.set(site, [...(sites.get(site) ?? []), each]);
  }
  return [...sites.values()];
}
