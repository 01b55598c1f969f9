import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, body, type Schemas } from "../api/client";

export type Summary = Schemas["DeploymentSummary"];
export type View = Schemas["DeploymentView"];
export type State = Summary["state"];
export type Form = Schemas["ApplicationForm"];

export function useDeployments(states: readonly State[], site: string) {
  return useInfiniteQuery({
    queryKey: ["deployments", states, site],
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam }) =>
      body(
        await api.GET("/api/v1/deployments", {
          params: { query: { state: [...states], site, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    getNextPageParam: (page) => page.next,
  });
}

export function useDeployment(deployment: string, enabled = true) {
  return useQuery({
    enabled,
    queryKey: ["deployment", deployment],
    queryFn: async () => body(await api.GET("/api/v1/deployments/{deployment}", { params: { path: { deployment } } })),
  });
}

export function useFigures(deployment: string) {
  return useQuery({
    queryKey: ["deployment", deployment, "figures"],
    queryFn: async () =>
      body(await api.GET("/api/v1/deployments/{deployment}/figures", { params: { path: { deployment } } })),
    refetchInterval: 10_000,
  });
}

export function useTimeline(deployment: string) {
  return useInfiniteQuery({
    queryKey: ["deployment", deployment, "timeline"],
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam }) =>
      body(
        await api.GET("/api/v1/deployments/{deployment}/timeline", {
          params: { path: { deployment }, query: pageParam ? { cursor: pageParam } : {} },
        }),
      ),
    getNextPageParam: (page) => page.next,
  });
}

export function useAuthorities(deployment: string) {
  return useQuery({
    queryKey: ["deployment", deployment, "authorities"],
    queryFn: async () =>
      body(await api.GET("/api/v1/deployments/{deployment}/authorities", { params: { path: { deployment } } })),
  });
}
