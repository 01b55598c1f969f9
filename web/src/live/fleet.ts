import { useUpdates } from "../api/Events";
import type { Tone } from "../ui/States";

/** What a camera does now, in the words of its node; "unheard" while its node is silent. */
export interface CameraNow {
  situation: string;
  reason: string;
  analysedPerSecond: number;
  issues: readonly string[];
}

interface Fleet {
  nodes?: readonly {
    node: string;
    situation: string;
    complaint: string;
    cameras: readonly {
      camera: string;
      situation: string;
      reason: string;
      analysed_per_s: number;
      issues: readonly string[];
    }[];
  }[];
}

const UNHEARD: CameraNow = {
  situation: "unheard",
  reason: "Its node has not been heard from. It stops by itself when its orders run out.",
  analysedPerSecond: 0,
  issues: [],
};

export function cameraNow(fleet: unknown, node: string, camera: string): CameraNow {
  const found = (fleet as Fleet | null)?.nodes?.find((each) => each.node === node);
  if (!found || found.situation === "silent") return UNHEARD;
  const seen = found.cameras.find((each) => each.camera === camera);
  if (!seen) return { ...UNHEARD, situation: "idle", reason: found.complaint || "Its node has no orders for it." };
  return {
    situation: seen.situation,
    reason: seen.reason || found.complaint,
    analysedPerSecond: seen.analysed_per_s,
    issues: seen.issues,
  };
}

export function useCameraNow(node: string, camera: string): CameraNow {
  return cameraNow(useUpdates().fleet, node, camera);
}

const TONES: Record<string, Tone> = { armed: "good", degraded: "warn", waiting: "accent", lost: "bad", unheard: "bad" };

export function toneOf(situation: string): Tone | undefined {
  return TONES[situation];
}
