import { Label, Radio, RadioGroup, ToggleButton } from "react-aria-components";
import { toggled } from "../live/decision";
import type { Option } from "../ui/Field";

interface OneProps {
  label: string;
  options: readonly Option[];
  value: string | null;
  onChange: (value: string) => void;
}

/** One of several, each large enough for a thumb. */
export function BigChoice({ label, options, value, onChange }: OneProps) {
  return (
    <RadioGroup className="big-choice" value={value} onChange={onChange}>
      <Label className="big-label">{label}</Label>
      <div className="big-options">
        {options.map((each) => (
          <Radio key={each.id} value={each.id} className="big-option">
            {each.text}
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}

interface ManyProps<T extends string> {
  label: string;
  options: readonly { id: T; text: string }[];
  value: readonly T[];
  onChange: (value: T[]) => void;
}

/** Any of several, each large enough for a thumb. */
export function BigChoices<T extends string>({ label, options, value, onChange }: ManyProps<T>) {
  return (
    <fieldset className="big-choice">
      <legend className="big-label">{label}</legend>
      <div className="big-options">
        {options.map((each) => (
          <ToggleButton
            key={each.id}
            className="big-option"
            isSelected={value.includes(each.id)}
            onChange={() => onChange(toggled(value, each.id))}
          >
            {each.text}
          </ToggleButton>
        ))}
      </div>
    </fieldset>
  );
}
