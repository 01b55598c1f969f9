import { useInfiniteQuery } from "@tanstack/react-query";
import { api, body } from "../api/client";
import { Panel } from "../ui/Page";
import { Pages } from "../ui/Pages";
import { Empty } from "../ui/States";
import { Table } from "../ui/Table";
import { Time } from "../ui/Time";

export function ReceiptPanel() {
  const found = useInfiniteQuery({
    queryKey: ["receipts"],
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam }) =>
      body(await api.GET("/api/v1/retention/receipts", { params: { query: pageParam ? { cursor: pageParam } : {} } })),
    getNextPageParam: (page) => page.next,
  });
  return (
    <Panel>
      <Pages of={found} what="receipts" empty={<Empty title="Nothing was destroyed yet" />}>
        {(receipts) => (
          <Table
            label="Deletion receipts"
            rows={receipts}
            id={(row) => row.id}
            columns={[
              { title: "Finished", show: (row) => <Time at={row.finished_at} /> },
              { title: "What", show: (row) => row.data_class },
              { title: "Record", show: (row) => <span className="mono">{row.record_id}</span> },
              { title: "Keys destroyed", show: (row) => <span className="number">{row.keys.length}</span> },
              {
                title: "Rows",
                show: (row) => (
                  <span className="number">{Object.values(row.rows).reduce((sum, count) => sum + count, 0)}</span>
                ),
              },
              { title: "Policy", show: (row) => row.policy_version },
            ]}
          />
        )}
      </Pages>
    </Panel>
  );
}
