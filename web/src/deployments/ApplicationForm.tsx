import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { api, body } from "../api/client";
import { Problem } from "../api/problem";
import { capital, choices, useVocabulary, type Vocabulary } from "../api/vocabulary";
import { Button } from "../ui/Button";
import { Checkbox, Select, TextField } from "../ui/Field";
import { Page, Panel } from "../ui/Page";
import { Loading, ProblemNotice, Shown } from "../ui/States";
import { useToast } from "../ui/Toasts";
import { AreaField } from "./AreaField";
import { type Form, useDeployment } from "./queries";
import { TermsFields } from "./TermsFields";

const HOUR = 3_600_000;

function emptyForm(vocabulary: Vocabulary): Form {
  const start = new Date(Math.ceil(Date.now() / HOUR) * HOUR + 24 * HOUR);
  const first = vocabulary.use_cases[0];
  if (!first) throw new Error("The hub names no use case.");
  return {
    controller: "",
    purpose: "",
    use_case: first.value,
    location: { name: "", zone: [], ground: first.ground, evidence: "" },
    terms: {
      cameras: [],
      window: { start: start.toISOString(), end: new Date(start.getTime() + 6 * HOUR).toISOString() },
      categories: [],
      threshold: 0,
      setup: { model_pack: "", precision: "", fusion_rule: "" },
      certificate: "",
      largest_watchlist: 1000,
      officers: [],
      conditions: { blue_list_test: false, two_person_verification: false, advance_notice: true },
    },
    expected_footfall: 0,
    necessity: "",
    proportionality: "",
    less_intrusive_alternatives: "",
    assessments: vocabulary.lists.assessment_kinds.map((kind) => ({
      kind: kind.value as Form["assessments"][number]["kind"],
      reference: "",
      review_by: new Date(Date.now() + 365 * 24 * HOUR).toISOString().slice(0, 10),
    })),
    aim: null,
    assembly: false,
    assembly_authority_reference: null,
  };
}

export function NewApplication() {
  const vocabulary = useVocabulary();
  return (
    <Page title="New application" below="What for, where, when and who. An authorising officer decides on it.">
      <Shown of={vocabulary} what="the form">
        {(words) => <ApplicationEditor start={emptyForm(words)} deployment={null} version={0} rehearsal={false} />}
      </Shown>
    </Page>
  );
}

export function EditApplication() {
  const { deployment = "" } = useParams();
  const found = useDeployment(deployment);
  return (
    <Page title="Edit the application">
      <Shown of={found} what="the application">
        {(view) => (
          <ApplicationEditor
            start={view.application}
            deployment={deployment}
            version={view.summary.version}
            rehearsal={view.summary.rehearsal}
          />
        )}
      </Shown>
    </Page>
  );
}

interface EditorProps {
  start: Form;
  deployment: string | null;
  version: number;
  rehearsal: boolean;
}

function ApplicationEditor({ start, deployment, version, rehearsal }: EditorProps) {
  const [form, setForm] = useState(start);
  const [profile, setProfile] = useState("uk");
  const [consenting, setConsenting] = useState(rehearsal);
  const vocabulary = useVocabulary().data;
  const profiles = useQuery({ queryKey: ["profiles"], queryFn: async () => body(await api.GET("/api/v1/profiles")) });
  const queries = useQueryClient();
  const navigate = useNavigate();
  const say = useToast();
  const save = useMutation({
    mutationFn: async () => {
      const application = consenting ? { ...form, terms: { ...form.terms, categories: [] } } : form;
      const saved =
        deployment === null
          ? body(await api.POST("/api/v1/deployments", { body: { application, profile, rehearsal: consenting } }))
          : body(
              await api.POST("/api/v1/deployments/{deployment}/redraft", {
                params: { path: { deployment } },
                body: { version, application },
              }),
            );
      await queries.invalidateQueries({ queryKey: ["deployments"] });
      await queries.invalidateQueries({ queryKey: ["deployment", saved.deployment] });
      return saved;
    },
    onSuccess: (saved) => {
      say("The draft is kept. Submit it when it is complete.");
      void navigate(`/deployments/${saved.deployment}`);
    },
  });
  if (!vocabulary) return <Loading what="the form" />;
  const problem = save.error instanceof Problem ? save.error : null;
  const wrong = (field: string) => problem?.field(field);
  const set = (change: Partial<Form>) => setForm((now) => ({ ...now, ...change }));
  const aims = profiles.data?.find((each) => each.name === profile)?.aims ?? [];
  return (
    <form
      noValidate
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Panel title="Why">
        <div className="stack">
          <div className="grid-two">
            <TextField
              label="Force that answers for the data"
              value={form.controller}
              onChange={(controller) => set({ controller })}
              wrong={wrong("controller")}
            />
            <Select
              label="Use case"
              value={form.use_case}
              onChange={(value) => {
                const chosen = vocabulary.use_cases.find((each) => each.value === value);
                if (chosen) set({ use_case: chosen.value, location: { ...form.location, ground: chosen.ground } });
              }}
              options={vocabulary.use_cases.map((each) => ({ id: each.value, text: each.value, hint: each.section }))}
              wrong={wrong("use_case")}
            />
            {deployment === null && (
              <Select
                label="Jurisdiction"
                value={profile}
                onChange={setProfile}
                options={(profiles.data ?? []).map((each) => ({ id: each.name, text: each.title }))}
              />
            )}
            {aims.length > 0 && (
              <Select
                label="Aim"
                value={form.aim ?? null}
                onChange={(aim) => set({ aim: aim as Form["aim"] })}
                options={choices(vocabulary, "aims").filter((each) => aims.some((aim) => aim === each.id))}
                wrong={wrong("aim")}
              />
            )}
          </div>
          {deployment === null && (
            <Checkbox isSelected={consenting} onChange={setConsenting}>
              A rehearsal: consenting people only, counted in no statistic
            </Checkbox>
          )}
          <Words label="Purpose" field="purpose" form={form} set={set} wrong={wrong} />
          <Words label="Why it is necessary" field="necessity" form={form} set={set} wrong={wrong} />
          <Words label="Why it is proportionate" field="proportionality" form={form} set={set} wrong={wrong} />
          <Words
            label="Less intrusive ways that were considered"
            field="less_intrusive_alternatives"
            form={form}
            set={set}
            wrong={wrong}
          />
        </div>
      </Panel>
      <Panel title="Where">
        <div className="stack">
          <div className="grid-two">
            <TextField
              label="Site"
              value={form.location.name}
              onChange={(name) => set({ location: { ...form.location, name } })}
              wrong={wrong("location.name")}
            />
            <TextField
              label="People expected to pass"
              hint="In the whole time, on foot."
              type="number"
              min={0}
              value={String(form.expected_footfall)}
              onChange={(count) => set({ expected_footfall: Math.trunc(Number(count)) })}
              wrong={wrong("expected_footfall")}
            />
          </div>
          <TextField
            label={`Evidence for this place: ${form.location.ground}`}
            lines={3}
            value={form.location.evidence}
            onChange={(evidence) => set({ location: { ...form.location, evidence } })}
            wrong={wrong("location.evidence")}
          />
          <AreaField
            zone={form.location.zone}
            onChange={(zone) => set({ location: { ...form.location, zone } })}
            wrong={wrong("location.zone")}
          />
          <Checkbox isSelected={form.assembly ?? false} onChange={(assembly) => set({ assembly })}>
            There is a protest or other assembly in the area
          </Checkbox>
          {form.assembly && (
            <TextField
              label="Further authority for an assembly: its reference"
              value={form.assembly_authority_reference ?? ""}
              onChange={(text) => set({ assembly_authority_reference: text || null })}
              wrong={wrong("assembly_authority_reference")}
            />
          )}
        </div>
      </Panel>
      <Panel title="Terms asked for">
        <div className="stack">
          <TermsFields
            terms={form.terms}
            onChange={(terms) => set({ terms })}
            rehearsal={consenting}
            problem={problem}
          />
        </div>
      </Panel>
      <Panel title="Impact assessments">
        <div className="stack">
          {wrong("assessments") && <p className="wrong">{wrong("assessments")}</p>}
          {form.assessments.map((each, number) => (
            <div className="grid-two" key={each.kind}>
              <TextField
                label={`${capital(each.kind)}: reference`}
                value={each.reference}
                onChange={(reference) => set({ assessments: replaced(form.assessments, number, { reference }) })}
                wrong={wrong(`assessments.${number}.reference`)}
              />
              <TextField
                label="To be reviewed by"
                type="date"
                value={each.review_by}
                onChange={(review_by) => set({ assessments: replaced(form.assessments, number, { review_by }) })}
                wrong={wrong(`assessments.${number}.review_by`)}
              />
            </div>
          ))}
        </div>
      </Panel>
      {save.error && <ProblemNotice problem={save.error} />}
      <div className="row">
        <Button kind="primary" type="submit" isDisabled={save.isPending}>
          Keep the draft
        </Button>
        <Button onPress={() => void navigate(-1)}>Cancel</Button>
      </div>
    </form>
  );
}

type Written = "purpose" | "necessity" | "proportionality" | "less_intrusive_alternatives";

function Words({
  label,
  field,
  form,
  set,
  wrong,
}: {
  label: string;
  field: Written;
  form: Form;
  set: (change: Partial<Form>) => void;
  wrong: (field: string) => string | undefined;
}) {
  return (
    <TextField
      label={label}
      lines={3}
      value={form[field]}
      onChange={(text) => set({ [field]: text })}
      wrong={wrong(field)}
    />
  );
}

function replaced(all: Form["assessments"], number: number, change: Partial<Form["assessments"][number]>) {
  return all.map((each, index) => (index === number ? { ...each, ...change } : each));
}
