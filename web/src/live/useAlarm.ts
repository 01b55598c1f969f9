import { useEffect, useRef, useState } from "react";
import { useEvent } from "../api/Events";
import { isMuted, setMuted } from "../ui/preferences";
import { Alarm } from "./alarm";
import { type Listed, waitOf } from "./queue";
import { openVoice, type Voice } from "./sound";

/** Sounds for a deployment: when an alert comes, and again while one is overdue. */
export function useAlarm(deployment: string, queue: readonly Listed[], now: number) {
  const [muted, setShown] = useState(isMuted);
  const [silent, setSilent] = useState(false);
  const voice = useRef<Voice | null>(null);
  const alarm = useRef(new Alarm());
  useEffect(() => {
    if (!("AudioContext" in window)) return;
    const opened = openVoice();
    voice.current = opened;
    return () => {
      voice.current = null;
      opened.close();
    };
  }, []);

  const sound = (which: "raised" | "overdue" | null) => {
    if (which && !muted) voice.current?.[which]();
  };
  useEvent((event) => {
    if (event.kind === "alert.raised" && event.deployment === deployment) sound(alarm.current.raised(Date.now()));
  });
  const overdue = queue.filter((each) => waitOf(each, now) === "overdue").length;
  const latest = useRef(sound);
  latest.current = sound;
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked at every tick of the clock, and not otherwise.
  useEffect(() => {
    latest.current(alarm.current.tick(Date.now(), overdue));
    setSilent(voice.current !== null && !voice.current.isReady());
  }, [now]);

  return {
    muted,
    /** Not muted, and yet nothing will be heard before the first key or click. */
    silent: silent && !muted,
    toggle: () => {
      setMuted(!muted);
      setShown(!muted);
    },
  };
}
