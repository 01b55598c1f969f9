import { actWords, capital, useVocabulary } from "../api/vocabulary";
import { Badge } from "../ui/States";

/** What was done, in the words of the rules, and whether it was refused. */
export function Deed({ act, refused }: { act: string; refused: boolean }) {
  return (
    <span className="row">
      {capital(actWords(useVocabulary().data, act))}
      {refused && <Badge tone="warn">refused</Badge>}
    </span>
  );
}
