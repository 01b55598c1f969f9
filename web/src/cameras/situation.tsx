import type { Schemas } from "../api/client";
import { Badge, type Tone } from "../ui/States";

export type CameraView = Schemas["CameraView"];

const TONES: Record<NonNullable<CameraView["situation"]>, Tone | undefined> = {
  idle: undefined,
  waiting: "accent",
  armed: "good",
  degraded: "warn",
  checking: "accent",
  lost: "bad",
};

export function Situation({ of }: { of: CameraView["situation"] }) {
  return of ? <Badge tone={TONES[of]}>{of}</Badge> : <Badge tone="warn">not heard</Badge>;
}
