import { useQuery } from "@tanstack/react-query";
import { api, body } from "../api/client";
import { Facts, Panel } from "../ui/Page";
import { Shown } from "../ui/States";
import { inWords } from "./duration";

const yes = (value: boolean) => (value ? "yes" : "no");

/** What each jurisdiction demands. Profiles are part of the program: what holds is the same for everybody. */
export function ProfilePanel() {
  const found = useQuery({ queryKey: ["profiles"], queryFn: async () => body(await api.GET("/api/v1/profiles")) });
  return (
    <Shown of={found} what="jurisdictions">
      {(all) => (
        <div className="grid-two">
          {all.map((each) => (
            <Panel key={each.name} title={each.title}>
              <Facts
                of={[
                  ["Rests on", each.basis],
                  ["Version", each.version],
                  ["Aims", each.aims.join("; ") || "any use case"],
                  ["Judge or independent body", yes(each.external_authority)],
                  ["Urgent authority", each.urgent_authority ? `reviewed within ${inWords(each.urgent_review)}` : "no"],
                  ["Two people verify", yes(each.two_person_verification)],
                  ["Assessments", each.required_assessments.join("; ")],
                  ["Longest deployment", inWords(each.longest_window)],
                  ["Oldest watchlist", inWords(each.watchlist_age)],
                  ["Officers confirm every", inWords(each.officer_presence)],
                  ["Alerts expire after", inWords(each.alert_answer)],
                  ["Largest watchlist", each.largest_watchlist.toLocaleString()],
                  ["Most false alerts", `1 in ${Math.round(1 / each.false_alert_ceiling).toLocaleString()} faces`],
                ]}
              />
            </Panel>
          ))}
        </div>
      )}
    </Shown>
  );
}
