import { useColleagues } from "../api/colleagues";
import { useSession } from "../session/session";

/** Who it was, by name; "you" for oneself, and the end of the identifier where the name is not known here. */
export function Who({ staff }: { staff: string }) {
  const { session } = useSession();
  const found = useColleagues().data?.find((each) => each.staff === staff);
  if (staff === session.staff) return <strong>you</strong>;
  if (staff === "hub") return <>the hub itself</>;
  return <span title={staff}>{found?.name ?? `officer …${staff.slice(-4)}`}</span>;
}
