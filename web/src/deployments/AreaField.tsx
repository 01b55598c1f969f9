import { useState } from "react";
import { TextField } from "../ui/Field";

interface Corner {
  x: number;
  y: number;
}

const CORNER = /^\s*(-?\d+(?:\.\d+)?)\s*[,;\s]\s*(-?\d+(?:\.\d+)?)\s*$/;

/** Corners of an area, one "latitude, longitude" a line; null when a line is none. */
export function cornersOf(text: string): Corner[] | null {
  const corners: Corner[] = [];
  for (const line of text.split("\n")) {
    if (!line.trim()) continue;
    const found = CORNER.exec(line);
    if (!found) return null;
    corners.push({ x: Number(found[2]), y: Number(found[1]) });
  }
  return corners;
}

export function linesOf(zone: readonly Corner[]): string {
  return zone.map((corner) => `${corner.y}, ${corner.x}`).join("\n");
}

interface Props {
  zone: readonly Corner[];
  onChange: (zone: Corner[]) => void;
  wrong?: string | undefined;
}

/** The area people walk through, as corners copied from any map; drawn beside it, so that a slip is seen. */
export function AreaField({ zone, onChange, wrong }: Props) {
  const [text, setText] = useState(() => linesOf(zone));
  const corners = cornersOf(text);
  return (
    <div className="grid-two">
      <TextField
        label="Area: its corners in order"
        hint="One a line: latitude, longitude (as in 51.3731, -0.1009)."
        lines={5}
        value={text}
        onChange={(next) => {
          setText(next);
          const read = cornersOf(next);
          if (read) onChange(read);
        }}
        wrong={corners === null ? "Each line is a latitude and a longitude, as in 51.3731, -0.1009." : wrong}
      />
      <Sketch zone={corners ?? []} />
    </div>
  );
}

function Sketch({ zone }: { zone: readonly Corner[] }) {
  if (zone.length < 3) return <p className="soft">With three corners or more, the area is drawn here.</p>;
  const xs = zone.map((each) => each.x);
  const ys = zone.map((each) => each.y);
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  // A degree of longitude is shorter than one of latitude, the more so the further from the equator.
  const shrink = Math.cos((((low + high) / 2) * Math.PI) / 180);
  const metres = 111_320;
  const [wide, tall] = [(right - left) * shrink * metres, (high - low) * metres];
  const scale = 180 / Math.max(wide, tall, 1);
  const points = zone
    .map((each) => `${10 + (each.x - left) * shrink * metres * scale},${10 + (high - each.y) * metres * scale}`)
    .join(" ");
  return (
    <figure>
      <svg viewBox="0 0 200 200" width="200" height="200" role="img" aria-label="The area, north upwards">
        <polygon points={points} fill="var(--accent-ground)" stroke="var(--accent)" strokeWidth="2" />
      </svg>
      <figcaption className="soft small">
        About {Math.round(wide)} m by {Math.round(tall)} m, north upwards
      </figcaption>
    </figure>
  );
}
