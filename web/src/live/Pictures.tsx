import { useRef, useState } from "react";
import { Button } from "../ui/Button";
import { hasKeys } from "../ui/preferences";
import { useAlertPictures } from "./alertPictures";
import { useKeys } from "./keys";
import { ageOf } from "./PersonFacts";
import type { AlertView } from "./queries";
import { atScale, type Face } from "./scale";
import { Thumbnails } from "./Thumbnails";
import { sinceAlert } from "./words";

export const ZOOMS: readonly number[] = [0.75, 1, 1.4, 2, 2.8];
export const PLAIN = 1;

interface Props {
  view: AlertView;
  zoom: number;
  onZoom: (zoom: number) => void;
}

/** Passer-by and person on the list at one scale, each with their other pictures; zoom and shift move both together. */
export function Pictures({ view, zoom, onZoom }: Props) {
  const { probes, candidates, captured_at: at } = view;
  const pictures = useAlertPictures(view);
  const [shot, setShot] = useState(0);
  const [reference, setReference] = useState(0);
  const [shift, setShift] = useState({ x: 0, y: 0 });
  const held = useRef<{ x: number; y: number } | null>(null);
  useKeys(
    {
      ArrowLeft: () => setShot((now) => stepped(now, -1, pictures.probes.length)),
      ArrowRight: () => setShot((now) => stepped(now, 1, pictures.probes.length)),
      "[": () => setReference((now) => stepped(now, -1, pictures.candidates.length)),
      "]": () => setReference((now) => stepped(now, 1, pictures.candidates.length)),
    },
    hasKeys(),
  );
  const [probe, candidate] = [probes[shot], candidates[reference]];
  if (!probe || !candidate) return null;
  return (
    <div className="pictures">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: what dragging shows, the zoom's buttons and keys show too. */}
      <div
        className="pictures-pair draggable"
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
        <Picture
          title="In front of the camera"
          address={pictures.probes[shot]}
          failed={pictures.failed}
          words="The passer-by, with everybody else blurred"
          face={probe.face}
          zoom={zoom}
          shift={shift}
        />
        <Picture
          title="On the watchlist"
          address={pictures.candidates[reference]}
          failed={pictures.failed}
          words="The reference picture"
          face={candidate.face}
          zoom={zoom}
          shift={shift}
        />
      </div>
      <div className="pictures-pair picture-says">
        <span>
          {shot === 0 ? "At the alert" : sinceAlert(probe.captured_at, at)}, quality {Math.round(probe.quality)}/100
        </span>
        <span>
          {ageOf(candidate.taken_on, at)}, quality {Math.round(candidate.quality)}/100
        </span>
      </div>
      <div className="pictures-pair pictures-strips">
        <div>
          <Thumbnails
            label="Shots of the passer-by"
            addresses={pictures.probes}
            pictures={probes.map((each, place) => ({
              face: each.face,
              words: place === 0 ? "The shot at the alert" : `A shot ${sinceAlert(each.captured_at, at)}`,
            }))}
            chosen={shot}
            onChoose={setShot}
          />
        </div>
        <div>
          <Thumbnails
            label="Pictures of the person on the list"
            addresses={pictures.candidates}
            pictures={candidates.map((each) => ({ face: each.face, words: `A picture ${ageOf(each.taken_on, at)}` }))}
            chosen={reference}
            onChoose={setReference}
          />
        </div>
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

/** The picture after or before this one, round and round. */
export function stepped(now: number, step: 1 | -1, of: number): number {
  return of === 0 ? now : (now + step + of) % of;
}

interface PictureProps {
  title: string;
  address: string | undefined;
  failed: boolean;
  words: string;
  face: Face;
  zoom: number;
  shift: { x: number; y: number };
}

function Picture({ title, address, failed, words, face, zoom, shift }: PictureProps) {
  return (
    <figure className="picture">
      <figcaption>{title}</figcaption>
      <div className="picture-frame">
        {address ? (
          <img src={address} alt={words} draggable={false} style={atScale(face, zoom, shift)} />
        ) : (
          <p className="soft">
            {failed
              ? "The picture cannot be shown. Open the alert again; without both pictures do not judge."
              : "Loading…"}
          </p>
        )}
      </div>
    </figure>
  );
}
