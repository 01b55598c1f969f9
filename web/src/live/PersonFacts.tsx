import { OctagonAlert } from "lucide-react";
import { Badge, Notice } from "../ui/States";
import { Day } from "../ui/Time";
import type { AlertView } from "./queries";

/** "3 years old", "8 months old": how old a picture was when the alert was captured. */
export function ageOf(takenOn: string, at: string): string {
  const months = Math.max(0, Math.floor((Date.parse(at) - Date.parse(takenOn)) / (30.44 * 86_400_000)));
  if (months < 24) return `${months} ${months === 1 ? "month" : "months"} old`;
  return `${Math.floor(months / 12)} years old`;
}

/** What is dangerous about approaching, or needs care; above everything else. */
export function Warnings({ person }: { person: AlertView["person"] }) {
  const { warning_markers: markers, look_alikes: lookAlikes } = person;
  return (
    <>
      {markers.length > 0 && (
        <div className="warning-markers" role="note" aria-label="Warning markers">
          <OctagonAlert aria-hidden />
          {markers.map((each) => (
            <strong key={each}>{each}</strong>
          ))}
        </div>
      )}
      {(person.under_18 || person.vulnerable) && (
        <div className="row">
          {person.under_18 && <Badge tone="warn">under 18</Badge>}
          {person.vulnerable && <Badge tone="warn">vulnerable</Badge>}
        </div>
      )}
      {lookAlikes.length > 0 && (
        <Notice tone="warn">
          <p>
            <strong>Known look-alike:</strong> {lookAlikes.join(", ")}. It may be them.
          </p>
        </Notice>
      )}
    </>
  );
}

/** Why this person is looked for. */
export function PersonFacts({ view }: { view: AlertView }) {
  const { person } = view;
  return (
    <dl className="facts person-facts">
      <dt>Name</dt>
      <dd>
        <strong>{person.name}</strong> <span className="soft small">{person.person}</span>
      </dd>
      <dt>Listed as</dt>
      <dd>{person.categories.join("; ") || "consenting tester"}</dd>
      {person.offence && (
        <>
          <dt>Offence</dt>
          <dd>{person.offence}</dd>
        </>
      )}
      <dt>Reason</dt>
      <dd>{person.reason}</dd>
      <dt>{view.candidates.length === 1 ? "Picture" : "Pictures"}</dt>
      <dd>
        {view.candidates.map(({ taken_on: on }, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: pictures of an alert have their number, and never change.
          <span key={place} className="fact-line">
            {ageOf(on, view.captured_at)}, <Day on={on} />
          </span>
        ))}
      </dd>
    </dl>
  );
}
