/** "0.6 s earlier", "1.2 s later": when another shot was taken, beside the one that raised the alert. */
export function sinceAlert(at: string, raised: string): string {
  const seconds = (Date.parse(at) - Date.parse(raised)) / 1000;
  if (Math.abs(seconds) < 0.05) return "at the same moment";
  return `${Math.abs(seconds).toFixed(1)} s ${seconds < 0 ? "earlier" : "later"}`;
}
