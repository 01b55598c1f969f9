import { useEffect, useSyncExternalStore } from "react";
import { useEvent, useUpdates } from "../api/Events";
import type { Held } from "./held";
import { usePhone } from "./PhoneState";

/** An alert in this phone's memory: read when it is opened, when something is done with it, and when the hub is back. */
export function useHeldAlert(alert: string): { held: Held; again: () => void } {
  const { held } = usePhone();
  const { state } = useUpdates();
  const again = () => void held.load(alert);
  useEffect(() => {
    if (state === "open") void held.load(alert);
  }, [held, alert, state]);
  useEvent((event) => {
    if (event.record === alert) again();
  });
  const now = useSyncExternalStore(held.subscribe, () => held.get(alert));
  return { held: now, again };
}
