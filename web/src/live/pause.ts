import { useQueryClient } from "@tanstack/react-query";
import { api, body } from "../api/client";
import { sentenceOf } from "../api/problem";
import type { View } from "../deployments/queries";
import { useToast } from "../ui/Toasts";

/** Pauses at once and asks nothing: stopping must never wait. */
export function usePause(view: View | undefined): { possible: boolean; now: () => Promise<void> } {
  const queries = useQueryClient();
  const say = useToast();
  const possible = view?.open_acts.includes("PAUSE_DEPLOYMENT") ?? false;
  return {
    possible,
    now: async () => {
      if (!possible || !view) return;
      const { deployment, site } = view.summary;
      try {
        body(await api.POST("/api/v1/deployments/{deployment}/pause", { params: { path: { deployment } }, body: {} }));
        say(`${site} is paused: no camera looks for anybody.`, "warn");
        await queries.invalidateQueries({ queryKey: ["deployment", deployment] });
      } catch (problem) {
        say(sentenceOf(problem), "bad");
      }
    },
  };
}
