import type { Schemas } from "../api/client";

type Bin = Schemas["EyeDistanceBin"];

function words(bin: Bin): string {
  if (bin.to_px === null) return `${bin.from_px} +`;
  return bin.from_px === 0 ? `< ${bin.to_px}` : `${bin.from_px}–${bin.to_px - 1}`;
}

/** Narrow enough for a phone: where the bar begins. */
function mark(bin: Bin): string {
  if (bin.to_px === null) return `${bin.from_px}+`;
  return bin.from_px === 0 ? `<${bin.to_px}` : String(bin.from_px);
}

/** How large faces were at their best moment; what is large enough stands out. */
export function EyeDistances({ bins, wanted }: { bins: readonly Bin[]; wanted: number }) {
  const most = Math.max(1, ...bins.map((bin) => bin.faces));
  return (
    <figure className="eye-distances">
      <figcaption>Pixels between the eyes, at the best moment of each face; {wanted} or more are wanted</figcaption>
      <div className="bars" role="img" aria-label={bins.map((bin) => `${words(bin)} px: ${bin.faces}`).join(", ")}>
        {bins.map((bin) => (
          <div key={bin.from_px} data-enough={bin.from_px >= wanted || undefined}>
            <span className="bar-count">{bin.faces > 0 && bin.faces}</span>
            <span className="bar" style={{ height: `${(bin.faces / most) * 88}px` }} />
            <span className="bar-label">{mark(bin)}</span>
          </div>
        ))}
      </div>
    </figure>
  );
}
