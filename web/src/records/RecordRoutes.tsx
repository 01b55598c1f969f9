import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, type Schemas } from "../api/client";
import { choices, useVocabulary } from "../api/vocabulary";
import { DeploymentSelect, useDeploymentInAddress } from "../deployments/DeploymentSelect";
import { Button } from "../ui/Button";
import { Select } from "../ui/Field";
import { Page, Panel } from "../ui/Page";
import { Pages } from "../ui/Pages";
import { Badge, Empty } from "../ui/States";
import { Table } from "../ui/Table";
import { Time } from "../ui/Time";
import { AlertRecordDialog } from "./AlertRecordDialog";
import { StatisticsPanel } from "./StatisticsPanel";

type ListedAlert = Schemas["ListedAlertView"];

const ANY = "any";

/** What came of the alerts of a deployment: decisions, outcomes, later results, and the published figures. */
export default function RecordRoutes() {
  const [deployment, setDeployment] = useDeploymentInAddress();
  return (
    <Page title="Records" below="Alerts with their decisions and outcomes, and what became of them later.">
      <Panel>
        <DeploymentSelect value={deployment} onChange={setDeployment} />
      </Panel>
      {deployment === null ? (
        <Empty title="Choose a deployment" />
      ) : (
        <>
          <StatisticsPanel deployment={deployment} />
          <Alerts deployment={deployment} />
        </>
      )}
    </Page>
  );
}

function Alerts({ deployment }: { deployment: string }) {
  const vocabulary = useVocabulary().data;
  const [state, setState] = useState(ANY);
  const [opened, setOpened] = useState<string | null>(null);
  const found = useInfiniteQuery({
    queryKey: ["alerts", deployment, "records", state],
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam }) =>
      body(
        await api.GET("/api/v1/deployments/{deployment}/alerts", {
          params: {
            path: { deployment },
            query: {
              ...(state === ANY ? {} : { state: [state as ListedAlert["state"]] }),
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
        }),
      ),
    getNextPageParam: (page) => page.next,
  });
  return (
    <Panel title="Alerts">
      <div className="stack">
        <Select
          label="State"
          value={state}
          onChange={setState}
          options={[{ id: ANY, text: "Any" }, ...choices(vocabulary, "alert_states")]}
        />
        <Pages of={found} what="alerts" empty={<Empty title="No alert" />}>
          {(alerts) => (
            <Table<ListedAlert>
              label="Alerts"
              rows={alerts}
              id={(row) => row.alert}
              columns={[
                {
                  title: "Captured",
                  show: (row) => (
                    <Button kind="plain" onPress={() => setOpened(row.alert)}>
                      <Time at={row.captured_at} />
                    </Button>
                  ),
                },
                {
                  title: "State",
                  show: (row) => (
                    <span className="row">
                      <Badge>{row.state}</Badge>
                      {row.test && <Badge tone="accent">test</Badge>}
                    </span>
                  ),
                },
                { title: "Judged", show: (row) => row.decided ?? "–" },
                { title: "Published as", show: (row) => row.published ?? "–" },
                { title: "Outcome", show: (row) => row.engagement?.outcome ?? "–" },
                { title: "Later", show: (row) => row.later_results.at(-1)?.result ?? "–" },
              ]}
            />
          )}
        </Pages>
        {opened && <AlertRecordDialog alert={opened} onClose={() => setOpened(null)} />}
      </div>
    </Panel>
  );
}
