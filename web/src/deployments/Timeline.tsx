import { capital } from "../api/vocabulary";
import { Deed } from "../audit/Deed";
import { Panel } from "../ui/Page";
import { Pages } from "../ui/Pages";
import { Empty } from "../ui/States";
import { Table } from "../ui/Table";
import { Time } from "../ui/Time";
import { useTimeline } from "./queries";

/** What was done, in which role and when, as the audit log has it. */
export function Timeline({ deployment }: { deployment: string }) {
  const found = useTimeline(deployment);
  return (
    <Panel>
      <Pages of={found} what="the timeline" empty={<Empty title="Nothing yet" />}>
        {(entries) => (
          <Table
            label="Timeline"
            rows={entries}
            id={(row) => String(row.sequence)}
            columns={[
              { title: "When", show: (row) => <Time at={row.recorded_at} /> },
              { title: "What", show: (row) => <Deed act={row.act} refused={row.refused} /> },
              { title: "As", show: (row) => capital(row.role || "the hub itself") },
              { title: "Entry", show: (row) => <span className="number">{row.sequence}</span> },
            ]}
          />
        )}
      </Pages>
    </Panel>
  );
}
