import { useQuery } from "@tanstack/react-query";
import { api, body } from "./client";

/** Who the hub says that it was when nobody asked it to. */
const HUB = "hub";

/** Everybody one works with: who decided, and who may be put on duty. */
export function useColleagues() {
  return useQuery({
    queryKey: ["people", "colleagues"],
    queryFn: async () => body(await api.GET("/api/v1/people/colleagues")),
    staleTime: 60_000,
  });
}

/** The name behind an identifier of staff; the end of the identifier where no name is known for it. */
export function useNames(): (staff: string | null | undefined) => string {
  const { data } = useColleagues();
  const names = new Map((data ?? []).map((each) => [each.staff, each.name]));
  return (staff) => {
    if (!staff) return "–";
    return staff === HUB ? "the hub itself" : (names.get(staff) ?? `officer …${staff.slice(-4)}`);
  };
}
