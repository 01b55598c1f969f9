import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useParams } from "react-router";
import { api, body } from "../api/client";
import { capital } from "../api/vocabulary";
import { DeploymentLink } from "../deployments/DeploymentLink";
import { useDeployment } from "../deployments/queries";
import { useSession } from "../session/session";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { TextField } from "../ui/Field";
import { Facts, Figures, Page, Panel } from "../ui/Page";
import { Badge, Empty, Notice, Shown } from "../ui/States";
import { Table } from "../ui/Table";
import { Tabs } from "../ui/Tabs";
import { Time } from "../ui/Time";
import { useToast } from "../ui/Toasts";
import { ImportPanel } from "./ImportPanel";
import { LookAlikes } from "./LookAlikes";
import { useComposition, useDeliveries, useWatchlist, type Watchlist } from "./queries";
import { ReviewPanel } from "./ReviewPanel";
import { ListState } from "./WatchlistChooser";

type Asked = "accept-clean" | "approve" | "freeze" | "destroy";

const SAYS: Record<Asked, { title: string; verb: string; says: string; danger?: boolean }> = {
  "accept-clean": {
    title: "Accept the clean ones",
    verb: "Accept what nothing is said against",
    says: "Every waiting person without a finding is accepted. The others wait for your eye.",
  },
  approve: {
    title: "Approve the watchlist",
    verb: "Approve",
    says: "You say that everybody on this list is necessary and proportionate here. Nobody can be added any more.",
  },
  freeze: {
    title: "Freeze the watchlist",
    verb: "Freeze",
    says: "The list gets its hash. From now on people can only be taken off.",
  },
  destroy: {
    title: "Destroy the watchlist",
    verb: "Destroy",
    says: "The list's key is destroyed: nobody can read it again, here or in a backup.",
    danger: true,
  },
};

export function WatchlistPage() {
  const { watchlist = "" } = useParams();
  const found = useWatchlist(watchlist);
  return (
    <Shown of={found} what="the watchlist">
      {(list) => <List list={list} />}
    </Shown>
  );
}

function List({ list }: { list: Watchlist }) {
  const { session, holds } = useSession();
  const [asked, setAsked] = useState<Asked | null>(null);
  const manager = holds("watchlist manager");
  const reviewer = holds("watchlist manager", "authorising officer");
  const building = list.state === "building";
  const complete = building && list.import_finished && list.waiting === 0 && list.size > 0;
  const built = list.builders.includes(session.staff);
  return (
    <Page
      title="Watchlist"
      below={
        <span className="row">
          <ListState state={list.state} />
          <DeploymentLink deployment={list.deployment} />
          <span>
            drawn <Time at={list.drawn_at} />
          </span>
        </span>
      }
      actions={
        <>
          {building && reviewer && list.waiting > 0 && (
            <Button onPress={() => setAsked("accept-clean")}>Accept the clean ones</Button>
          )}
          {complete && reviewer && !built && (
            <Button kind="primary" onPress={() => setAsked("approve")}>
              Approve
            </Button>
          )}
          {list.state === "approved" && manager && (
            <Button kind="primary" onPress={() => setAsked("freeze")}>
              Freeze
            </Button>
          )}
          {manager && list.state !== "destroyed" && (
            <Button kind="danger" onPress={() => setAsked("destroy")}>
              Destroy
            </Button>
          )}
        </>
      }
    >
      {asked && <ListAct asked={asked} list={list} onClose={() => setAsked(null)} />}
      <Figures
        of={[
          ["People", list.size],
          ["Testers among them", list.testers],
          ["Waiting for review", list.waiting],
        ]}
      />
      {complete && built && (
        <Notice>
          <p>Everybody is reviewed. You built this list, so somebody else approves it.</p>
        </Notice>
      )}
      {!list.import_finished && (
        <Notice tone="warn">
          <p>An import runs, or was interrupted. If it stands still, send the same file again: it goes on.</p>
        </Notice>
      )}
      <Tabs
        label="Parts of the watchlist"
        first={building && manager && !list.size && !list.waiting ? "Import" : "People"}
        parts={[
          { title: "Import", content: <ImportPanel list={list} />, shown: building && manager },
          { title: "People", content: <ReviewPanel list={list} /> },
          { title: "Look-alikes", content: <LookAlikes watchlist={list.watchlist} /> },
          { title: "Composition", content: <Composition watchlist={list.watchlist} /> },
          { title: "Copies", content: <Copies list={list} /> },
        ]}
      />
    </Page>
  );
}

function ListAct({ asked, list, onClose }: { asked: Asked; list: Watchlist; onClose: () => void }) {
  const queries = useQueryClient();
  const say = useToast();
  const [reason, setReason] = useState("");
  const { title, verb, says, danger } = SAYS[asked];
  const at = { params: { path: { watchlist: list.watchlist } } };
  const seen = { version: list.version };
  const send: Record<Asked, () => Promise<string>> = {
    "accept-clean": async () => {
      const done = body(await api.POST("/api/v1/watchlists/{watchlist}/accept-clean", { ...at, body: seen }));
      return `${done.accepted} accepted.`;
    },
    approve: async () => {
      await api.POST("/api/v1/watchlists/{watchlist}/approve", { ...at, body: seen });
      return "The list is approved.";
    },
    freeze: async () => {
      await api.POST("/api/v1/watchlists/{watchlist}/freeze", { ...at, body: seen });
      return "The list is frozen. It can be attached to its deployment.";
    },
    destroy: async () => {
      await api.POST("/api/v1/watchlists/{watchlist}/destroy", { ...at, body: { ...seen, reason } });
      return "The list is destroyed.";
    },
  };
  return (
    <ConfirmDialog
      title={title}
      isOpen
      onClose={onClose}
      act={verb}
      danger={danger ?? false}
      isDisabled={asked === "destroy" && !reason.trim()}
      onConfirm={async () => {
        say(await send[asked]());
        await queries.invalidateQueries({ queryKey: ["watchlist", list.watchlist] });
        await queries.invalidateQueries({ queryKey: ["watchlists"] });
      }}
    >
      <p>{says}</p>
      {asked === "destroy" && <TextField label="Reason" lines={3} isRequired value={reason} onChange={setReason} />}
    </ConfirmDialog>
  );
}

function Composition({ watchlist }: { watchlist: string }) {
  const found = useComposition(watchlist);
  return (
    <Shown of={found} what="the composition">
      {(all) => (
        <Panel title="When it was frozen, without testers">
          <div className="stack">
            <p className="soft">A person may be in several categories.</p>
            <Facts
              of={[
                ["People", all.people],
                ["Under 18", all.under_18],
                ...Object.entries(all.categories).map(([name, count]) => [capital(name), count] as const),
              ]}
            />
          </div>
        </Panel>
      )}
    </Shown>
  );
}

function Copies({ list }: { list: Watchlist }) {
  const found = useDeliveries(list.watchlist);
  const cameras = useDeployment(list.deployment).data?.authority?.terms.cameras ?? [];
  const camerasAt = (node: string) =>
    cameras
      .filter((each) => each.node === node)
      .map((each) => each.name)
      .join("; ") || `node …${node.slice(-6)}`;
  return (
    <Shown
      of={found}
      what="the copies"
      empty={
        <Empty title="No copy was made">
          <p>Nodes get theirs, sealed to them, when the list is attached and its deployment has a plan.</p>
        </Empty>
      }
    >
      {(all) => (
        <Panel title="Copies made for nodes">
          <Table
            label="Copies"
            rows={all}
            id={(row) => `${row.bundle} ${row.node}`}
            columns={[
              { title: "Node of", show: (row) => camerasAt(row.node) },
              { title: "Made", show: (row) => <Time at={row.made_at} /> },
              {
                title: "Destroyed there",
                show: (row) =>
                  row.destroyed_at ? <Time at={row.destroyed_at} /> : <Badge tone="warn">receipt still owed</Badge>,
              },
            ]}
          />
        </Panel>
      )}
    </Shown>
  );
}
