/** Tones made by the browser itself. It makes none before the first key or click: `isReady` says whether it will. */
export interface Voice {
  isReady: () => boolean;
  /** A rising pair for a new alert. */
  raised: () => void;
  /** Three insistent ones for an alert that nobody has taken. */
  overdue: () => void;
  close: () => void;
}

export function openVoice(): Voice {
  const context = new AudioContext();
  const wake = () => void context.resume();
  window.addEventListener("pointerdown", wake);
  window.addEventListener("keydown", wake);
  const tone = (hertz: number, after: number, lasts: number) => {
    const from = context.currentTime + after;
    const source = new OscillatorNode(context, { type: "triangle", frequency: hertz });
    const loudness = new GainNode(context, { gain: 0 });
    loudness.gain.linearRampToValueAtTime(0.35, from + 0.02);
    loudness.gain.setValueAtTime(0.35, from + lasts - 0.05);
    loudness.gain.linearRampToValueAtTime(0, from + lasts);
    source.connect(loudness).connect(context.destination);
    source.start(from);
    source.stop(from + lasts);
  };
  return {
    isReady: () => context.state === "running",
    raised: () => {
      tone(660, 0, 0.16);
      tone(880, 0.18, 0.24);
    },
    overdue: () => {
      for (const at of [0, 0.22, 0.44]) tone(988, at, 0.15);
    },
    close: () => {
      window.removeEventListener("pointerdown", wake);
      window.removeEventListener("keydown", wake);
      void context.close();
    },
  };
}
