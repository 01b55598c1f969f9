import { useEffect, useRef, useSyncExternalStore } from "react";
import { useEvent, useUpdates } from "../api/Events";
import { addsPictures } from "../live/standing";
import type { Held } from "./held";
import { usePhone } from "./PhoneState";

/**
 * An alert in this phone's memory: looked at when it is opened and when pictures join it. What is done with it
 * meanwhile, here or elsewhere, is told without a look.
 */
export function useHeldAlert(alert: string): { held: Held; again: () => void } {
  const { held } = usePhone();
  const { state } = useUpdates();
  const opened = useRef(false);
  const again = () => void held.load(alert);
  useEffect(() => {
    if (state !== "open") return;
    void (opened.current ? held.renew(alert) : held.load(alert));
    opened.current = true;
  }, [held, alert, state]);
  useEvent((event) => {
    if (event.record === alert) void held.renew(alert, addsPictures(event));
  });
  const now = useSyncExternalStore(held.subscribe, () => held.get(alert));
  return { held: now, again };
}
