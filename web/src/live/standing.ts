import { api, body, type Schemas } from "../api/client";
import type { HubEvent } from "../api/events";
import { judgedBy } from "./queue";

type AlertView = Schemas["AlertView"];
type Standing = Schemas["AlertStanding"];

/** How an alert stands and what may be done with it: nothing about the person, so it is no look in the audit log. */
export async function standingOf(alert: string): Promise<Standing> {
  return body(await api.GET("/api/v1/alerts/{alert}/summary", { params: { path: { alert } } }));
}

/** What was read of an alert, as it stands since; an answer that was overtaken changes nothing. */
export function asItStands(view: AlertView, { open_acts, ...summary }: Standing): AlertView {
  return summary.version < view.summary.version ? view : { ...view, summary, open_acts };
}

/** Whether something joined an alert that only another look shows: later shots, and which way the person went. */
export function addsPictures(event: HubEvent): boolean {
  return event.act === "ADD_SHOTS";
}

/** Whether the score was withheld until this person had judged, and now they have. */
export function mayShowScore(view: AlertView, staff: string): boolean {
  return view.blind && judgedBy(view.summary, staff) !== undefined;
}
