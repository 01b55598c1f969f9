import { useQuery } from "@tanstack/react-query";
import { api, body, type Schemas } from "../api/client";
import { part } from "./part";

export type RecognitionTest = Schemas["RecognitionTestView"];

const LIVE_MS = 5_000;

/** The blue-list tests of a deployment, the newest first; an open one is read anew, for its alerts come in. */
export function useRecognitionTests(deployment: string) {
  return useQuery({
    queryKey: recognitionKey(deployment),
    queryFn: async () =>
      body(
        await api.GET("/api/v1/deployments/{deployment}/recognition-tests", { params: { path: { deployment } } }),
      ).toReversed(),
    refetchInterval: (query) => (query.state.data?.some((each) => each.ended_at === null) ? LIVE_MS : 6 * LIVE_MS),
  });
}

export function recognitionKey(deployment: string): readonly string[] {
  return ["deployment", deployment, "recognition tests"];
}

/** "12 of 14 passages recognised: 85.7% (57.2% to 98.2% with 95% confidence)". */
export function inWords({ rate }: RecognitionTest): string {
  if (rate.rate === null) return "No passage is counted yet.";
  return (
    `${rate.recognised} of ${rate.passages} passages recognised: ${part(rate.rate)} ` +
    `(${part(rate.low)} to ${part(rate.high)} with 95% confidence)`
  );
}
