/** Attention to faces fades: after an hour somebody else takes over (domain reference, h). */
export const ROTATE_MS = 60 * 60_000;

const BEGAN = "openlfr.at-this-screen-since";

/** When this person began to judge at this screen; kept with the window only. */
export function dutyBegan(): number {
  const kept = Number(sessionStorage.getItem(BEGAN));
  return kept > 0 ? kept : beginDuty();
}

/** Begin anew, as after a break. */
export function beginDuty(): number {
  const now = Date.now();
  sessionStorage.setItem(BEGAN, String(now));
  return now;
}
