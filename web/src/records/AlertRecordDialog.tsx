import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, type Schemas } from "../api/client";
import { useNames } from "../api/colleagues";
import { useEvent } from "../api/Events";
import { actWords, choices, useVocabulary } from "../api/vocabulary";
import { judgementWords } from "../live/decision";
import { EvidencePack } from "../reports/Disclosure";
import { useSession } from "../session/session";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { CheckboxGroup, Select, TextField } from "../ui/Field";
import { Facts, Panel } from "../ui/Page";
import { Notice, ProblemNotice, Shown } from "../ui/States";
import { Table } from "../ui/Table";
import { Time } from "../ui/Time";
import "./records.css";

type View = Schemas["AlertView"];

/** One alert of the past: pictures while they are kept, decisions, outcome, and what can still be added. */
export function AlertRecordDialog({ alert, onClose }: { alert: string; onClose: () => void }) {
  const { holds } = useSession();
  const queries = useQueryClient();
  useEvent((event) => {
    if (event.record === alert) void queries.invalidateQueries({ queryKey: ["alert", alert] });
  });
  const found = useQuery({
    queryKey: ["alert", alert],
    queryFn: async () => body(await api.GET("/api/v1/alerts/{alert}", { params: { path: { alert } } })),
    gcTime: 0,
  });
  return (
    <Dialog title="Alert" isOpen onClose={onClose} large>
      <Shown of={found} what="the alert">
        {(view) => <AlertRecord view={view} />}
      </Shown>
      {holds("authorising officer") && <EvidencePack alert={alert} />}
      <History alert={alert} />
      <div className="actions">
        <Button onPress={onClose}>Close</Button>
      </div>
    </Dialog>
  );
}

function AlertRecord({ view }: { view: View }) {
  const name = useNames();
  const { summary, person } = view;
  const picture = (which: string) => `/api/v1/alerts/${summary.alert}/pictures/${which}`;
  return (
    <div className="stack">
      <div className="record-pictures">
        <figure>
          <img src={picture("probe")} alt="The passer-by, everybody else blurred" />
          <figcaption>In front of the camera</figcaption>
        </figure>
        <figure>
          <img src={picture("candidate")} alt={`${person.person}, as on the watchlist`} />
          <figcaption>On the watchlist</figcaption>
        </figure>
      </div>
      <Facts
        of={[
          ["Person", `${person.name} (${person.person})`],
          ["Looked for as", person.categories.join("; ") || "consenting tester"],
          ["Camera", view.camera_name],
          ["Captured", <Time key="captured" at={view.captured_at} />],
          ["Score", view.score === null ? "withheld" : `${view.score.toFixed(3)}, threshold ${view.threshold}`],
          ["Models", `${view.setup.model_pack}, ${view.setup.precision}, ${view.setup.fusion_rule}`],
          ...summary.adjudications.map(
            (each) =>
              [`Judged by ${name(each.by)}`, [judgementWords(each.judgement), ...each.reasons].join("; ")] as const,
          ),
          ...(summary.engagement
            ? ([
                ["Identity", `${summary.engagement.identity} (${summary.engagement.identity_method})`],
                ["Outcome", summary.engagement.outcome],
              ] as const)
            : []),
          ["Published as", summary.published],
        ]}
      />
      {view.open_acts.includes("RECORD_LATER_RESULT") && <LaterResult view={view} />}
      {view.open_acts.includes("RECLASSIFY_ALERT") && <Reclassify view={view} />}
    </div>
  );
}

function LaterResult({ view }: { view: View }) {
  const vocabulary = useVocabulary().data;
  const [result, setResult] = useState<string | null>(null);
  const [groups, setGroups] = useState<string[]>([]);
  const queries = useQueryClient();
  const add = useMutation({
    mutationFn: async () =>
      body(
        await api.POST("/api/v1/alerts/{alert}/add-later-result", {
          params: { path: { alert: view.summary.alert } },
          body: {
            version: view.summary.version,
            result: result as Schemas["Result"],
            offence_groups: groups as Schemas["OffenceGroup"][],
          },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["alert", view.summary.alert] }),
  });
  return (
    <Panel title="What became of the arrest">
      <div className="stack">
        <Select label="Result" value={result} onChange={setResult} options={choices(vocabulary, "results")} />
        <CheckboxGroup
          label="Offences"
          value={groups}
          onChange={setGroups}
          options={choices(vocabulary, "offence_groups")}
        />
        {add.error && <ProblemNotice problem={add.error} />}
        <div>
          <Button isDisabled={!result || add.isPending} onPress={() => add.mutate()}>
            Add the result
          </Button>
        </div>
      </div>
    </Panel>
  );
}

function Reclassify({ view }: { view: View }) {
  const vocabulary = useVocabulary().data;
  const [published, setPublished] = useState<string | null>(null);
  const [reason, setReason] = useState("");
  const queries = useQueryClient();
  const give = useMutation({
    mutationFn: async () =>
      body(
        await api.POST("/api/v1/alerts/{alert}/reclassify", {
          params: { path: { alert: view.summary.alert } },
          body: {
            version: view.summary.version,
            published: published as Schemas["PublishedClass"],
            reason,
          },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["alert", view.summary.alert] }),
  });
  return (
    <Panel title="Another class, on review">
      <div className="stack">
        <Notice>
          <p>The history stays: everybody sees what it was published as before, and why it changed.</p>
        </Notice>
        <Select
          label="Published as"
          value={published}
          onChange={setPublished}
          options={choices(vocabulary, "published_classes")}
        />
        <TextField label="Reason" lines={2} value={reason} onChange={setReason} />
        {give.error && <ProblemNotice problem={give.error} />}
        <div>
          <Button isDisabled={!published || !reason.trim() || give.isPending} onPress={() => give.mutate()}>
            Give this class
          </Button>
        </div>
      </div>
    </Panel>
  );
}

function History({ alert }: { alert: string }) {
  const vocabulary = useVocabulary().data;
  const name = useNames();
  const found = useQuery({
    queryKey: ["alert", alert, "history"],
    queryFn: async () => body(await api.GET("/api/v1/alerts/{alert}/history", { params: { path: { alert } } })),
  });
  return (
    <Panel title="Who did what">
      <Shown of={found} what="the history">
        {(page) => (
          <Table
            label="History of the alert"
            rows={page.items}
            id={(row) => String(row.sequence)}
            columns={[
              { title: "When", show: (row) => <Time at={row.recorded_at} /> },
              { title: "Who", show: (row) => (row.staff === "hub" ? "the hub itself" : name(row.staff)) },
              { title: "What", show: (row) => actWords(vocabulary, row.act) },
            ]}
          />
        )}
      </Shown>
    </Panel>
  );
}
