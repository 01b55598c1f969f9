import { api, body } from "../api/client";
import type { Form, View } from "./queries";

/** What a person fills in before an act is asked for. */
export interface Filled {
  reason: string;
  external: string;
  watchlist: string;
  signage: boolean;
  briefing: boolean;
  cameras: boolean;
  passages: string;
  recognised: string;
  stopped: boolean;
  terms: Form["terms"];
}

type Need = "reason" | "optional reason" | "decision" | "watchlist" | "readiness" | "ending";

export interface ActOffer {
  /** The act as the audit log names it. */
  act: string;
  verb: string;
  /** What will happen, told before it does. */
  says: string;
  need?: Need;
  danger?: boolean;
  primary?: boolean;
  send: (view: View, filled: Filled) => Promise<unknown>;
}

function at(view: View) {
  return { params: { path: { deployment: view.summary.deployment } } };
}

function seen(view: View) {
  return { version: view.summary.version };
}

function withReason(view: View, filled: Filled) {
  return { version: view.summary.version, reason: filled.reason };
}

function decided(view: View, filled: Filled) {
  return { ...withReason(view, filled), terms: filled.terms, external_reference: filled.external || null };
}

const whole = (text: string) => Number.parseInt(text || "0", 10) || 0;

/** Every act on a deployment, in the order of its life. Which of them are offered is the hub's word (`open_acts`). */
export const ACTS: readonly ActOffer[] = [
  {
    act: "SUBMIT_APPLICATION",
    verb: "Submit",
    says: "The application goes to an authorising officer. You can withdraw it until it is decided.",
    primary: true,
    send: async (view) =>
      body(await api.POST("/api/v1/deployments/{deployment}/submit", { ...at(view), body: seen(view) })),
  },
  {
    act: "WITHDRAW_APPLICATION",
    verb: "Withdraw",
    says: "The application goes back to draft, and nobody decides on it.",
    send: async (view) =>
      body(await api.POST("/api/v1/deployments/{deployment}/withdraw", { ...at(view), body: seen(view) })),
  },
  {
    act: "AUTHORISE_DEPLOYMENT",
    verb: "Authorise",
    says: "You give the written authority, signed by the hub: these people, this place, this time, this threshold.",
    need: "decision",
    primary: true,
    send: async (view, filled) =>
      body(await api.POST("/api/v1/deployments/{deployment}/authorise", { ...at(view), body: decided(view, filled) })),
  },
  {
    act: "AUTHORISE_URGENTLY",
    verb: "Authorise urgently",
    says: "Only where waiting would do harm. Unless an authorising officer confirms in time, everything stops and is deleted.",
    need: "decision",
    send: async (view, filled) =>
      body(
        await api.POST("/api/v1/deployments/{deployment}/authorise-urgently", {
          ...at(view),
          body: decided(view, filled),
        }),
      ),
  },
  {
    act: "REVIEW_URGENT_AUTHORITY",
    verb: "Confirm urgent authority",
    says: "The urgent authority becomes a written one.",
    need: "decision",
    primary: true,
    send: async (view, filled) =>
      body(
        await api.POST("/api/v1/deployments/{deployment}/confirm-urgent", { ...at(view), body: decided(view, filled) }),
      ),
  },
  {
    act: "REVIEW_URGENT_AUTHORITY",
    verb: "Refuse urgent authority",
    says: "The deployment stops at once, and everything of it is deleted.",
    need: "reason",
    danger: true,
    send: async (view, filled) =>
      body(
        await api.POST("/api/v1/deployments/{deployment}/refuse-urgent", {
          ...at(view),
          body: withReason(view, filled),
        }),
      ),
  },
  {
    act: "REJECT_DEPLOYMENT",
    verb: "Reject",
    says: "The application is refused for good; the applicant sees why.",
    need: "reason",
    danger: true,
    send: async (view, filled) =>
      body(await api.POST("/api/v1/deployments/{deployment}/reject", { ...at(view), body: withReason(view, filled) })),
  },
  {
    act: "CHANGE_AUTHORITY",
    verb: "Change the authority",
    says: "A new signed decision replaces the terms; cameras get it at once.",
    need: "decision",
    send: async (view, filled) =>
      body(
        await api.POST("/api/v1/deployments/{deployment}/change-authority", {
          ...at(view),
          body: decided(view, filled),
        }),
      ),
  },
  {
    act: "REVOKE_AUTHORITY",
    verb: "Revoke",
    says: "The authority is taken back: cameras stop, the deployment ends, the watchlist is destroyed.",
    need: "reason",
    danger: true,
    send: async (view, filled) =>
      body(await api.POST("/api/v1/deployments/{deployment}/revoke", { ...at(view), body: withReason(view, filled) })),
  },
  {
    act: "ATTACH_WATCHLIST",
    verb: "Attach a watchlist",
    says: "The frozen list is bound to this deployment and handed, sealed, to the nodes of its cameras.",
    need: "watchlist",
    primary: true,
    send: async (view, filled) =>
      body(
        await api.POST("/api/v1/deployments/{deployment}/attach-watchlist", {
          ...at(view),
          body: { ...seen(view), watchlist: filled.watchlist },
        }),
      ),
  },
  {
    act: "RECORD_READINESS",
    verb: "Record readiness",
    says: "You state what was checked before going live. It stays in the record.",
    need: "readiness",
    primary: true,
    send: async (view, filled) =>
      body(
        await api.POST("/api/v1/deployments/{deployment}/record-readiness", {
          ...at(view),
          body: {
            ...seen(view),
            signage_in_place: filled.signage,
            briefing_held: filled.briefing,
            cameras_checked: filled.cameras,
            blue_list_passages: whole(filled.passages),
            blue_list_recognised: whole(filled.recognised),
          },
        }),
      ),
  },
  {
    act: "CHECK_IN",
    verb: "Check in",
    says: "You are there and on duty. Cameras run only while an officer on duty has said so lately.",
    send: async (view) => body(await api.POST("/api/v1/deployments/{deployment}/check-in", at(view))),
  },
  {
    act: "CHECK_OUT",
    verb: "Check out",
    says: "You leave. If nobody else on duty is checked in, the cameras stop.",
    send: async (view) => body(await api.POST("/api/v1/deployments/{deployment}/check-out", at(view))),
  },
  {
    act: "GO_LIVE",
    verb: "Go live",
    says: "The cameras of this deployment begin to look for the people on its watchlist.",
    primary: true,
    send: async (view) =>
      body(await api.POST("/api/v1/deployments/{deployment}/go-live", { ...at(view), body: seen(view) })),
  },
  {
    act: "PAUSE_DEPLOYMENT",
    verb: "Pause",
    says: "The cameras stop looking until the deployment is resumed.",
    send: async (view) => body(await api.POST("/api/v1/deployments/{deployment}/pause", { ...at(view), body: {} })),
  },
  {
    act: "RESUME_DEPLOYMENT",
    verb: "Resume",
    says: "The cameras look again. After a pause by the false-alert guard an authorising officer says why.",
    need: "optional reason",
    primary: true,
    send: async (view, filled) =>
      body(await api.POST("/api/v1/deployments/{deployment}/resume", { ...at(view), body: withReason(view, filled) })),
  },
  {
    act: "END_DEPLOYMENT",
    verb: "End",
    says: "The cameras stop, every node destroys the watchlist, and what must be deleted is deleted. It does not begin again.",
    need: "ending",
    danger: true,
    send: async (view, filled) =>
      body(await api.POST("/api/v1/deployments/{deployment}/end", { ...at(view), body: { stopped: filled.stopped } })),
  },
  {
    act: "REPORT_DEPLOYMENT",
    verb: "Close the record",
    says: "The figures become the published record; alerts can no longer come in.",
    primary: true,
    send: async (view) =>
      body(await api.POST("/api/v1/deployments/{deployment}/report", { ...at(view), body: seen(view) })),
  },
  {
    act: "REVIEW_DEPLOYMENT",
    verb: "Review",
    says: "You write what the deployment was worth. It closes the deployment.",
    need: "reason",
    primary: true,
    send: async (view, filled) =>
      body(
        await api.POST("/api/v1/deployments/{deployment}/review", {
          ...at(view),
          body: { ...seen(view), finding: filled.reason },
        }),
      ),
  },
];

/** The acts to offer somebody now: those the hub names as open, less what could only be refused; what ends comes last. */
export function offersFor(view: View, staff: string): readonly ActOffer[] {
  const open = new Set(view.open_acts);
  if (!view.summary.urgent_review_by) open.delete("REVIEW_URGENT_AUTHORITY");
  if (!view.summary.officers.includes(staff)) open.delete("CHECK_IN");
  if (!view.officers.some((each) => each.officer === staff)) open.delete("CHECK_OUT");
  return ACTS.filter((offer) => open.has(offer.act)).toSorted((a, b) => Number(a.danger ?? 0) - Number(b.danger ?? 0));
}

/** Which offer is the next step; a list that is attached already can be replaced, and seldom should be. */
export function isNextStep(offer: ActOffer, view: View): boolean {
  return offer.primary === true && !(offer.act === "ATTACH_WATCHLIST" && view.summary.watchlist);
}
