import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, type Schemas } from "../api/client";
import { useNames } from "../api/colleagues";
import { actWords, useVocabulary } from "../api/vocabulary";
import { fromLocal } from "../deployments/moments";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Select, TextField } from "../ui/Field";
import { Facts, Panel } from "../ui/Page";
import { Badge, Empty, Shown } from "../ui/States";
import { Table } from "../ui/Table";
import { Time } from "../ui/Time";

type Entry = Schemas["EntryView"];

const ANY = "any";

/** The log, newest first, by record, person, act and time. */
export function LogPanel() {
  const vocabulary = useVocabulary().data;
  const name = useNames();
  const [record, setRecord] = useState("");
  const [staff, setStaff] = useState("");
  const [act, setAct] = useState(ANY);
  const [since, setSince] = useState("");
  const [until, setUntil] = useState("");
  const [opened, setOpened] = useState<number | null>(null);
  const asked = {
    ...(record.trim() ? { record: record.trim() } : {}),
    ...(staff.trim() ? { staff: staff.trim() } : {}),
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
          <TextField
            label="Person"
            hint="Their identifier; hub for the hub itself."
            type="search"
            value={staff}
            onChange={setStaff}
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
          <TextField label="Since" type="datetime-local" value={since} onChange={setSince} />
          <TextField label="Until" type="datetime-local" value={until} onChange={setUntil} />
        </div>
        <Shown
          of={{ ...found, data: found.data?.pages.flatMap((page) => page.items) }}
          what="entries"
          empty={<Empty title="No entry like that" />}
        >
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
                { title: "Who", show: (row) => (row.staff === "hub" ? "the hub itself" : name(row.staff)) },
                {
                  title: "What",
                  show: (row) => (
                    <span className="row">
                      {actWords(vocabulary, row.act)}
                      {row.refused && <Badge tone="warn">refused</Badge>}
                    </span>
                  ),
                },
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
        </Shown>
        {found.hasNextPage && <Button onPress={() => void found.fetchNextPage()}>Show more</Button>}
        {opened !== null && <EntryDialog sequence={opened} onClose={() => setOpened(null)} />}
      </div>
    </Panel>
  );
}

function EntryDialog({ sequence, onClose }: { sequence: number; onClose: () => void }) {
  const vocabulary = useVocabulary().data;
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
              ["Who", entry.staff === "hub" ? "the hub itself" : name(entry.staff)],
              ["As", entry.role || "–"],
              ["What", actWords(vocabulary, entry.act)],
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
