import { ChevronDown } from "lucide-react";
import type { ReactNode } from "react";
import {
  Checkbox as AriaCheckbox,
  CheckboxGroup as AriaCheckboxGroup,
  Radio as AriaRadio,
  RadioGroup as AriaRadioGroup,
  Select as AriaSelect,
  TextField as AriaTextField,
  Button,
  FieldError,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  SelectValue,
  Text,
  TextArea,
} from "react-aria-components";

interface Common {
  label: string;
  hint?: ReactNode;
  /** What is wrong with the value, in a sentence; nothing typed is ever lost for it. */
  wrong?: string | undefined;
  isRequired?: boolean;
  isDisabled?: boolean;
}

function Below({ hint, wrong }: Pick<Common, "hint" | "wrong">) {
  return (
    <>
      {hint && (
        <Text slot="description" className="hint">
          {hint}
        </Text>
      )}
      <FieldError className="wrong">{wrong}</FieldError>
    </>
  );
}

interface TextProps extends Common {
  value: string;
  onChange: (value: string) => void;
  type?: "text" | "password" | "email" | "number" | "date" | "datetime-local" | "search" | "url" | "tel";
  autoComplete?: string;
  inputMode?: "numeric" | "decimal" | "text";
  autoFocus?: boolean;
  maxLength?: number;
  name?: string;
  lines?: number;
  min?: string | number;
  max?: string | number;
  step?: string | number;
}

export function TextField({ label, hint, wrong, lines, min, max, step, ...props }: TextProps) {
  return (
    <AriaTextField {...props} className="field" isInvalid={Boolean(wrong)} validationBehavior="aria">
      <Label>{label}</Label>
      {lines ? (
        <TextArea className="input" rows={lines} />
      ) : (
        <Input className="input" min={min} max={max} step={step} />
      )}
      <Below hint={hint} wrong={wrong} />
    </AriaTextField>
  );
}

export interface Option {
  id: string;
  text: string;
  hint?: string;
}

interface SelectProps extends Common {
  value: string | null;
  onChange: (value: string) => void;
  options: readonly Option[];
  placeholder?: string;
}

export function Select({ label, hint, wrong, options, value, onChange, placeholder, ...props }: SelectProps) {
  return (
    <AriaSelect
      {...props}
      // Without options it would not open, and not say why: while they are loaded, or where there are none.
      isDisabled={props.isDisabled || options.length === 0}
      className="field"
      isInvalid={Boolean(wrong)}
      validationBehavior="aria"
      selectedKey={value}
      onSelectionChange={(key) => onChange(String(key))}
      placeholder={placeholder ?? "Choose…"}
    >
      <Label>{label}</Label>
      <Button className="input select-button">
        <SelectValue />
        <ChevronDown size={16} aria-hidden />
      </Button>
      <Below hint={hint} wrong={wrong} />
      <Popover className="popover">
        <ListBox>
          {options.map((each) => (
            <ListBoxItem key={each.id} id={each.id} className="option" textValue={each.text}>
              <Text slot="label">{each.text}</Text>
              {each.hint && (
                <Text slot="description" className="soft small">
                  {` ${each.hint}`}
                </Text>
              )}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}

interface CheckboxProps {
  children: ReactNode;
  isSelected: boolean;
  onChange: (selected: boolean) => void;
  isDisabled?: boolean;
}

export function Checkbox({ children, ...props }: CheckboxProps) {
  return (
    <AriaCheckbox {...props} className="choice">
      <span className="mark" aria-hidden />
      <span>{children}</span>
    </AriaCheckbox>
  );
}

interface ManyProps extends Common {
  value: readonly string[];
  onChange: (value: string[]) => void;
  options: readonly Option[];
}

export function CheckboxGroup({ label, hint, wrong, options, value, ...props }: ManyProps) {
  return (
    <AriaCheckboxGroup
      {...props}
      value={[...value]}
      className="field"
      isInvalid={Boolean(wrong)}
      validationBehavior="aria"
    >
      <Label className="label">{label}</Label>
      {options.map((each) => (
        <AriaCheckbox key={each.id} value={each.id} className="choice">
          <span className="mark" aria-hidden />
          <span>
            {each.text}
            {each.hint && <span className="soft small"> {each.hint}</span>}
          </span>
        </AriaCheckbox>
      ))}
      <Below hint={hint} wrong={wrong} />
    </AriaCheckboxGroup>
  );
}

interface OneProps extends Common {
  value: string | null;
  onChange: (value: string) => void;
  options: readonly Option[];
}

export function RadioGroup({ label, hint, wrong, options, ...props }: OneProps) {
  return (
    <AriaRadioGroup {...props} className="field" isInvalid={Boolean(wrong)} validationBehavior="aria">
      <Label className="label">{label}</Label>
      {options.map((each) => (
        <AriaRadio key={each.id} value={each.id} className="choice round">
          <span className="mark" aria-hidden />
          <span>
            {each.text}
            {each.hint && <span className="soft small"> {each.hint}</span>}
          </span>
        </AriaRadio>
      ))}
      <Below hint={hint} wrong={wrong} />
    </AriaRadioGroup>
  );
}
