import { useState } from "react";
import { Link } from "react-router";
import { choices, useVocabulary } from "../api/vocabulary";
import { useSession } from "../session/session";
import { ButtonLink } from "../ui/Button";
import { Select, TextField } from "../ui/Field";
import { Page, Panel } from "../ui/Page";
import { Pages } from "../ui/Pages";
import { Empty } from "../ui/States";
import { Table } from "../ui/Table";
import { Time } from "../ui/Time";
import { type State, type Summary, useDeployments } from "./queries";
import { RehearsalBadge, StateBadge } from "./StateBadge";

const ANY = "any";

export function DeploymentList() {
  const { holds } = useSession();
  const [state, setState] = useState<string>(ANY);
  const [site, setSite] = useState("");
  const vocabulary = useVocabulary().data;
  const found = useDeployments(state === ANY ? [] : [state as State], site);
  return (
    <Page
      title="Deployments"
      below="Where, when, who and why: every deployment from its draft to its review."
      actions={
        holds("applicant") && (
          <ButtonLink kind="primary" to="/deployments/new">
            New application
          </ButtonLink>
        )
      }
    >
      <Panel>
        <div className="stack">
          <div className="grid-two">
            <TextField label="Site" type="search" value={site} onChange={setSite} />
            <Select
              label="State"
              value={state}
              onChange={setState}
              options={[{ id: ANY, text: "Any" }, ...choices(vocabulary, "deployment_states")]}
            />
          </div>
          <Pages
            of={found}
            what="deployments"
            empty={
              <Empty title="No deployment here">
                <p>{site || state !== ANY ? "Search for something else." : "An applicant begins one."}</p>
              </Empty>
            }
          >
            {(all) => (
              <Table<Summary>
                label="Deployments"
                rows={all}
                id={(row) => row.deployment}
                columns={[
                  {
                    title: "Site",
                    show: (row) => (
                      <span className="row">
                        <Link to={`/deployments/${row.deployment}`}>{row.site || "Without a site yet"}</Link>
                        {row.rehearsal && <RehearsalBadge />}
                      </span>
                    ),
                  },
                  { title: "State", show: (row) => <StateBadge state={row.state} /> },
                  { title: "From", show: (row) => <Time at={row.window.start} /> },
                  { title: "To", show: (row) => <Time at={row.window.end} /> },
                  { title: "Use case", show: (row) => row.use_case },
                  { title: "Force", show: (row) => row.controller },
                  { title: "Cameras", show: (row) => <span className="number">{row.cameras}</span> },
                  { title: "On the list", show: (row) => <span className="number">{row.watchlist_size || "–"}</span> },
                ]}
              />
            )}
          </Pages>
        </div>
      </Panel>
    </Page>
  );
}
