import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, type Schemas } from "../api/client";
import { DeploymentLink } from "../deployments/DeploymentLink";
import { useSession } from "../session/session";
import { Button } from "../ui/Button";
import { ConfirmDialog, Dialog } from "../ui/Dialog";
import { TextField } from "../ui/Field";
import { Facts, Page, Panel } from "../ui/Page";
import { Badge, Empty, Notice, ProblemNotice, Shown } from "../ui/States";
import { Table } from "../ui/Table";
import { Time } from "../ui/Time";

type Node = Schemas["NodeView"];

export default function NodeRoutes() {
  const { holdsForHub } = useSession();
  const [inviting, setInviting] = useState(false);
  const found = useQuery({
    queryKey: ["nodes"],
    queryFn: async () => body(await api.GET("/api/v1/nodes", { params: { query: { limit: 200 } } })),
    refetchInterval: 5000,
  });
  return (
    <Page
      title="Nodes"
      below="The machines at the cameras. Each has keys of its own and obeys only this hub."
      actions={
        holdsForHub("administrator") && (
          <Button kind="primary" onPress={() => setInviting(true)}>
            Enrol a node
          </Button>
        )
      }
    >
      {inviting && <Invite onClose={() => setInviting(false)} />}
      <Shown
        of={{ ...found, data: found.data?.items }}
        what="nodes"
        empty={
          <Empty title="No node yet">
            <p>Enrol the first one: you get a code to type at the machine.</p>
          </Empty>
        }
      >
        {(nodes) => (
          <div className="grid-two">
            {nodes.map((node) => (
              <NodeCard key={node.node} node={node} />
            ))}
          </div>
        )}
      </Shown>
      {holdsForHub("administrator", "authorising officer", "auditor") && <Owed nodes={found.data?.items ?? []} />}
    </Page>
  );
}

function NodeCard({ node }: { node: Node }) {
  const { holdsForHub } = useSession();
  const [revoking, setRevoking] = useState(false);
  const wrong = Boolean(node.complaint || node.doubled_at || node.clock_is_wrong);
  return (
    <Panel
      title={node.name}
      actions={<Badge tone={node.revoked_at ? "bad" : wrong ? "warn" : "good"}>{node.situation ?? node.state}</Badge>}
    >
      <div className="stack tight">
        {node.doubled_at && (
          <Notice tone="bad">
            <p>Two programs run with this node's keys: one may be stolen. It gets no orders any more. Revoke it.</p>
          </Notice>
        )}
        {node.complaint && (
          <Notice tone="warn">
            <p>{node.complaint}</p>
          </Notice>
        )}
        {node.clock_is_wrong && (
          <Notice tone="warn">
            <p>Its clock is {node.clock_ahead_s} s off: set it, or its alerts may be refused.</p>
          </Notice>
        )}
        {node.enrolled_at ? (
          <NodeFacts node={node} />
        ) : (
          <p>
            Not enrolled yet. Its one-time code works until <Time at={node.code_valid_until} />.
          </p>
        )}
        {holdsForHub("administrator") && !node.revoked_at && (
          <div>
            <Button kind="danger" onPress={() => setRevoking(true)}>
              Revoke
            </Button>
          </div>
        )}
      </div>
      {revoking && <Revoke node={node} onClose={() => setRevoking(false)} />}
    </Panel>
  );
}

function NodeFacts({ node }: { node: Node }) {
  return (
    <Facts
      of={[
        ["Last heard", node.heard_at ? <Time key="heard" at={node.heard_at} /> : "never"],
        ["Enrolled", <Time key="enrolled" at={node.enrolled_at} />],
        ["Alerts waiting at it", node.alerts_waiting],
        ["Software", node.software],
        [
          "Key",
          <span key="key" className="mono">
            {node.fingerprint}
          </span>,
        ],
      ]}
    />
  );
}

function Revoke({ node, onClose }: { node: Node; onClose: () => void }) {
  const [reason, setReason] = useState("");
  const queries = useQueryClient();
  return (
    <ConfirmDialog
      title={`Revoke ${node.name}`}
      isOpen
      onClose={onClose}
      act="Revoke"
      danger
      isDisabled={!reason.trim()}
      onConfirm={async () => {
        await api.POST("/api/v1/nodes/{node}/revoke", { params: { path: { node: node.node } }, body: { reason } });
        await queries.invalidateQueries({ queryKey: ["nodes"] });
      }}
    >
      <p>Nothing is sent to it again, and no alert of it is taken in, for good. Its cameras stop.</p>
      <TextField label="Reason" isRequired value={reason} onChange={setReason} />
    </ConfirmDialog>
  );
}

function Invite({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const queries = useQueryClient();
  const invite = useMutation({
    mutationFn: async () => body(await api.POST("/api/v1/nodes", { body: { name } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["nodes"] }),
  });
  const made = invite.data;
  return (
    <Dialog title="Enrol a node" isOpen onClose={onClose} alert>
      {made ? (
        <>
          <p>At the machine, within an hour, type this. The code works once and is not shown again.</p>
          <pre className="mono command">{`openlfr node enrol --hub ${made.hub} --code ${made.code} --folder node`}</pre>
          <div className="actions">
            <Button kind="primary" onPress={onClose}>
              Done
            </Button>
          </div>
        </>
      ) : (
        <form
          noValidate
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            invite.mutate();
          }}
        >
          <TextField label="Name" hint="As people call the place or van: Van 1." value={name} onChange={setName} />
          {invite.error && <ProblemNotice problem={invite.error} />}
          <div className="actions">
            <Button onPress={onClose}>Cancel</Button>
            <Button type="submit" kind="primary" isDisabled={!name.trim() || invite.isPending}>
              Make a code
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

type OwedReceipt = Schemas["OwedReceiptView"];

function Owed({ nodes }: { nodes: readonly Node[] }) {
  const { holdsForHub } = useSession();
  const [writing, setWriting] = useState<OwedReceipt | null>(null);
  const found = useQuery({
    queryKey: ["nodes", "owed"],
    queryFn: async () => body(await api.GET("/api/v1/nodes/owed-receipts")),
  });
  return (
    <Panel title="Receipts still owed">
      <p className="soft">
        When a deployment is over, or a node is revoked, each list given to a node is waited for until the node has
        said, signed, that it destroyed it. What a revoked node is lost with can be written off.
      </p>
      <Shown
        of={{ ...found, data: found.data?.items }}
        what="receipts"
        empty={<Empty title="No receipt is waited for" />}
      >
        {(all) => (
          <Table
            label="Receipts still owed"
            rows={all}
            id={(row) => row.bundle}
            columns={[
              {
                title: "Node",
                show: (row) => nodes.find((each) => each.node === row.node)?.name ?? `node …${row.node.slice(-6)}`,
              },
              { title: "Deployment", show: (row) => <DeploymentLink deployment={row.deployment} /> },
              {
                title: "",
                show: (row) =>
                  holdsForHub("administrator", "authorising officer") &&
                  nodes.find((each) => each.node === row.node)?.revoked_at && (
                    <Button onPress={() => setWriting(row)}>Write off</Button>
                  ),
              },
            ]}
          />
        )}
      </Shown>
      {writing && <WriteOff owed={writing} onClose={() => setWriting(null)} />}
    </Panel>
  );
}

function WriteOff({ owed, onClose }: { owed: OwedReceipt; onClose: () => void }) {
  const [reason, setReason] = useState("");
  const queries = useQueryClient();
  return (
    <ConfirmDialog
      title="Write off a receipt"
      isOpen
      onClose={onClose}
      act="Write off"
      danger
      isDisabled={!reason.trim()}
      onConfirm={async () => {
        await api.POST("/api/v1/nodes/{node}/write-offs", {
          params: { path: { node: owed.node } },
          body: { bundle: owed.bundle, reason },
        });
        await queries.invalidateQueries({ queryKey: ["nodes"] });
      }}
    >
      <p>
        You state that this node is lost and will never say that it destroyed its list. The deletion record of the
        deployment says so for good.
      </p>
      <TextField label="Reason" isRequired value={reason} onChange={setReason} />
    </ConfirmDialog>
  );
}
