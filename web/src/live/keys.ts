import { useLayoutEffect, useRef } from "react";

/** What keys do on a screen: named as `KeyboardEvent.key`, with "Shift+" before it where Shift is held. */
export type Keys = Readonly<Record<string, () => void>>;

const TYPED_INTO = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]";
const ANSWERED_FIRST = "[role=dialog], [role=alertdialog]";

export function keyName(event: { key: string; shiftKey: boolean }): string {
  const letter = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return event.shiftKey && /^[a-z]$/.test(letter) ? `Shift+${letter}` : letter;
}

/** Commands of one key, for the whole screen; none while somebody types, has a dialog open, or has turned them off. */
export function useKeys(keys: Keys, on = true): void {
  const latest = useRef(keys);
  // What is shown decides what a key does: not a screen that is still being made ready and may never be.
  useLayoutEffect(() => {
    latest.current = keys;
  });
  // Before anything is painted: whoever sees a command can give it, however busy the screen is.
  useLayoutEffect(() => {
    if (!on) return;
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      const at = event.target instanceof Element ? event.target : null;
      if (at?.closest(TYPED_INTO) || document.querySelector(ANSWERED_FIRST)) return;
      // Enter on a button or link is that button's.
      if (event.key === "Enter" && at?.closest("button, a")) return;
      const act = latest.current[keyName(event)];
      if (!act) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [on]);
}
