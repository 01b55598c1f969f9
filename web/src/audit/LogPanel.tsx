import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, type Schemas } from "../api/client";
import { useColleagues, useNames } from "../api/colleagues";
import { useVocabulary } from "../api/vocabulary";
import { fromLocal } from "../deployments/moments";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Select, TextField } from "../ui/Field";
import { Facts, Panel } from "../ui/Page";
import { Pages } from "../ui/Pages";
import { Empty, Shown } from "../ui/States";
import { Table } from "../ui/Table";
import { LOCAL_TIME, Time } from "../ui/Time";
import { Deed } from "./Deed";

type Entry = Schemas["EntryView"];

const ANY = "any";
const HUB = "hub";

/** The log, newest first, by record, person, act and time. */
export function LogPanel() {
  const vocabulary = useVocabulary().data;
  const name = useNames();
  const colleagues = useColleagues().data;
  const [record, setRecord] = useState("");
  const [staff, setStaff] = useState(ANY);
  const [act, setAct] = useState(ANY);
  const [since, setSince] = useState("");
  const [until, setUntil] = useState("");
  const [opened, setOpened] = useState<number | null>(null);
  const asked = {
    ...(record.trim() ? { record: record.trim() } : {}),
    ...(staff === ANY ? {} : { staff }),
    ...(act === ANY ? {} : { act: [act] }),
    ...(fromLocal(since) ? { since: fromLocal(since) ?? undefined } : {}),
    ...(fromLocal(until) ? { until: fromLocal(until) ?? undefined } : {}),
  };
  const found = useInfiniteQuery({
    queryKey: ["audit", asked],
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam }) =>
      body(
        await api.GET("/api/v1/audit/entries", {
          params: { query: { ...asked, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    getNextPageParam: (page) => page.next,
  });
  return (
    <Panel>
      <div className="stack">
        <div className="grid-two">
          <TextField label="Record" hint="Its identifier." type="search" value={record} onChange={setRecord} />
          <Select
            label="Person"
            value={staff}
            onChange={setStaff}
            options={[
              { id: ANY, text: "Anybody" },
              { id: HUB, text: "The hub itself" },
              ...(colleagues ?? []).map((each) => ({ id: each.staff, text: each.name })),
            ]}
          />
          <Select
            label="Act"
            value={act}
            onChange={setAct}
            options={[
              { id: ANY, text: "Any" },
              ...(vocabulary?.acts ?? []).map((each) => ({ id: each.name, text: each.words })),
            ]}
          />
          <TextField label="Since" hint={LOCAL_TIME} type="datetime-local" value={since} onChange={setSince} />
          <TextField label="Until" hint={LOCAL_TIME} type="datetime-local" value={until} onChange={setUntil} />
        </div>
        <Pages of={found} what="entries" empty={<Empty title="No entry like that" />}>
          {(entries) => (
            <Table<Entry>
              label="Audit log"
              rows={entries}
              id={(row) => String(row.sequence)}
              columns={[
                {
                  title: "Entry",
                  show: (row) => (
                    <Button kind="plain" onPress={() => setOpened(row.sequence)}>
                      {row.sequence}
                    </Button>
                  ),
                },
                { title: "When", show: (row) => <Time at={row.recorded_at} /> },
                { title: "Who", show: (row) => name(row.staff) },
                { title: "What", show: (row) => <Deed act={row.act} refused={row.refused} /> },
                { title: "Kind", show: (row) => row.processing },
                {
                  title: "Record",
                  show: (row) => (
                    <span>
                      {row.record_kind}{" "}
                      {row.record_id.includes("-") && <span className="mono">{row.record_id.slice(-12)}</span>}
                    </span>
                  ),
                },
              ]}
            />
          )}
        </Pages>
        {opened !== null && <EntryDialog sequence={opened} onClose={() => setOpened(null)} />}
      </div>
    </Panel>
  );
}

function EntryDialog({ sequence, onClose }: { sequence: number; onClose: () => void }) {
  const name = useNames();
  const [proving, setProving] = useState(false);
  const at = { params: { path: { sequence } } };
  const found = useQuery({
    queryKey: ["audit", "entry", sequence],
    queryFn: async () => body(await api.GET("/api/v1/audit/entries/{sequence}", at)),
    gcTime: 0,
  });
  const proof = useQuery({
    queryKey: ["audit", "proof", sequence],
    enabled: proving,
    queryFn: async () => body(await api.GET("/api/v1/audit/entries/{sequence}/proof", at)),
  });
  return (
    <Dialog title={`Entry ${sequence}`} isOpen onClose={onClose} large>
      <Shown of={found} what="the entry">
        {({ entry, justification, recipient }) => (
          <Facts
            of={[
              ["When", <Time key="when" at={entry.recorded_at} />],
              ["Who", name(entry.staff)],
              ["As", entry.role || "–"],
              ["What", <Deed key="what" act={entry.act} refused={entry.refused} />],
              ["Kind of processing", entry.processing],
              ["Justification", justification],
              ["Recipient", recipient || "–"],
              ["Record", <span key="record" className="mono">{`${entry.record_kind} ${entry.record_id}`}</span>],
              ["From where", entry.origin],
            ]}
          />
        )}
      </Shown>
      {proving && (
        <Shown of={proof} what="the proof">
          {(shown) => <pre className="mono command">{JSON.stringify(shown, null, 2)}</pre>}
        </Shown>
      )}
      <div className="actions">
        <Button isDisabled={proving} onPress={() => setProving(true)}>
          Prove that it is in the log
        </Button>
        <Button onPress={onClose}>Close</Button>
      </div>
    </Dialog>
  );
}
