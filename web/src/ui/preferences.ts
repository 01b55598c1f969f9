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
