import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../api/client";
import { Button } from "../ui/Button";
import { CheckboxGroup, TextField } from "../ui/Field";
import { namesToTick, type Reach, sameName } from "./reach";

interface Props {
  value: Reach;
  onChange: (reach: Reach) => void;
  wrong?: (field: string) => string | undefined;
}

/** The forces and sites to which somebody's rights are limited: those named on this hub, or others yet to come. */
export function ReachChoice({ value, onChange, wrong }: Props) {
  const inUse = useQuery({
    queryKey: ["people", "places"],
    queryFn: async () => body(await api.GET("/api/v1/people/places")),
  }).data;
  return (
    <>
      <Names
        label="Only these forces"
        hint="None ticked: every force on this hub."
        other="Another force"
        inUse={inUse?.forces ?? []}
        value={value.forces}
        onChange={(forces) => onChange({ ...value, forces })}
        wrong={wrong?.("forces")}
      />
      <Names
        label="Only these sites"
        hint="None ticked: every site of those forces."
        other="Another site"
        inUse={inUse?.sites ?? []}
        value={value.sites}
        onChange={(sites) => onChange({ ...value, sites })}
        wrong={wrong?.("sites")}
      />
    </>
  );
}

interface NamesProps {
  label: string;
  hint: string;
  other: string;
  inUse: readonly string[];
  value: readonly string[];
  onChange: (names: string[]) => void;
  wrong: string | undefined;
}

function Names({ label, hint, other, inUse, value, onChange, wrong }: NamesProps) {
  const [typed, setTyped] = useState("");
  const [added, setAdded] = useState<string[]>([]);
  const names = namesToTick([...added, ...inUse], value);
  const add = () => {
    const name = typed.trim();
    const there = names.find((each) => sameName(each) === sameName(name)) ?? name;
    // What was ticked off again stays in the list, so that one wrong press does not cost the typing.
    setAdded([...added, there]);
    if (!value.includes(there)) onChange([...value, there]);
    setTyped("");
  };
  return (
    <div className="stack">
      <CheckboxGroup
        label={label}
        hint={hint}
        wrong={wrong}
        value={value}
        onChange={onChange}
        options={names.map((name) => ({ id: name, text: name }))}
      />
      <div className="row low">
        <TextField label={other} value={typed} onChange={setTyped} maxLength={500} />
        <Button isDisabled={!typed.trim()} onPress={add}>
          Add to the list
        </Button>
      </div>
    </div>
  );
}
