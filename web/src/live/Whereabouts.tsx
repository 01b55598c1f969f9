import { MapPin } from "lucide-react";
import { Time } from "../ui/Time";
import type { AlertView } from "./queries";

/** Where the person was seen, when, and which way they went. */
export function Whereabouts({ view }: { view: AlertView }) {
  return (
    <p className="whereabouts">
      <MapPin aria-hidden />
      <span>
        <strong>{view.camera_name}</strong>
        {view.place !== view.camera_name && `, ${view.place}`}, <Time at={view.captured_at} clock />
        {view.direction && <span className="direction">Walking {view.direction}</span>}
      </span>
    </p>
  );
}
