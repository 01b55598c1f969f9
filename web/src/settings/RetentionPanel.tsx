import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../api/client";
import { useNames } from "../api/colleagues";
import { Problem } from "../api/problem";
import { capital } from "../api/vocabulary";
import { useSession } from "../session/session";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { Select, TextField } from "../ui/Field";
import { JobProgress } from "../ui/JobProgress";
import { Figures, Panel } from "../ui/Page";
import { Empty, Notice, Shown } from "../ui/States";
import { Table } from "../ui/Table";
import { Time } from "../ui/Time";
import { counted } from "../ui/words";
import { inWords } from "./duration";

/** How long what is kept, what is due, and what a court or complaint holds back. */
export function RetentionPanel() {
  const { holds, holdsForHub } = useSession();
  return (
    <div className="stack">
      {holdsForHub("administrator", "watchlist manager", "auditor") && <Due />}
      <Policy />
      {(holds("authorising officer") || holdsForHub("auditor")) && <Holds />}
    </div>
  );
}

function Policy() {
  const found = useQuery({
    queryKey: ["retention"],
    queryFn: async () => body(await api.GET("/api/v1/retention/policy")),
  });
  return (
    <Shown of={found} what="the policy">
      {(policy) => (
        <Panel title={`Retention policy ${policy.version}`}>
          <Table
            label="Retention policy"
            rows={policy.rules}
            id={(row) => row.data_class}
            columns={[
              { title: "What", show: (row) => row.what },
              { title: "Kept for", show: (row) => inWords(row.period) },
              { title: "At most", show: (row) => inWords(row.maximum) },
              { title: "From", show: (row) => row.clock },
              { title: "May be held", show: (row) => (row.legal_hold ? "yes" : "no") },
              { title: "Source", show: (row) => row.source },
            ]}
          />
        </Panel>
      )}
    </Shown>
  );
}

function Due() {
  const { holdsForHub } = useSession();
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const [job, setJob] = useState<string | null>(null);
  const queries = useQueryClient();
  const found = useQuery({
    queryKey: ["retention", "due"],
    queryFn: async () => body(await api.GET("/api/v1/retention/due")),
  });
  return (
    <Panel
      title="Due for destruction"
      actions={
        holdsForHub("administrator", "watchlist manager") && (
          <Button kind="danger" onPress={() => setAsking(true)}>
            Purge now
          </Button>
        )
      }
    >
      <Shown of={found} what="what is due">
        {(due) => (
          <div className="stack">
            <Figures
              of={[
                ["Due now", due.due_count],
                ["Begun", due.begun],
                ["Held back", due.held.length],
                ["Overdue", due.overdue.length],
              ]}
            />
            {due.overdue.length > 0 && (
              <Notice tone="bad">
                {due.overdue.map((each) => (
                  <p key={each.record_id}>
                    {capital(each.record_kind)} <span className="mono">{each.record_id}</span> should be gone since{" "}
                    <Time at={each.since} />.
                  </p>
                ))}
              </Notice>
            )}
          </div>
        )}
      </Shown>
      {job && (
        <JobProgress
          job={job}
          label="Purge"
          key={job}
          onEnd={() => void queries.invalidateQueries({ queryKey: ["retention"] })}
        >
          {({ result }) =>
            result?.of === "purge" && <p>{counted(result.receipts.length, "record was", "records were")} destroyed.</p>
          }
        </JobProgress>
      )}
      <ConfirmDialog
        title="Purge now"
        isOpen={asking}
        onClose={() => setAsking(false)}
        act="Destroy what is due"
        danger
        isDisabled={!reason.trim()}
        onConfirm={async () => {
          const begun = body(await api.POST("/api/v1/retention/purge", { body: { reason } }));
          setJob(begun.job);
        }}
      >
        <p>Everything whose time is over is destroyed now: first its keys, then its rows, then their traces.</p>
        <TextField label="Reason" value={reason} onChange={setReason} isRequired />
      </ConfirmDialog>
    </Panel>
  );
}

const HELD_KINDS = [
  { id: "deployment", text: "Deployment" },
  { id: "alert", text: "Alert" },
  { id: "watchlist", text: "Watchlist" },
];

function Holds() {
  const { holds } = useSession();
  const name = useNames();
  const [placing, setPlacing] = useState(false);
  const [releasing, setReleasing] = useState<string | null>(null);
  const found = useQuery({ queryKey: ["holds"], queryFn: async () => body(await api.GET("/api/v1/legal-holds")) });
  return (
    <Panel
      title="Legal holds"
      actions={holds("authorising officer") && <Button onPress={() => setPlacing(true)}>Place a hold</Button>}
    >
      <Shown of={found} what="holds" empty={<Empty title="Nothing is held back" />}>
        {(all) => (
          <Table
            label="Legal holds"
            rows={all}
            id={(row) => row.hold}
            columns={[
              {
                title: "Record",
                show: (row) => (
                  <span>
                    {row.record_kind} <span className="mono">{row.record_id}</span>
                  </span>
                ),
              },
              { title: "Placed", show: (row) => <Time at={row.placed_at} /> },
              { title: "By", show: (row) => name(row.placed_by) },
              {
                title: "",
                show: (row) =>
                  holds("authorising officer") && <Button onPress={() => setReleasing(row.hold)}>Release</Button>,
              },
            ]}
          />
        )}
      </Shown>
      {placing && <PlaceHold onClose={() => setPlacing(false)} />}
      {releasing && <ReleaseHold hold={releasing} onClose={() => setReleasing(null)} />}
    </Panel>
  );
}

function PlaceHold({ onClose }: { onClose: () => void }) {
  const [kind, setKind] = useState("deployment");
  const [record, setRecord] = useState("");
  const [authority, setAuthority] = useState("");
  const [reason, setReason] = useState("");
  const queries = useQueryClient();
  const [problem, setProblem] = useState<Problem | null>(null);
  return (
    <ConfirmDialog
      title="Place a legal hold"
      isOpen
      onClose={onClose}
      act="Place the hold"
      isDisabled={!record || !authority || !reason}
      onConfirm={async () => {
        try {
          await api.POST("/api/v1/legal-holds", {
            body: { record_kind: kind, record_id: record.trim(), authority, reason },
          });
        } catch (error) {
          if (error instanceof Problem) setProblem(error);
          throw error;
        }
        await queries.invalidateQueries({ queryKey: ["holds"] });
      }}
    >
      <p>The record is not destroyed until the hold is released, even after its time is over.</p>
      <Select label="Kind of record" value={kind} onChange={setKind} options={HELD_KINDS} />
      <TextField label="Its identifier" value={record} onChange={setRecord} wrong={problem?.field("record_id")} />
      <TextField
        label="Authority"
        hint="The court order, complaint or investigation."
        value={authority}
        onChange={setAuthority}
        wrong={problem?.field("authority")}
      />
      <TextField label="Reason" lines={2} value={reason} onChange={setReason} wrong={problem?.field("reason")} />
    </ConfirmDialog>
  );
}

function ReleaseHold({ hold, onClose }: { hold: string; onClose: () => void }) {
  const [authority, setAuthority] = useState("");
  const [reason, setReason] = useState("");
  const queries = useQueryClient();
  return (
    <ConfirmDialog
      title="Release the hold"
      isOpen
      onClose={onClose}
      act="Release"
      danger
      isDisabled={!authority || !reason}
      onConfirm={async () => {
        await api.POST("/api/v1/legal-holds/{hold}/release", {
          params: { path: { hold } },
          body: { authority, reason },
        });
        await queries.invalidateQueries({ queryKey: ["holds"] });
        await queries.invalidateQueries({ queryKey: ["retention"] });
      }}
    >
      <p>If its time is over, the record is destroyed at the next purge.</p>
      <TextField label="Authority" value={authority} onChange={setAuthority} />
      <TextField label="Reason" lines={2} value={reason} onChange={setReason} />
    </ConfirmDialog>
  );
}
