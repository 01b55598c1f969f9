import { type UseQueryResult, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";
import { api, body, type Schemas } from "../api/client";
import { useEvent, useUpdates } from "../api/Events";
import { useFigures } from "../deployments/queries";
import { useSession } from "../session/session";
import { isBlind } from "../ui/preferences";
import { useNow } from "../ui/Time";
import type { Summary } from "./queue";
import { addsPictures, asItStands, mayShowScore, standingOf } from "./standing";

export type AlertView = Schemas["AlertView"];
export type DeploymentSummary = Schemas["DeploymentSummary"];

/** As many alerts as a person could ever work through are held; a storm's others are only counted. */
export const SHOWN_ALERTS = 60;
const NEAR_LIVE: DeploymentSummary["state"][] = ["live", "paused", "tested", "watchlist built"];
const OPEN = ["raised", "seen", "adjudicated", "engaged"] as const;
const HOUR_MS = 3_600_000;

/** Deployments that run, pause or are about to begin, those that run first. */
export function useNearLive() {
  return useQuery({
    queryKey: ["deployments", "near live"],
    queryFn: async () => {
      const found = body(await api.GET("/api/v1/deployments", { params: { query: { state: NEAR_LIVE, limit: 100 } } }));
      const place = (each: DeploymentSummary) => NEAR_LIVE.indexOf(each.state);
      return found.items.toSorted((a, b) => place(a) - place(b) || a.site.localeCompare(b.site));
    },
    refetchInterval: 30_000,
  });
}

/** The newest open alerts of a deployment; how many there are in all is in its figures. */
export function useOpenAlerts(deployment: string) {
  return useQuery({
    queryKey: ["alerts", deployment, "open"],
    queryFn: async () =>
      body(
        await api.GET("/api/v1/deployments/{deployment}/alerts", {
          params: { path: { deployment }, query: { state: [...OPEN], limit: SHOWN_ALERTS } },
        }),
      ).items,
    refetchInterval: 30_000,
  });
}

/** How many alerts came within the last hour, and whether there were more than are counted here. */
export function useLastHour(deployment: string) {
  return useQuery({
    queryKey: ["workload", deployment],
    queryFn: async () => {
      const found = body(
        await api.GET("/api/v1/deployments/{deployment}/alerts", {
          params: { path: { deployment }, query: { limit: 200 } },
        }),
      ).items;
      const since = Date.now() - HOUR_MS;
      const count = found.filter((each) => Date.parse(each.raised_at) >= since).length;
      return { count, orMore: count === found.length && found.length === 200 };
    },
    refetchInterval: 30_000,
  });
}

/**
 * One alert with everything about the person. Each reading is a look that is logged, so what was done with it since is
 * asked for without what is about the person, and it is looked at again only for what that cannot show.
 */
export function useAlert(alert: string): UseQueryResult<AlertView> {
  const queries = useQueryClient();
  const renewed = useRenewed();
  const blind = isBlind();
  const key = ["looked at", alert, blind];
  useEvent((event) => {
    if (event.record !== alert) return;
    if (addsPictures(event)) void queries.invalidateQueries({ queryKey: key }, { cancelRefetch: false });
    else void renewed(alert);
  });
  const { state } = useUpdates();
  const was = useRef(state);
  useEffect(() => {
    if (was.current === "lost" && state === "open") void queries.invalidateQueries({ queryKey: ["looked at", alert] });
    was.current = state;
  }, [state, queries, alert]);
  return useQuery({
    queryKey: key,
    queryFn: async () =>
      body(await api.GET("/api/v1/alerts/{alert}", { params: { path: { alert }, query: { blind } } })),
    staleTime: Number.POSITIVE_INFINITY,
    // What is about a person stays in memory no longer than it is looked at.
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
}

/** Brings an alert on the screen to how it stands now; with one more look where its score may be shown from now on. */
function useRenewed(): (alert: string) => Promise<void> {
  const queries = useQueryClient();
  const { session } = useSession();
  return async (alert) => {
    const looked = { queryKey: ["looked at", alert] };
    const standing = await standingOf(alert).catch(() => null);
    // What cannot be told in a moment is asked for whole.
    if (!standing) return queries.invalidateQueries(looked, { cancelRefetch: false });
    queries.setQueriesData<AlertView>(looked, (view) => view && asItStands(view, standing));
    const shown = queries.getQueriesData<AlertView>(looked);
    if (shown.some(([, view]) => view && mayShowScore(view, session.staff))) {
      await queries.invalidateQueries(looked, { cancelRefetch: false });
    }
  };
}

/** Shows what an act changed, before the event of it comes. */
export function useActed(): (after: Summary) => Promise<void> {
  const queries = useQueryClient();
  const renewed = useRenewed();
  return async (after) => {
    await Promise.all([
      renewed(after.alert),
      queries.invalidateQueries({ queryKey: ["alerts", after.deployment] }),
      queries.invalidateQueries({ queryKey: ["deployment", after.deployment, "figures"] }),
    ]);
  };
}

/** Reads the hub's clock, which this device's may differ from. */
export function useHubClock(deployment: string): () => number {
  const figures = useFigures(deployment);
  const ahead = useRef(0);
  if (figures.data) ahead.current = Date.parse(figures.data.countdown.now) - figures.dataUpdatedAt;
  return useCallback(() => Date.now() + ahead.current, []);
}

/** The present moment by the hub's clock. */
export function useHubNow(deployment: string): number {
  const clock = useHubClock(deployment);
  useNow();
  return clock();
}
