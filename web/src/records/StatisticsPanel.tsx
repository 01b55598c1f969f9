import { useQuery } from "@tanstack/react-query";
import { api, body } from "../api/client";
import { Problem } from "../api/problem";
import { capital } from "../api/vocabulary";
import { Figures, Panel } from "../ui/Page";
import { Shown } from "../ui/States";

/** The columns that are published for a deployment, as they stand now. */
export function StatisticsPanel({ deployment }: { deployment: string }) {
  const found = useQuery({
    queryKey: ["deployment", deployment, "statistics"],
    queryFn: async () =>
      body(await api.GET("/api/v1/deployments/{deployment}/statistics", { params: { path: { deployment } } })),
  });
  if (found.error instanceof Problem && found.error.status === 409) {
    return (
      <Panel title="Published figures">
        <p className="soft">{found.error.message}</p>
      </Panel>
    );
  }
  return (
    <Panel title="Published figures">
      <Shown of={found} what="figures">
        {(all) => (
          <div className="stack">
            <Figures
              of={[
                ["Faces seen", all.faces_seen.toLocaleString()],
                ["People on the list", all.watchlist_size.toLocaleString()],
                ["Alerts", all.total_alerts],
                ...Object.entries(all.classes).map(([name, count]) => [capital(name), count] as const),
                ["Not classified yet", all.unclassified],
                ...Object.entries(all.outcomes).map(([name, count]) => [capital(name), count] as const),
                ["False alerts per face", rate(all.false_alert_rate)],
                ["Under 18", all.under_18_alerts],
                ["False engagements over five minutes", all.long_false_engagements],
              ]}
            />
            {all.faces_seen_method && <p className="soft small">Faces are counted by {all.faces_seen_method}.</p>}
          </div>
        )}
      </Shown>
    </Panel>
  );
}

/** "1 in 314,744": the form in which forces publish it. */
export function rate(value: number | null): string {
  if (value === null) return "–";
  return value === 0 ? "none" : `1 in ${Math.round(1 / value).toLocaleString()}`;
}
