import { api, body } from "../api/client";
import type { Hub } from "./outbox";

/** A network that answers no sooner is as good as none: the decision waits and goes again. */
const ANSWER_WITHIN_MS = 15_000;

/** The hub's own routes for what is done on a phone, decisions each with its Idempotency-Key. */
export const theHub: Hub = {
  send: async ({ alert, key, act, at }, version) => {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const params = { path: { alert }, header: { "idempotency-key": key } };
    switch (act.act) {
      case "mark-seen":
        return body(
          await api.POST("/api/v1/alerts/{alert}/mark-seen", { signal, params, body: { version, acted_at: at } }),
        );
      case "adjudicate": {
        const { judgement, reasons } = act;
        // On the phone the score is not shown before one has judged.
        const form = { version, judgement, reasons, note: "", blind: true, acted_at: at };
        return body(await api.POST("/api/v1/alerts/{alert}/adjudicate", { signal, params, body: form }));
      }
      case "engage":
        return body(
          await api.POST("/api/v1/alerts/{alert}/engage", { signal, params, body: { version, acted_at: at } }),
        );
      case "record-outcome": {
        const form = { ...act.outcome, version };
        return body(await api.POST("/api/v1/alerts/{alert}/record-outcome", { signal, params, body: form }));
      }
      case "close": {
        const form = { version, reason: act.reason, acted_at: at };
        return body(await api.POST("/api/v1/alerts/{alert}/close", { signal, params, body: form }));
      }
    }
  },
  count: async ({ test, tester, at }) => {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const form = { tester, passed_at: at };
    const path = "/api/v1/recognition-tests/{test}/count-passage";
    return body(await api.POST(path, { signal, params: { path: { test } }, body: form }));
  },
  summary: async (alert) => body(await api.GET("/api/v1/alerts/{alert}/summary", { params: { path: { alert } } })),
};
