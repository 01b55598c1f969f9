const PARTS = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const WORDS = ["year", "month", "week", "day", "hour", "minute", "second"];

/** "24 hours", "31 days": an ISO 8601 duration in words; what is none is shown as it is. */
export function inWords(duration: string): string {
  const found = PARTS.exec(duration);
  if (!found) return duration;
  const words = found
    .slice(1)
    .map((count, place) => ({ count: Number(count ?? 0), word: WORDS[place] }))
    .filter((each) => each.count > 0)
    .map(({ count, word }) => `${count} ${word}${count === 1 ? "" : "s"}`);
  return words.join(" ") || "at once";
}
