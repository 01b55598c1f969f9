/** What a person set for this screen. Only choices about looks and sound are kept, never anything of a record. */
export type Theme = "dark" | "light";

const THEME = "openlfr.theme";
const MUTED = "openlfr.muted";

export function theme(): Theme {
  return localStorage.getItem(THEME) === "light" ? "light" : "dark";
}

export function setTheme(next: Theme): void {
  localStorage.setItem(THEME, next);
  document.documentElement.dataset.theme = next;
}

export function isMuted(): boolean {
  return localStorage.getItem(MUTED) === "yes";
}

export function setMuted(muted: boolean): void {
  localStorage.setItem(MUTED, muted ? "yes" : "no");
}

const BLIND = "openlfr.blind";
const KEYS = "openlfr.keys";

/** Whether a person judges the pictures before the score is shown to them; on unless turned off. */
export function isBlind(): boolean {
  return localStorage.getItem(BLIND) !== "no";
}

export function setBlind(blind: boolean): void {
  localStorage.setItem(BLIND, blind ? "yes" : "no");
}

/** Whether single keys are commands on the live screen (WCAG 2.1.4 wants a way to turn them off). */
export function hasKeys(): boolean {
  return localStorage.getItem(KEYS) !== "no";
}

export function setKeys(on: boolean): void {
  localStorage.setItem(KEYS, on ? "yes" : "no");
}
