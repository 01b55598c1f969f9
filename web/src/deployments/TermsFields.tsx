import { useQuery } from "@tanstack/react-query";
import { api, body } from "../api/client";
import { useColleagues, useNames } from "../api/colleagues";
import type { Problem } from "../api/problem";
import { choices, useVocabulary } from "../api/vocabulary";
import { useCameras } from "../cameras/CameraList";
import { Checkbox, CheckboxGroup, Select, TextField } from "../ui/Field";
import { LOCAL_TIME } from "../ui/Time";
import { fromLocal, toLocal } from "./moments";
import type { Form } from "./queries";

type Terms = Form["terms"];

interface Props {
  terms: Terms;
  onChange: (terms: Terms) => void;
  rehearsal: boolean;
  problem?: Problem | null;
}

const WHOLE_PICTURE = [
  { x: 0, y: 0 },
  { x: 1, y: 0 },
  { x: 1, y: 1 },
  { x: 0, y: 1 },
];

/** Who, where, when and how surely: what an authority fixes. */
export function TermsFields({ terms, onChange, rehearsal, problem }: Props) {
  const vocabulary = useVocabulary().data;
  const wrong = (field: string) => problem?.field(`terms.${field}`);
  const set = (change: Partial<Terms>) => onChange({ ...terms, ...change });
  const conditions = terms.conditions ?? {};
  return (
    <>
      <div className="grid-two">
        <TextField
          label="From"
          type="datetime-local"
          hint={LOCAL_TIME}
          value={toLocal(terms.window.start)}
          onChange={(start) => set({ window: { ...terms.window, start: fromLocal(start) ?? terms.window.start } })}
          wrong={wrong("window.start")}
        />
        <TextField
          label="To"
          type="datetime-local"
          hint={LOCAL_TIME}
          value={toLocal(terms.window.end)}
          onChange={(end) => set({ window: { ...terms.window, end: fromLocal(end) ?? terms.window.end } })}
          wrong={wrong("window.end")}
        />
      </div>
      <CameraChoice terms={terms} set={set} wrong={wrong("cameras")} />
      {!rehearsal && (
        <CheckboxGroup
          label="People looked for"
          value={terms.categories}
          onChange={(categories) => set({ categories: categories as Terms["categories"] })}
          options={choices(vocabulary, "categories")}
          wrong={wrong("categories")}
        />
      )}
      <CertificateChoice terms={terms} set={set} wrong={wrong("certificate") ?? wrong("setup")} />
      <div className="grid-two">
        <TextField
          label="Threshold"
          hint="Not below the lowest that the certificate allows."
          type="number"
          step={0.001}
          min={0}
          max={1}
          value={terms.threshold ? String(terms.threshold) : ""}
          onChange={(threshold) => set({ threshold: Number(threshold) })}
          wrong={wrong("threshold")}
        />
        <TextField
          label="Most people on the watchlist"
          type="number"
          min={1}
          value={String(terms.largest_watchlist)}
          onChange={(most) => set({ largest_watchlist: Math.trunc(Number(most)) })}
          wrong={wrong("largest_watchlist")}
        />
      </div>
      <OfficerChoice terms={terms} set={set} wrong={wrong("officers")} />
      <div className="field">
        <span className="label">Conditions</span>
        <Checkbox
          isSelected={conditions.blue_list_test ?? false}
          onChange={(blue_list_test) => set({ conditions: { ...conditions, blue_list_test } })}
        >
          Testers must be recognised before going live
        </Checkbox>
        <Checkbox
          isSelected={conditions.two_person_verification ?? false}
          onChange={(two_person_verification) => set({ conditions: { ...conditions, two_person_verification } })}
        >
          Two people must agree before anybody is approached
        </Checkbox>
        <Checkbox
          isSelected={conditions.advance_notice ?? false}
          onChange={(advance_notice) => set({ conditions: { ...conditions, advance_notice } })}
        >
          The public is told where and when beforehand
        </Checkbox>
      </div>
    </>
  );
}

interface Choosing {
  terms: Terms;
  set: (change: Partial<Terms>) => void;
  wrong: string | undefined;
}

function CameraChoice({ terms, set, wrong }: Choosing) {
  const cameras = useCameras();
  const known = new Map((cameras.data?.items ?? []).map((each) => [each.camera, each]));
  // A camera that is gone since stays chosen until somebody takes it out.
  const options = [
    ...[...known.values()].map((each) => ({ id: each.camera, text: each.name })),
    ...terms.cameras.filter((each) => !known.has(each.camera)).map((each) => ({ id: each.camera, text: each.name })),
  ];
  return (
    <CheckboxGroup
      label="Cameras"
      hint={options.length ? undefined : "An administrator enrols nodes and adds cameras first."}
      value={terms.cameras.map((each) => each.camera)}
      onChange={(chosen) =>
        set({
          cameras: chosen.flatMap((id) => {
            const before = terms.cameras.find((each) => each.camera === id);
            if (before) return [before];
            const camera = known.get(id);
            if (!camera) return [];
            const zone = camera.zone.length ? camera.zone : WHOLE_PICTURE;
            return [{ camera: camera.camera, node: camera.node, name: camera.name, zone }];
          }),
        })
      }
      options={options}
      wrong={wrong}
    />
  );
}

function CertificateChoice({ terms, set, wrong }: Choosing) {
  const certificates = useQuery({
    queryKey: ["certificates"],
    queryFn: async () => body(await api.GET("/api/v1/certificates")),
  });
  const items = certificates.data ?? [];
  return (
    <Select
      label="Threshold certificate"
      hint="It says for which models and list sizes a threshold was shown to be safe, and the lowest one."
      value={terms.certificate || null}
      onChange={(id) => {
        const chosen = items.find((each) => each.certificate === id);
        if (chosen) {
          const threshold = Math.max(terms.threshold, chosen.lowest_threshold);
          set({ certificate: id, setup: chosen.setup, threshold });
        }
      }}
      options={items.map((each) => ({
        id: each.certificate,
        text: `${each.setup.precision}, ${each.setup.fusion_rule}, up to ${each.largest_watchlist} people`,
        hint: `from ${each.lowest_threshold}`,
      }))}
      wrong={wrong}
    />
  );
}

function OfficerChoice({ terms, set, wrong }: Choosing) {
  const people = useColleagues();
  const name = useNames();
  const today = new Date().toISOString().slice(0, 10);
  // Who has no training in force could not check in.
  const known = (people.data ?? []).filter((each) => !each.closed && each.live_until && each.live_until >= today);
  const ids = new Set(known.map((each) => each.staff));
  const options = [
    ...known.map((each) => ({ id: each.staff, text: each.name })),
    ...terms.officers.filter((each) => !ids.has(each)).map((each) => ({ id: each, text: name(each) })),
  ];
  return (
    <CheckboxGroup
      label="Officers on duty"
      hint="Cameras run only while one of them has checked in lately."
      value={terms.officers}
      onChange={(officers) => set({ officers })}
      options={options}
      wrong={wrong}
    />
  );
}
