import { actWords, useVocabulary } from "../api/vocabulary";
import { Button } from "../ui/Button";
import { Badge, Empty, Shown } from "../ui/States";
import { Table } from "../ui/Table";
import { Time } from "../ui/Time";
import { useTimeline } from "./queries";

/** What was done, by whom and when, as the audit log has it. */
export function Timeline({ deployment }: { deployment: string }) {
  const found = useTimeline(deployment);
  const vocabulary = useVocabulary().data;
  return (
    <>
      <Shown
        of={{ ...found, data: found.data?.pages.flatMap((page) => page.items) }}
        what="the timeline"
        empty={<Empty title="Nothing yet" />}
      >
        {(entries) => (
          <Table
            label="Timeline"
            rows={entries}
            id={(row) => String(row.sequence)}
            columns={[
              { title: "When", show: (row) => <Time at={row.recorded_at} /> },
              {
                title: "What",
                show: (row) => (
                  <span className="row">
                    {actWords(vocabulary, row.act)}
                    {row.refused && <Badge tone="warn">refused</Badge>}
                  </span>
                ),
              },
              { title: "As", show: (row) => row.role || "the hub itself" },
              { title: "Entry", show: (row) => <span className="number">{row.sequence}</span> },
            ]}
          />
        )}
      </Shown>
      {found.hasNextPage && <Button onPress={() => void found.fetchNextPage()}>Show more</Button>}
    </>
  );
}
