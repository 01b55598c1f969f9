import { useState } from "react";
import { heightOf, PLAIN, type Which } from "../live/Pictures";

interface Props {
  probe: string | null;
  candidate: string | null;
  candidateAge: string;
}

/** Both pictures at one scale, beside each other; a tap makes both faces larger. */
export function PhonePictures({ probe, candidate, candidateAge }: Props) {
  const [near, setNear] = useState(false);
  const zoom = near ? 1.5 : PLAIN;
  return (
    <button
      type="button"
      className="phone-pictures"
      aria-pressed={near}
      title={near ? "Show both pictures whole" : "Show both faces larger"}
      onClick={() => setNear(!near)}
    >
      <Picture which="probe" address={probe} zoom={zoom} says="Seen just now" />
      <Picture which="candidate" address={candidate} zoom={zoom} says={`On the list, ${candidateAge}`} />
    </button>
  );
}

function Picture({ which, address, zoom, says }: { which: Which; address: string | null; zoom: number; says: string }) {
  return (
    <span className="phone-picture">
      <span className="picture-frame">
        {address ? (
          <img
            src={address}
            alt={which === "probe" ? "The passer-by, with everybody else blurred" : "The reference picture"}
            style={{ height: `${100 * heightOf(which, zoom)}%`, transform: "translate(-50%, -50%)" }}
          />
        ) : (
          <span className="soft small">Loading…</span>
        )}
      </span>
      <span className="small">{says}</span>
    </span>
  );
}
