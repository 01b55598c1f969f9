import { useQuery } from "@tanstack/react-query";
import { api, body, type Schemas } from "../api/client";
import { useSession } from "../session/session";
import { Panel } from "../ui/Page";
import { Empty, Shown } from "../ui/States";
import { Table } from "../ui/Table";
import { Who } from "../ui/Who";
import { part } from "./part";

type Score = Schemas["KnownAnswerScoreView"];

/** Do people still look? Questions with a known answer among the alerts, and how they were answered. */
export function KnownAnswersPanel() {
  const { holds } = useSession();
  const found = useQuery({
    queryKey: ["known answers"],
    queryFn: async () => body(await api.GET("/api/v1/known-answers/scores")),
  });
  return (
    <Panel title={holds("auditor") ? "Known-answer alerts" : "Your known-answer alerts"}>
      <p>
        Some alerts are questions whose answer is known. They are marked in the record, counted nowhere, and show
        whether people still look. “Possible” and “cannot tell” are neither right nor wrong.
      </p>
      <Shown of={found} what="the answers" empty={<Empty title="No such question has been answered yet" />}>
        {(scores) => (
          <Table<Score>
            label="Known-answer alerts"
            rows={scores}
            id={(row) => row.staff ?? "nobody"}
            columns={[
              { title: "Who", show: (row) => (row.staff ? <Who staff={row.staff} /> : "nobody answered") },
              { title: "Same person", show: (row) => rightOf(row.same_right, row.same_wrong) },
              { title: "Two people", show: (row) => rightOf(row.different_right, row.different_wrong) },
              { title: "Undecided", show: (row) => row.undecided },
              { title: "Unanswered", show: (row) => row.unanswered },
              {
                title: "Right, 95 % interval",
                show: (row) =>
                  row.decided ? `${part(row.right / row.decided)} (${part(row.low)} to ${part(row.high)})` : "–",
              },
            ]}
          />
        )}
      </Shown>
    </Panel>
  );
}

function rightOf(right: number, wrong: number): string {
  return right + wrong ? `${right} of ${right + wrong} right` : "–";
}
