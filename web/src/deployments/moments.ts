const WHOLE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;

/** `2026-05-11T14:00` of the reader's own clock, for a field of type datetime-local. */
export function toLocal(moment: string): string {
  const at = new Date(moment);
  if (Number.isNaN(at.getTime())) return "";
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** The moment meant by such a field; null while it is incomplete. */
export function fromLocal(field: string): string | null {
  if (!WHOLE.test(field)) return null;
  const at = new Date(field);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}
