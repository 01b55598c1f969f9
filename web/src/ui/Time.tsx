import { useEffect, useState } from "react";

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const MOMENT = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZoneName: "short",
});
const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZoneName: "short",
});
const ZONE = MOMENT.formatToParts().find((part) => part.type === "timeZoneName")?.value ?? "";

/** What a field for a moment means by it. */
export const LOCAL_TIME = `Your local time (${ZONE}).`;

/** A moment as words, where no element can stand; "–" for none. */
export function moment(at: string | null | undefined): string {
  return at ? MOMENT.format(new Date(at)) : "–";
}

/** A moment in the reader's own time, with its zone; the exact one is a hover away. */
export function Time({ at, clock }: { at: string | null | undefined; clock?: boolean }) {
  if (!at) return <>–</>;
  const shown = new Date(at);
  return (
    <time dateTime={at} title={shown.toISOString()}>
      {(clock ? CLOCK : MOMENT).format(shown)}
    </time>
  );
}

export function Day({ on }: { on: string | null | undefined }) {
  return on ? <time dateTime={on}>{DAY.format(new Date(`${on}T12:00:00`))}</time> : <>–</>;
}

/** The present moment, renewed every `every` milliseconds. */
export function useNow(every = 1000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}

/** "2 h 05 min", "4 min 09 s", "12 s". */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (h) return `${h} h ${String(m).padStart(2, "0")} min`;
  return m ? `${m} min ${String(s).padStart(2, "0")} s` : `${s} s`;
}

export function Countdown({ until, over }: { until: string; over: string }) {
  const left = new Date(until).getTime() - useNow();
  return <span className="number">{left > 0 ? span(left) : over}</span>;
}

export function Since({ at }: { at: string }) {
  return <span className="number">{span(useNow() - new Date(at).getTime())}</span>;
}
