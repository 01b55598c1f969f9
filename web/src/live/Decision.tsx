import { useState } from "react";
import { ToggleButton } from "react-aria-components";
import { sentenceOf } from "../api/problem";
import { useVocabulary } from "../api/vocabulary";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { hasKeys } from "../ui/preferences";
import { ProblemNotice } from "../ui/States";
import { useToast } from "../ui/Toasts";
import { JUDGEMENTS, type Judgement, type Reason, reasonChoices, toggled } from "./decision";
import { useKeys } from "./keys";

interface Props {
  onDecide: (judgement: Judgement, reasons: Reason[], note: string) => Promise<void>;
}

/** First what one sees, then why, then Enter. What was chosen stays when the hub refuses. */
export function Decision({ onDecide }: Props) {
  const say = useToast();
  const reasons = reasonChoices(useVocabulary().data);
  const [judgement, setJudgement] = useState<Judgement | null>(null);
  const [chosen, setChosen] = useState<readonly Reason[]>([]);
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);

  const send = async () => {
    if (!judgement || busy) return;
    if (chosen.length === 0) {
      say("Choose at least one reason first.", "warn");
      return;
    }
    setBusy(true);
    setProblem(null);
    try {
      await onDecide(judgement, [...chosen], note);
    } catch (error) {
      setProblem(error);
      say(sentenceOf(error), "bad");
    } finally {
      setBusy(false);
    }
  };
  useKeys(
    {
      ...Object.fromEntries(JUDGEMENTS.map((each) => [each.key, () => setJudgement(each.judgement)])),
      ...(judgement
        ? {
            ...Object.fromEntries(
              reasons.map((each) => [each.letter, () => setChosen((now) => toggled(now, each.id))]),
            ),
            Enter: () => void send(),
          }
        : {}),
    },
    hasKeys(),
  );
  return (
    <form
      className="decision"
      data-chosen={judgement ?? undefined}
      aria-label="Your judgement"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
      onKeyDownCapture={(event) => {
        // Space chooses what has the focus; Enter sends, wherever the focus is.
        if (event.key !== "Enter" || !judgement) return;
        event.preventDefault();
        event.stopPropagation();
        void send();
      }}
    >
      <div className="decision-keys">
        {JUDGEMENTS.map((each) => (
          <ToggleButton
            key={each.judgement}
            className="button decision-key"
            data-judgement={each.judgement}
            isSelected={judgement === each.judgement}
            onChange={() => setJudgement(each.judgement)}
          >
            <kbd>{each.key}</kbd>
            <span>
              <strong>{each.words}</strong>
              <span className="small">{each.means}</span>
            </span>
          </ToggleButton>
        ))}
      </div>
      {!judgement && <p className="decision-next soft small">Then say why. Nothing is sent before you have.</p>}
      {judgement && (
        <>
          <fieldset className="reasons">
            <legend className="small">Why?</legend>
            {reasons.map((each) => (
              <ToggleButton
                key={each.id}
                className="reason"
                isSelected={chosen.includes(each.id)}
                onChange={() => setChosen((now) => toggled(now, each.id))}
              >
                {each.letter && <kbd>{each.letter}</kbd>}
                {each.words}
              </ToggleButton>
            ))}
          </fieldset>
          {problem !== null && <ProblemNotice problem={problem} />}
          <div className="decision-send">
            <TextField label="Note (optional)" value={note} onChange={setNote} />
            <Button type="submit" kind="primary" isDisabled={busy || chosen.length === 0}>
              Give judgement <kbd>Enter</kbd>
            </Button>
          </div>
        </>
      )}
    </form>
  );
}
