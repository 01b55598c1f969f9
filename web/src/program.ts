import { useSyncExternalStore } from "react";

/** How this program is kept: ready without a network, and never an old one for long after its hub was upgraded. */

const RELOAD_AGAIN_MS = 60_000;
const RELOADED = "openlfr-reloaded";

const listeners = new Set<() => void>();
let outdated = false;

/** The worker that opens the console where there is no network; and a way out of a program the hub has no parts of. */
export function keepProgram(): void {
  // Parts of the program are loaded when they are needed: those of an old one are gone after an upgrade.
  window.addEventListener("vite:preloadError", () => {
    const last = Number(sessionStorage.getItem(RELOADED));
    if (Date.now() - last < RELOAD_AGAIN_MS) return;
    sessionStorage.setItem(RELOADED, String(Date.now()));
    window.location.reload();
  });
  if ("serviceWorker" in navigator) void navigator.serviceWorker.register("/sw.js").catch(() => undefined);
}

/** A hub that was away may be a newer one, with a newer console. */
export function whenHubIsBack(): void {
  void navigator.serviceWorker
    ?.getRegistration()
    .then((found) => found?.update())
    .catch(() => undefined);
  void isOutdated()
    .then((found) => {
      outdated = outdated || found;
      for (const listener of listeners) listener();
    })
    .catch(() => undefined);
}

/** Whether the hub now hands out another program than this page runs. Files are named by what is in them. */
export async function isOutdated(): Promise<boolean> {
  const own = document.querySelector<HTMLScriptElement>("script[type=module][src]")?.src;
  if (!own) return false;
  const answer = await fetch("/", { cache: "no-cache" });
  return answer.ok && !(await answer.text()).includes(new URL(own).pathname);
}

/** Whether this page runs an older program than its hub has. */
export function useOutdated(): boolean {
  return useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => void listeners.delete(changed);
    },
    () => outdated,
  );
}
