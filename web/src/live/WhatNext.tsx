import { Check, CircleDot } from "lucide-react";
import type { ReactNode } from "react";
import { capital } from "../api/vocabulary";
import { Since, Time } from "../ui/Time";
import { Who } from "../ui/Who";
import { judgementWords } from "./decision";
import type { AlertView } from "./queries";
import { standing } from "./queue";

interface Step {
  words: ReactNode;
  state: "done" | "now" | "later";
}

/** Where an alert stands on its way from people's judgement to what came of it; each step appears as it is taken. */
export function WhatNext({ view }: { view: AlertView }) {
  return (
    <ol className="steps" aria-label="What happens next">
      {stepsOf(view).map((step, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: steps have no name but their place.
        <li key={place} data-state={step.state}>
          {step.state === "done" ? <Check aria-hidden /> : <CircleDot aria-hidden />}
          <span>{step.words}</span>
        </li>
      ))}
    </ol>
  );
}

function stepsOf({ summary, two_person: twoPerson }: AlertView): Step[] {
  const steps: Step[] = standing(summary).map((each) => ({
    state: "done",
    words: (
      <>
        Judged by <Who staff={each.by} />: <strong>{judgementWords(each.judgement)}</strong>
        {each.blind && ", before the score was shown"}, at <Time at={each.at} clock />.{" "}
        <span className="soft small">{capital(each.reasons.join("; "))}</span>
      </>
    ),
  }));
  if (summary.state === "expired") return [...steps, { state: "done", words: "Expired: nobody answered in time." }];
  if (summary.decided === "no match") return [...steps, { state: "done", words: "Closed: a different person." }];
  if (summary.decided !== "engage") {
    if (summary.state === "closed") return [...steps, { state: "done", words: "Closed without an engagement." }];
    const asked = twoPerson ? "A second person must say the same before anybody is approached." : "Not decided yet.";
    return [...steps, { state: "now", words: asked }];
  }
  steps.push({ state: "done", words: "The officers on the ground are told, with both pictures and the warnings." });
  if (!summary.engaged_by) {
    const over = summary.state === "closed";
    return [
      ...steps,
      over
        ? { state: "done", words: "Closed without an engagement." }
        : { state: "now", words: "Waiting for an officer to say that they engage." },
    ];
  }
  steps.push({
    state: "done",
    words: (
      <>
        Engaged by <Who staff={summary.engaged_by} /> since <Time at={summary.engaged_at} clock />
        {!summary.engagement && summary.engaged_at && (
          <>
            {" "}
            (<Since at={summary.engaged_at} />)
          </>
        )}
      </>
    ),
  });
  const { engagement } = summary;
  if (!engagement) return [...steps, { state: "now", words: "Waiting for what the engagement shows." }];
  return [
    ...steps,
    {
      state: "done",
      words: (
        <>
          The person <strong>{engagement.identity}</strong> ({engagement.identity_method});{" "}
          <strong>{engagement.outcome}</strong>.
        </>
      ),
    },
  ];
}
