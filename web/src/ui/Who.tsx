import { useNames } from "../api/colleagues";
import { useSession } from "../session/session";

/** Who it was, by name; "you" for oneself. */
export function Who({ staff }: { staff: string }) {
  const { session } = useSession();
  const name = useNames();
  if (staff === session.staff) return <strong>you</strong>;
  return <span title={staff}>{name(staff)}</span>;
}
