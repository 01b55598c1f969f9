import { createContext, useContext } from "react";
import type { Schemas } from "../api/client";

/** Who is signed in, as the hub says it. */
export type Session = Schemas["SessionView"];
export type Role = Session["roles"][number];

export interface SignedIn {
  session: Session;
  /** Whether any of the roles is held. */
  holds: (...roles: Role[]) => boolean;
  /** The same with rights for the whole hub, without which its log, machines and rules are not to be touched. */
  holdsForHub: (...roles: Role[]) => boolean;
  lock: () => void;
  signOut: () => Promise<void>;
}

export const SessionContext = createContext<SignedIn | null>(null);

export function useSession(): SignedIn {
  const value = useContext(SessionContext);
  if (!value) throw new Error("Nobody is signed in on this screen.");
  return value;
}
