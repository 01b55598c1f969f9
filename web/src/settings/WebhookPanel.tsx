import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, type Schemas } from "../api/client";
import { Problem } from "../api/problem";
import { capital } from "../api/vocabulary";
import { Button } from "../ui/Button";
import { ConfirmDialog, Dialog } from "../ui/Dialog";
import { Checkbox, CheckboxGroup, TextField } from "../ui/Field";
import { Panel } from "../ui/Page";
import { Badge, Empty, ProblemNotice, Shown } from "../ui/States";
import { Table } from "../ui/Table";
import { useToast } from "../ui/Toasts";

type Kind = Schemas["NewWebhook"]["kinds"][number];

const KINDS: readonly Kind[] = [
  "deployment.changed",
  "alert.raised",
  "alert.changed",
  "camera.changed",
  "node.changed",
];

/** "Alert raised", of `alert.raised`. */
function wordsOf(kind: Kind): string {
  return capital(kind.replace(".", " "));
}

/** Other systems that are told what happens: signed, in order, tried again for a day. */
export function WebhookPanel() {
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<string | null>(null);
  const queries = useQueryClient();
  const say = useToast();
  const found = useQuery({ queryKey: ["webhooks"], queryFn: async () => body(await api.GET("/api/v1/webhooks")) });
  const renew = () => queries.invalidateQueries({ queryKey: ["webhooks"] });
  const at = (webhook: string) => ({ params: { path: { webhook } } });
  const test = useMutation({
    mutationFn: async (id: string) => body(await api.POST("/api/v1/webhooks/{webhook}/test", at(id))),
    onSuccess: () => say("A test was sent: see its receiver."),
  });
  const enable = useMutation({
    mutationFn: async (id: string) => api.POST("/api/v1/webhooks/{webhook}/enable", at(id)),
    onSuccess: renew,
  });
  const problem = test.error ?? enable.error;
  return (
    <Panel title="Webhooks" actions={<Button onPress={() => setAdding(true)}>Add a webhook</Button>}>
      {problem && <ProblemNotice problem={problem} />}
      <Shown
        of={{ ...found, data: found.data }}
        what="webhooks"
        empty={<Empty title="No other system is told anything" />}
      >
        {(all) => (
          <Table
            label="Webhooks"
            rows={all}
            id={(row) => row.id}
            columns={[
              { title: "Name", show: (row) => row.name },
              { title: "Address", show: (row) => <span className="mono">{row.address}</span> },
              { title: "Told of", show: (row) => row.kinds.map(wordsOf).join("; ") },
              {
                title: "State",
                show: (row) =>
                  row.disabled_at ? (
                    <Badge tone="bad">off: {row.disabled_because}</Badge>
                  ) : row.failing_since ? (
                    <Badge tone="warn">failing, tried again</Badge>
                  ) : (
                    <Badge tone="good">working</Badge>
                  ),
              },
              {
                title: "",
                show: (row) => (
                  <span className="row">
                    <Button onPress={() => test.mutate(row.id)}>Test</Button>
                    {row.disabled_at && <Button onPress={() => enable.mutate(row.id)}>Turn on</Button>}
                    <Button onPress={() => setRemoving(row.id)}>Remove</Button>
                  </span>
                ),
              },
            ]}
          />
        )}
      </Shown>
      <ConfirmDialog
        title="Remove the webhook"
        isOpen={removing !== null}
        onClose={() => setRemoving(null)}
        act="Remove"
        danger
        onConfirm={async () => {
          if (removing === null) return;
          await api.DELETE("/api/v1/webhooks/{webhook}", at(removing));
          await renew();
        }}
      >
        <p>Its receiver is told nothing any more, and what it was not told yet is dropped.</p>
      </ConfirmDialog>
      {adding && <AddWebhook onClose={() => setAdding(false)} onDone={renew} />}
    </Panel>
  );
}

function AddWebhook({ onClose, onDone }: { onClose: () => void; onDone: () => Promise<void> }) {
  const [name, setName] = useState("");
  const [address, setAddress] = useState("https://");
  const [kinds, setKinds] = useState<string[]>(["alert.raised"]);
  const [matches, setMatches] = useState(false);
  const add = useMutation({
    mutationFn: async () =>
      body(
        await api.POST("/api/v1/webhooks", {
          body: { name, address, kinds: kinds as Kind[], with_matches: matches },
        }),
      ),
    onSuccess: onDone,
  });
  const wrong = (field: string) => (add.error instanceof Problem ? add.error.field(field) : undefined);
  return (
    <Dialog title="Add a webhook" isOpen onClose={onClose} alert>
      {add.data ? (
        <>
          <p>Give this secret to the receiver. It checks signatures with it; it is not shown again.</p>
          <pre className="mono command">{add.data.secret}</pre>
          <div className="actions">
            <Button kind="primary" onPress={onClose}>
              Done
            </Button>
          </div>
        </>
      ) : (
        <>
          <TextField label="Name" value={name} onChange={setName} wrong={wrong("name")} />
          <TextField label="Address" type="url" value={address} onChange={setAddress} wrong={wrong("address")} />
          <CheckboxGroup
            label="Tell of"
            value={kinds}
            onChange={setKinds}
            options={KINDS.map((kind) => ({ id: kind, text: wordsOf(kind), hint: kind }))}
            wrong={wrong("kinds")}
          />
          <Checkbox isSelected={matches} onChange={setMatches}>
            With the facts of a match (a disclosure: each is written in the audit log)
          </Checkbox>
          {add.error && <ProblemNotice problem={add.error} />}
          <div className="actions">
            <Button onPress={onClose}>Cancel</Button>
            <Button kind="primary" isDisabled={!name || !kinds.length || add.isPending} onPress={() => add.mutate()}>
              Add
            </Button>
          </div>
        </>
      )}
    </Dialog>
  );
}
