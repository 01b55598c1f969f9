import { Badge, type Tone } from "../ui/States";
import type { State } from "./queries";

const TONES: Partial<Record<State, Tone>> = {
  live: "bad",
  paused: "warn",
  submitted: "accent",
  authorised: "accent",
  rejected: "warn",
  reported: "good",
  reviewed: "good",
};

export function StateBadge({ state }: { state: State }) {
  return <Badge tone={TONES[state]}>{state}</Badge>;
}

export function RehearsalBadge() {
  return <Badge tone="warn">rehearsal</Badge>;
}
