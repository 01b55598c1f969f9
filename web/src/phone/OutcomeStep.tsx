import { useState } from "react";
import { choices, useVocabulary } from "../api/vocabulary";
import { useHubClock } from "../live/queries";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { BigChoice, BigChoices } from "./BigChoice";
import type { Outcome } from "./decisions";
import { useHeard } from "./PhoneState";

type Happened = "information_given" | "force_used" | "fingerprints_requested";
const HAPPENED: readonly { id: Happened; text: string }[] = [
  { id: "information_given", text: "Told why, leaflet given" },
  { id: "force_used", text: "Force used" },
  { id: "fingerprints_requested", text: "Fingerprints asked for" },
];

interface Props {
  deployment: string;
  onDone: (outcome: Outcome) => Promise<void>;
}

/** What the engagement showed and what came of it: a tap each, and words only where there is something to say. */
export function OutcomeStep({ deployment, onDone }: Props) {
  const vocabulary = useVocabulary().data;
  const clock = useHubClock(deployment);
  const heard = useHeard();
  const [identity, setIdentity] = useState<string | null>(null);
  const [method, setMethod] = useState<string | null>(null);
  const [outcome, setOutcome] = useState<string | null>(null);
  const [groups, setGroups] = useState<string[]>([]);
  const [happened, setHappened] = useState<Happened[]>([]);
  const [powers, setPowers] = useState("");
  const [complaint, setComplaint] = useState("");
  const [note, setNote] = useState("");
  const arrest = outcome === "arrest";
  const unchecked = method === "not checked" && identity !== null && identity !== "could not be established";
  const complete = identity && method && outcome && (!arrest || groups.length > 0) && !unchecked;

  return (
    <div className="stack">
      <BigChoice
        label="The person…"
        options={choices(vocabulary, "identities")}
        value={identity}
        onChange={setIdentity}
      />
      {identity && (
        <BigChoice
          label="Checked by"
          options={choices(vocabulary, "identity_methods")}
          value={method}
          onChange={setMethod}
        />
      )}
      {unchecked && <p className="wrong">Say how identity was checked, or that it could not be established.</p>}
      {method && (
        <BigChoice label="Outcome" options={choices(vocabulary, "outcomes")} value={outcome} onChange={setOutcome} />
      )}
      {arrest && (
        <BigChoices
          label="For what? At least one."
          options={choices(vocabulary, "offence_groups")}
          value={groups}
          onChange={setGroups}
        />
      )}
      {outcome && <BigChoices label="What happened" options={HAPPENED} value={happened} onChange={setHappened} />}
      {outcome && (
        <details className="phone-more">
          <summary>Powers, complaint, note</summary>
          <div className="stack tight">
            {!heard && (
              <p className="soft small">
                Without a connection these words stay in memory only: keep the program open until they are sent.
              </p>
            )}
            <TextField label="Powers used" value={powers} onChange={setPowers} />
            <TextField label="Complaint reference" value={complaint} onChange={setComplaint} />
            <TextField label="Note" lines={3} value={note} onChange={setNote} />
          </div>
        </details>
      )}
      <div className="phone-send">
        <Button
          kind="primary"
          size="big"
          wide
          isDisabled={!complete}
          onPress={() =>
            void onDone({
              identity: identity as Outcome["identity"],
              identity_method: method as Outcome["identity_method"],
              outcome: outcome as Outcome["outcome"],
              offence_groups: (arrest ? groups : []) as Outcome["offence_groups"],
              ended_at: new Date(clock()).toISOString(),
              information_given: happened.includes("information_given"),
              powers_used: powers,
              force_used: happened.includes("force_used"),
              fingerprints_requested: happened.includes("fingerprints_requested"),
              complaint_reference: complaint.trim() || null,
              note,
            })
          }
        >
          Record the outcome
        </Button>
      </div>
    </div>
  );
}
