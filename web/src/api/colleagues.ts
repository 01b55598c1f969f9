import { useQuery } from "@tanstack/react-query";
import { api, body } from "./client";

/** Everybody one works with: who decided, and who may be put on duty. */
export function useColleagues() {
  return useQuery({
    queryKey: ["people", "colleagues"],
    queryFn: async () => body(await api.GET("/api/v1/people/colleagues")),
    staleTime: 60_000,
  });
}

/** The name behind an identifier of staff; the identifier itself while names are not here. */
export function useNames(): (staff: string | null | undefined) => string {
  const { data } = useColleagues();
  const names = new Map((data ?? []).map((each) => [each.staff, each.name]));
  return (staff) => (staff ? (names.get(staff) ?? staff) : "–");
}
