import { type ReactNode, useRef, useState } from "react";
import { Button } from "../ui/Button";

/**
 * Sides of a picture over those of the face in it. The node cuts probes so (`node/blur.py`), the hub portraits
 * (`records/watchlist_portrait.py`): drawn in this proportion, both faces are of one size.
 */
const FACES_ACROSS = { probe: 2.4, candidate: 1.8 } as const;
export type Which = keyof typeof FACES_ACROSS;

export const ZOOMS: readonly number[] = [0.75, 1, 1.4, 2, 2.8];
export const PLAIN = 1;

/** How high a picture is drawn, in shares of its frame: at zoom 1 the candidate fills it. */
export function heightOf(which: Which, zoom: number): number {
  return (FACES_ACROSS[which] / FACES_ACROSS.candidate) * zoom;
}

interface Props {
  probe: string;
  candidate: string;
  probeSays: ReactNode;
  candidateSays: ReactNode;
  zoom: number;
  onZoom: (zoom: number) => void;
}

/** The two pictures at one scale; zoom and shift move both together. */
export function Pictures({ probe, candidate, probeSays, candidateSays, zoom, onZoom }: Props) {
  const [shift, setShift] = useState({ x: 0, y: 0 });
  const held = useRef<{ x: number; y: number } | null>(null);
  const moved = { zoom, shift };
  return (
    <div className="pictures">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: what dragging shows, the zoom's buttons and keys show too. */}
      <div
        className="pictures-pair"
        onPointerDown={(event) => {
          held.current = { x: event.clientX - shift.x, y: event.clientY - shift.y };
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={(event) =>
          held.current && setShift({ x: event.clientX - held.current.x, y: event.clientY - held.current.y })
        }
        onPointerUp={() => {
          held.current = null;
        }}
        onDoubleClick={() => {
          setShift({ x: 0, y: 0 });
          onZoom(PLAIN);
        }}
      >
        <Picture which="probe" title="In front of the camera" address={probe} says={probeSays} {...moved} />
        <Picture which="candidate" title="On the watchlist" address={candidate} says={candidateSays} {...moved} />
      </div>
      <div className="pictures-zoom">
        <Button aria-label="Zoom out" isDisabled={zoom === ZOOMS[0]} onPress={() => onZoom(zoomed(zoom, -1))}>
          −
        </Button>
        <Button aria-label="Zoom in" isDisabled={zoom === ZOOMS.at(-1)} onPress={() => onZoom(zoomed(zoom, 1))}>
          +
        </Button>
      </div>
    </div>
  );
}

export function zoomed(zoom: number, step: 1 | -1): number {
  const place = ZOOMS.indexOf(zoom) + step;
  return ZOOMS[Math.min(Math.max(place, 0), ZOOMS.length - 1)] ?? PLAIN;
}

interface PictureProps {
  which: Which;
  title: string;
  address: string;
  says: ReactNode;
  zoom: number;
  shift: { x: number; y: number };
}

function Picture({ which, title, address, says, zoom, shift }: PictureProps) {
  const [failed, setFailed] = useState(false);
  return (
    <figure className="picture">
      <figcaption>{title}</figcaption>
      <div className="picture-frame">
        {failed ? (
          <p className="soft">The picture cannot be shown. Open the alert again; without both pictures do not judge.</p>
        ) : (
          <img
            src={address}
            alt={which === "probe" ? "The passer-by, with everybody else blurred" : "The reference picture"}
            draggable={false}
            style={{
              height: `${100 * heightOf(which, zoom)}%`,
              transform: `translate(calc(-50% + ${shift.x}px), calc(-50% + ${shift.y}px))`,
            }}
            onError={() => setFailed(true)}
          />
        )}
      </div>
      <div className="picture-says small">{says}</div>
    </figure>
  );
}
