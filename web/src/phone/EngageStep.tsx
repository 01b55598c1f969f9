import { useState } from "react";
import { choices, useVocabulary } from "../api/vocabulary";
import { Button } from "../ui/Button";
import { Notice } from "../ui/States";
import { BigChoice } from "./BigChoice";
import type { Act } from "./decisions";

/** Approach, or not: it was said that it is the same person, and the officer in front of them decides. */
export function EngageStep({ judged, onAct }: { judged: boolean; onAct: (act: Act) => Promise<void> }) {
  const [leaving, setLeaving] = useState(false);
  return (
    <div className="stack tight">
      <Notice tone="good">
        <p>
          <strong>Judged to be the same person.</strong>{" "}
          {judged
            ? "An alert is no ground to arrest anybody: find out who it is."
            : "Look for yourself before you approach."}
        </p>
      </Notice>
      {leaving ? (
        <Leave onAct={onAct} onBack={() => setLeaving(false)} />
      ) : (
        <>
          <Button kind="primary" size="big" wide onPress={() => void onAct({ act: "engage" })}>
            {judged ? "I am engaging" : "I see the same person: I am engaging"}
          </Button>
          <Button size="big" wide onPress={() => setLeaving(true)}>
            Not engaging
          </Button>
        </>
      )}
    </div>
  );
}

function Leave({ onAct, onBack }: { onAct: (act: Act) => Promise<void>; onBack: () => void }) {
  const reasons = choices(useVocabulary().data, "adjudication_reasons");
  const [reason, setReason] = useState<string | null>(null);
  return (
    <div className="stack tight">
      <BigChoice label="Why is nobody approached?" options={reasons} value={reason} onChange={setReason} />
      <div className="phone-send">
        <Button size="big" onPress={onBack}>
          Back
        </Button>
        <Button
          kind="primary"
          size="big"
          isDisabled={!reason}
          onPress={() => reason && void onAct({ act: "close", reason })}
        >
          Close the alert
        </Button>
      </div>
    </div>
  );
}
