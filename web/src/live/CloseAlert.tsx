import { useState } from "react";
import { api, body } from "../api/client";
import { choices, useVocabulary } from "../api/vocabulary";
import { ConfirmDialog } from "../ui/Dialog";
import { RadioGroup, TextField } from "../ui/Field";
import type { Summary } from "./queue";

interface Props {
  isOpen: boolean;
  onClose: () => void;
  summary: Summary;
  onActed: (after: Summary) => Promise<void>;
}

/** Closes an alert on which nobody is approached, with the reason why. */
export function CloseAlert({ isOpen, onClose, summary, onActed }: Props) {
  const reasons = choices(useVocabulary().data, "adjudication_reasons");
  const [reason, setReason] = useState<string | null>(null);
  const [words, setWords] = useState("");
  const whole = [reason, words.trim()].filter(Boolean).join(". ");
  return (
    <ConfirmDialog
      title="Close without engaging"
      act="Close the alert"
      isOpen={isOpen}
      onClose={onClose}
      isDisabled={!whole}
      onConfirm={async () =>
        onActed(
          body(
            await api.POST("/api/v1/alerts/{alert}/close", {
              params: { path: { alert: summary.alert } },
              body: { version: summary.version, reason: whole },
            }),
          ),
        )
      }
    >
      <p>Nobody is approached on this alert, and it is closed for good. The reason stays in its record.</p>
      <RadioGroup label="Reason" value={reason} onChange={setReason} options={reasons} />
      <TextField label="In your own words (optional)" value={words} onChange={setWords} />
    </ConfirmDialog>
  );
}
