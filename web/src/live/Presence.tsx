import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../api/client";
import { sentenceOf } from "../api/problem";
import { useFigures, type View } from "../deployments/queries";
import { useSession } from "../session/session";
import { Button } from "../ui/Button";
import { Badge } from "../ui/States";
import { span, useNow } from "../ui/Time";
import { useToast } from "../ui/Toasts";

/** With less left than this, whoever is there is asked to confirm it. */
const ASK_AGAIN_MS = 5 * 60_000;

/** The buttons to say that one is there, and a warning where nobody is: cameras run only while somebody is. */
export function Presence({ view, big }: { view: View; big?: boolean }) {
  const { session } = useSession();
  const { deployment, state } = view.summary;
  const figures = useFigures(deployment).data;
  const queries = useQueryClient();
  const say = useToast();
  const now = useNow();
  const [busy, setBusy] = useState(false);
  const officers = figures?.officers ?? view.officers;
  const there = officers.filter((each) => each.counts).length;
  const self = officers.find((each) => each.officer === session.staff);
  const left = self ? Date.parse(self.counts_until) - now : 0;

  const act = async (which: "check-in" | "check-out") => {
    setBusy(true);
    try {
      const at = { params: { path: { deployment } } };
      if (which === "check-in") body(await api.POST("/api/v1/deployments/{deployment}/check-in", at));
      else body(await api.POST("/api/v1/deployments/{deployment}/check-out", at));
      say(which === "check-in" ? "You are checked in." : "You are checked out.");
      await queries.invalidateQueries({ queryKey: ["deployment", deployment] });
    } catch (problem) {
      say(sentenceOf(problem), "bad");
    } finally {
      setBusy(false);
    }
  };

  const mayCheckIn = view.open_acts.includes("CHECK_IN") && view.summary.officers.includes(session.staff);
  const size = big ? ({ size: "big" } as const) : {};
  return (
    <div className="row presence">
      {(there === 0 || big) && (
        <Badge tone={there ? "good" : state === "live" ? "bad" : "warn"}>
          {there ? `${there} ${there === 1 ? "officer" : "officers"} there` : "nobody checked in: cameras do not look"}
        </Badge>
      )}
      {mayCheckIn && self && (
        <>
          <Button
            {...size}
            kind={left < ASK_AGAIN_MS ? "primary" : undefined}
            isDisabled={busy}
            onPress={() => void act("check-in")}
          >
            Still here <span className="number small">{left > 0 ? span(left) : "run out"}</span>
          </Button>
          <Button {...size} isDisabled={busy} onPress={() => void act("check-out")}>
            Check out
          </Button>
        </>
      )}
      {mayCheckIn && !self && (
        <Button {...size} kind="primary" isDisabled={busy} onPress={() => void act("check-in")}>
          Check in
        </Button>
      )}
    </div>
  );
}
