import { VideoOff } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";

const PAUSE_MS = 150;
const AGAIN_MS = 3000;

/**
 * What a camera sees, every face in it blurred by its node. Pictures are asked for one after the other, and only while
 * this is shown and the page is in sight: the node sends none otherwise.
 */
export function BlurredLook({ camera, name, children }: { camera: string; name: string; children?: ReactNode }) {
  const [number, setNumber] = useState(0);
  const [lost, setLost] = useState(false);
  const [inSight, setInSight] = useState(!document.hidden);
  useEffect(() => {
    const turned = () => setInSight(!document.hidden);
    document.addEventListener("visibilitychange", turned);
    return () => document.removeEventListener("visibilitychange", turned);
  }, []);
  const [next, setNext] = useState<ReturnType<typeof setTimeout>>();
  useEffect(() => () => clearTimeout(next), [next]);
  const ask = (afterMs: number) => setNext(setTimeout(() => setNumber((now) => now + 1), afterMs));
  return (
    <div className="look">
      {inSight && (
        <img
          src={`/api/v1/cameras/${camera}/picture?n=${number}`}
          alt={`${name}, everybody blurred`}
          data-lost={lost || undefined}
          onLoad={() => {
            setLost(false);
            ask(PAUSE_MS);
          }}
          onError={() => {
            setLost(true);
            ask(AGAIN_MS);
          }}
        />
      )}
      {lost && (
        <div className="look-lost" role="status">
          <VideoOff aria-hidden />
          <span>No picture</span>
        </div>
      )}
      {children}
    </div>
  );
}
