import type { Schemas } from "../api/client";
import { useSession } from "../session/session";
import { Select, TextField } from "../ui/Field";

export type Place = Schemas["PlaceForm"];

interface Props {
  value: Required<Place>;
  onChange: (place: Required<Place>) => void;
  /** What is wrong with a field of the hub's, by its name there. */
  wrong: (field: string) => string | undefined;
}

/** Whose camera it is: those whose rights are limited see it only where it is theirs. */
export function PlaceFields({ value, onChange, wrong }: Props) {
  const { reach } = useSession().session;
  return (
    <>
      <Named
        label="Force"
        hint="As applications name the controller; may stay empty on a hub of one force."
        within={reach.forces}
        value={value.force}
        onChange={(force) => onChange({ ...value, force })}
        wrong={wrong("force")}
      />
      <Named
        label="Site"
        hint="As applications name the location; may stay empty on a hub of one force."
        within={reach.sites}
        value={value.site}
        onChange={(site) => onChange({ ...value, site })}
        wrong={wrong("site")}
      />
    </>
  );
}

interface NamedProps {
  label: string;
  hint: string;
  /** The names that whoever sits here may give; none: any. */
  within: readonly string[];
  value: string;
  onChange: (name: string) => void;
  wrong: string | undefined;
}

function Named({ label, hint, within, value, onChange, wrong }: NamedProps) {
  if (!within.length)
    return <TextField label={label} hint={hint} value={value} onChange={onChange} wrong={wrong} maxLength={500} />;
  // A name that is spelt in another way is the same to the hub, and stays as it is until another one is chosen.
  const names = within.includes(value) || !value ? within : [value, ...within];
  return (
    <Select
      label={label}
      hint="One of those that your rights are limited to."
      value={value || null}
      onChange={onChange}
      options={names.map((name) => ({ id: name, text: name }))}
      wrong={wrong}
    />
  );
}

/** The place to begin with: the only one that whoever sits here may name, where there is only one. */
export function useFirstPlace(): Required<Place> {
  const { forces, sites } = useSession().session.reach;
  const only = (names: readonly string[]) => (names.length === 1 ? (names[0] ?? "") : "");
  return { force: only(forces), site: only(sites) };
}
