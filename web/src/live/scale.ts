import type { CSSProperties } from "react";
import type { Schemas } from "../api/client";

export type Face = Schemas["FaceView"];

/** How high a face is drawn at zoom 1, in shares of its frame: the portraits of the list then fill it. */
const FACE_IN_FRAME = 1 / 1.8;

/** A picture drawn so that its face lies in the middle of its frame, as high as every other face at this zoom. */
export function atScale(face: Face, zoom: number, shift = { x: 0, y: 0 }): CSSProperties {
  return {
    height: `${(100 * FACE_IN_FRAME * zoom) / face.height}%`,
    transform: `translate(calc(${-100 * face.x}% + ${shift.x}px), calc(${-100 * face.y}% + ${shift.y}px))`,
  };
}
