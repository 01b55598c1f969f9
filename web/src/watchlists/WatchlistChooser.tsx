import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "react-router";
import { api, body } from "../api/client";
import { DeploymentSelect, useDeploymentInAddress } from "../deployments/DeploymentSelect";
import { useSession } from "../session/session";
import { Button } from "../ui/Button";
import { Page, Panel } from "../ui/Page";
import { Badge, Empty, ProblemNotice, Shown } from "../ui/States";
import { Table } from "../ui/Table";
import { Time } from "../ui/Time";
import { useWatchlists, type Watchlist } from "./queries";

/** Lists belong to a deployment: choose one, then see or begin its lists. */
export function WatchlistChooser() {
  const [deployment, setDeployment] = useDeploymentInAddress();
  const { holds } = useSession();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const begin = useMutation({
    mutationFn: async (of: string) =>
      body(await api.POST("/api/v1/deployments/{deployment}/watchlists", { params: { path: { deployment: of } } })),
    onSuccess: async (list) => {
      await queries.invalidateQueries({ queryKey: ["watchlists"] });
      await navigate(`/watchlists/${list.watchlist}`);
    },
  });
  const lists = useWatchlists(deployment);
  return (
    <Page
      title="Watchlists"
      below="Each is drawn for one deployment, approved by somebody who did not build it, and destroyed with it."
    >
      <Panel>
        <div className="stack">
          <DeploymentSelect value={deployment} onChange={setDeployment} />
          {begin.error && <ProblemNotice problem={begin.error} />}
          {deployment === null ? (
            <Empty title="Choose a deployment" />
          ) : (
            <Shown
              of={lists}
              what="watchlists"
              empty={
                <Empty title="No watchlist yet">
                  <p>One is built once the deployment is authorised, at most a day before it begins.</p>
                </Empty>
              }
            >
              {(found) => <Lists lists={found} />}
            </Shown>
          )}
          {deployment !== null && holds("watchlist manager") && (
            <div>
              <Button kind="primary" isDisabled={begin.isPending} onPress={() => begin.mutate(deployment)}>
                Begin a watchlist
              </Button>
            </div>
          )}
        </div>
      </Panel>
    </Page>
  );
}

function Lists({ lists }: { lists: readonly Watchlist[] }) {
  return (
    <Table
      label="Watchlists"
      rows={lists}
      id={(row) => row.watchlist}
      columns={[
        {
          title: "Drawn",
          show: (row) => (
            <Link to={`/watchlists/${row.watchlist}`}>
              <Time at={row.drawn_at} />
            </Link>
          ),
        },
        { title: "State", show: (row) => <ListState state={row.state} /> },
        { title: "People", show: (row) => <span className="number">{row.size}</span> },
        { title: "Testers", show: (row) => <span className="number">{row.testers}</span> },
        { title: "Waiting for review", show: (row) => <span className="number">{row.waiting}</span> },
        { title: "Frozen", show: (row) => <Time at={row.frozen_at} /> },
      ]}
    />
  );
}

export function ListState({ state }: { state: Watchlist["state"] }) {
  const tone = { building: "accent", approved: "good", frozen: "good", destroyed: undefined } as const;
  return <Badge tone={tone[state]}>{state}</Badge>;
}
