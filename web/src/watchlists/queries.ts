import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, body, type Schemas } from "../api/client";

export type Watchlist = Schemas["WatchlistView"];
export type Entry = Schemas["WatchlistEntryView"];
export type Review = Entry["review"];

const at = (watchlist: string) => ({ params: { path: { watchlist } } });

export function useWatchlists(deployment: string | null) {
  return useQuery({
    queryKey: ["watchlists", deployment],
    enabled: deployment !== null,
    queryFn: async () =>
      body(
        await api.GET("/api/v1/deployments/{deployment}/watchlists", {
          params: { path: { deployment: deployment ?? "" } },
        }),
      ),
  });
}

export function useWatchlist(watchlist: string) {
  return useQuery({
    queryKey: ["watchlist", watchlist],
    queryFn: async () => body(await api.GET("/api/v1/watchlists/{watchlist}", at(watchlist))),
  });
}

export function useEntries(watchlist: string, review: Review) {
  return useInfiniteQuery({
    queryKey: ["watchlist", watchlist, "entries", review],
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam }) =>
      body(
        await api.GET("/api/v1/watchlists/{watchlist}/entries", {
          params: {
            path: { watchlist },
            query: { review: [review], limit: 24, ...(pageParam ? { cursor: pageParam } : {}) },
          },
        }),
      ),
    getNextPageParam: (page) => page.next,
  });
}

export function usePairs(watchlist: string) {
  return useQuery({
    queryKey: ["watchlist", watchlist, "pairs"],
    queryFn: async () => body(await api.GET("/api/v1/watchlists/{watchlist}/pairs", at(watchlist))),
  });
}

export function useComposition(watchlist: string) {
  return useQuery({
    queryKey: ["watchlist", watchlist, "composition"],
    queryFn: async () => body(await api.GET("/api/v1/watchlists/{watchlist}/composition", at(watchlist))),
  });
}

export function useDeliveries(watchlist: string) {
  return useQuery({
    queryKey: ["watchlist", watchlist, "deliveries"],
    queryFn: async () => body(await api.GET("/api/v1/watchlists/{watchlist}/deliveries", at(watchlist))),
  });
}

export function useImports(watchlist: string) {
  return useQuery({
    queryKey: ["watchlist", watchlist, "imports"],
    queryFn: async () => body(await api.GET("/api/v1/watchlists/{watchlist}/imports", at(watchlist))),
  });
}

export function pictureAddress(watchlist: string, picture: string): string {
  return `/api/v1/watchlists/${watchlist}/pictures/${picture}`;
}
