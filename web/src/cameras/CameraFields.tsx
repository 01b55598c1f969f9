import type { ReactNode } from "react";
import { sameName } from "../people/reach";
import { TextField } from "../ui/Field";
import { useCameras } from "./CameraList";

/** What an administrator says of a camera in words and numbers; its zone is drawn on its picture. */
export interface CameraSettings {
  name: string;
  address: string;
  smallestFacePx: string;
}

interface Props {
  value: CameraSettings;
  onChange: (value: CameraSettings) => void;
  addressLabel: string;
  addressHint: ReactNode;
  /** What is wrong with a field of the hub's, by its name there. */
  wrong: (field: string) => string | undefined;
  /** The camera that is changed; none for a new one. */
  camera?: string;
}

/** The settings of a camera, the same for a new one and for one that is changed. */
export function CameraFields({ value, onChange, addressLabel, addressHint, wrong, camera }: Props) {
  const others = (useCameras().data?.items ?? []).filter((each) => each.camera !== camera);
  const taken = others.some((each) => sameName(each.name) === sameName(value.name));
  return (
    <>
      <TextField
        label="Name"
        hint={
          taken
            ? "Another camera has this name: officers could not tell where somebody is."
            : "As officers know the place: North End, facing south."
        }
        value={value.name}
        onChange={(name) => onChange({ ...value, name })}
        wrong={wrong("name")}
      />
      <TextField
        label={addressLabel}
        hint={addressHint}
        value={value.address}
        onChange={(address) => onChange({ ...value, address })}
        wrong={wrong("address")}
      />
      <TextField
        label="Smallest face looked for, in pixels"
        hint="Smaller finds people further away and costs time; under 40 px recognition is poor."
        type="number"
        min={16}
        value={value.smallestFacePx}
        onChange={(smallestFacePx) => onChange({ ...value, smallestFacePx })}
        wrong={wrong("smallest_face_px")}
      />
    </>
  );
}

/** The whole pixels that were typed. */
export function wholePx(typed: string): number {
  return Math.trunc(Number(typed));
}
