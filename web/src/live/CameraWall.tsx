import { CameraOff } from "lucide-react";
import { useEffect, useState } from "react";
import { useFigures, type View } from "../deployments/queries";
import { Badge, Empty } from "../ui/States";
import { type CameraNow, toneOf, useCameraNow } from "./fleet";

type CameraTerms = NonNullable<View["authority"]>["terms"]["cameras"][number];

/** All cameras together ask for no more pictures than this in a second, and each one that fails only now and then. */
const PICTURES_A_SECOND = 8;
const AFTER_FAILURE_MS = 5000;

/** Every camera of the deployment, everybody in it blurred, with what it does and why, large enough to read from afar. */
export function CameraWall({ view }: { view: View }) {
  const cameras = view.authority?.terms.cameras ?? [];
  const hold = useFigures(view.summary.deployment).data?.countdown.presence_ends_at === null;
  const every = (1000 * cameras.length) / PICTURES_A_SECOND;
  return (
    <section className="wall" aria-label="Cameras">
      {cameras.length === 0 && <Empty title="No camera is authorised yet" />}
      {cameras.map((each) => (
        <Tile key={each.camera} camera={each} every={every} nobodyThere={hold} />
      ))}
    </section>
  );
}

function Tile({ camera, every, nobodyThere }: { camera: CameraTerms; every: number; nobodyThere: boolean }) {
  const now = useCameraNow(camera.node, camera.camera);
  const shown = now.situation !== "idle" && now.situation !== "unheard";
  return (
    <article className="tile" data-situation={now.situation} aria-label={camera.name}>
      <div className="tile-picture">
        <span className="tile-state" data-tone={toneOf(now.situation)}>
          {now.situation}
        </span>
        {shown ? <Preview camera={camera.camera} every={every} /> : <CameraOff aria-hidden className="soft" />}
      </div>
      <div className="tile-foot">
        <strong className="tile-name">{camera.name}</strong>
        <Why now={now} nobodyThere={nobodyThere} />
      </div>
    </article>
  );
}

function Why({ now, nobodyThere }: { now: CameraNow; nobodyThere: boolean }) {
  const why = now.reason || (now.situation === "waiting" && nobodyThere ? "No officer is checked in." : "");
  return (
    <span className="small tile-why">
      {why || `${now.analysedPerSecond.toFixed(1)} pictures a second`}
      {now.issues.map((each) => (
        <Badge key={each} tone="warn">
          {each}
        </Badge>
      ))}
    </span>
  );
}

/** Asks for the next picture whenever one came. Pauses while nobody can see it. */
function Preview({ camera, every }: { camera: string; every: number }) {
  const [turn, setTurn] = useState(0);
  const [there, setThere] = useState(false);
  const [wait, setWait] = useState<number | null>(null);
  useEffect(() => {
    if (wait === null) return;
    const timer = setTimeout(function next() {
      if (document.hidden) {
        document.addEventListener("visibilitychange", () => setTurn((now) => now + 1), { once: true });
      } else {
        setTurn((now) => now + 1);
      }
      setWait(null);
    }, wait);
    return () => clearTimeout(timer);
  }, [wait]);
  return (
    <>
      {!there && <span className="soft small">Waiting for a picture…</span>}
      <img
        hidden={!there}
        src={`/api/v1/cameras/${camera}/picture?turn=${turn}`}
        alt="What the camera sees, with every face blurred"
        onLoad={() => {
          setThere(true);
          setWait(every);
        }}
        onError={() => {
          setThere(false);
          setWait(AFTER_FAILURE_MS);
        }}
      />
    </>
  );
}
