import { useRef, useState } from "react";
import { useFurtherPictures } from "../live/alertPictures";
import { ageOf } from "../live/PersonFacts";
import { PLAIN, stepped } from "../live/Pictures";
import type { AlertView } from "../live/queries";
import { atScale, type Face } from "../live/scale";
import { Thumbnails } from "../live/Thumbnails";
import { sinceAlert } from "../live/words";

/** A finger that moves further across goes to the next picture; less is a tap. */
const SWIPE_PX = 40;

interface Props {
  view: AlertView;
  /** Addresses of the first picture of each; null until they are here. */
  probe: string | null;
  candidate: string | null;
}

/** Both people at one scale, beside each other: a tap makes the faces larger, a swipe goes to the next picture. */
export function PhonePictures({ view, probe, candidate }: Props) {
  const [near, setNear] = useState(false);
  const further = useFurtherPictures(view);
  const size = { zoom: near ? 1.5 : PLAIN, onTap: () => setNear(!near), near };
  const { captured_at: at } = view;
  return (
    <div className="phone-pictures">
      <OnePerson
        {...size}
        addresses={probe ? [probe, ...further.probes] : []}
        pictures={view.probes.map((each, place) => ({
          face: each.face,
          words: place === 0 ? "Seen just now" : `Seen ${sinceAlert(each.captured_at, at)}`,
        }))}
        alt="The passer-by, with everybody else blurred"
        label="Shots of the passer-by"
      />
      <OnePerson
        {...size}
        addresses={candidate ? [candidate, ...further.candidates] : []}
        pictures={view.candidates.map((each) => ({
          face: each.face,
          words: `On the list, ${ageOf(each.taken_on, at)}`,
        }))}
        alt="The reference picture"
        label="Pictures of the person on the list"
      />
    </div>
  );
}

interface OnePersonProps {
  addresses: readonly string[];
  pictures: readonly { face: Face; words: string }[];
  alt: string;
  label: string;
  zoom: number;
  near: boolean;
  onTap: () => void;
}

function OnePerson({ addresses, pictures, alt, label, zoom, near, onTap }: OnePersonProps) {
  const [chosen, setChosen] = useState(0);
  const began = useRef(0);
  const swiped = useRef(false);
  const address = addresses[chosen];
  const picture = pictures[chosen];
  if (!picture) return null;
  return (
    <div className="phone-picture">
      <button
        type="button"
        aria-pressed={near}
        title={near ? "Show both pictures whole" : "Show both faces larger"}
        onPointerDown={(event) => {
          began.current = event.clientX;
        }}
        onPointerUp={(event) => {
          const by = event.clientX - began.current;
          swiped.current = Math.abs(by) > SWIPE_PX;
          if (swiped.current) setChosen(stepped(chosen, by < 0 ? 1 : -1, addresses.length));
        }}
        onClick={() => {
          if (!swiped.current) onTap();
          swiped.current = false;
        }}
      >
        <span className="picture-frame">
          {address ? (
            <img src={address} alt={alt} draggable={false} style={atScale(picture.face, zoom)} />
          ) : (
            <span className="soft small">Loading…</span>
          )}
        </span>
        <span className="small">{picture.words}</span>
      </button>
      <Thumbnails label={label} addresses={addresses} pictures={pictures} chosen={chosen} onChoose={setChosen} />
    </div>
  );
}
