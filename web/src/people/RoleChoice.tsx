import { choices, useVocabulary } from "../api/vocabulary";
import type { Role } from "../session/session";
import { CheckboxGroup } from "../ui/Field";

/** The roles there are, with what needs training marked. */
export function RoleChoice({ value, onChange }: { value: readonly Role[]; onChange: (roles: Role[]) => void }) {
  const vocabulary = useVocabulary().data;
  const live = new Set<string>(vocabulary?.live_roles ?? []);
  return (
    <CheckboxGroup
      label="Roles"
      value={value}
      onChange={(roles) => onChange(roles as Role[])}
      options={choices(vocabulary, "roles").map((each) => ({
        ...each,
        ...(live.has(each.id) ? { hint: "needs training in force" } : {}),
      }))}
    />
  );
}
