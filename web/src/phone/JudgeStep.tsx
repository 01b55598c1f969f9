import { useState } from "react";
import { capital, useVocabulary } from "../api/vocabulary";
import { JUDGEMENTS, type Judgement, type Reason, reasonChoices } from "../live/decision";
import { Button } from "../ui/Button";
import { BigChoice, BigChoices } from "./BigChoice";

interface Props {
  again?: boolean;
  isDisabled: boolean;
  onJudge: (choice: { judgement: Judgement; reasons: Reason[] }) => Promise<void>;
}

/** The officer's own judgement, before anybody is approached and without a score. */
export function JudgeStep({ again, isDisabled, onJudge }: Props) {
  const all = reasonChoices(useVocabulary().data);
  const [judgement, setJudgement] = useState<string | null>(null);
  const [reasons, setReasons] = useState<Reason[]>([]);
  const chosen = JUDGEMENTS.find((each) => each.judgement === judgement);
  return (
    <div className="stack tight">
      <p className="presumption">Most people who resemble somebody are somebody else. If in doubt, do not approach.</p>
      <BigChoice
        label={again ? "Judge again" : "Is this the same person?"}
        options={JUDGEMENTS.map((each) => ({ id: each.judgement, text: each.words }))}
        value={judgement}
        onChange={setJudgement}
      />
      {chosen && (
        <BigChoices
          label="Why? At least one."
          options={all.map((each) => ({ id: each.id, text: capital(each.words) }))}
          value={reasons}
          onChange={setReasons}
        />
      )}
      {chosen && (
        <div className="phone-send">
          <Button
            kind="primary"
            size="big"
            wide
            isDisabled={isDisabled || reasons.length === 0}
            onPress={() => void onJudge({ judgement: chosen.judgement, reasons })}
          >
            {chosen.words}: {chosen.means.toLowerCase()}
          </Button>
        </div>
      )}
    </div>
  );
}
