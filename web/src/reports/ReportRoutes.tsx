import { useSession } from "../session/session";
import { Page } from "../ui/Page";
import { Tabs } from "../ui/Tabs";
import { AnnualPanel } from "./AnnualPanel";
import { DeploymentPanel } from "./DeploymentPanel";
import { EvidencePanel, RegulatorPanel } from "./Disclosure";
import { KnownAnswersPanel } from "./KnownAnswersPanel";

export default function ReportRoutes() {
  const { holds, holdsForHub } = useSession();
  return (
    <Page title="Reports" below="What is published, put up on the spot, and handed to a court or a regulator.">
      <Tabs
        label="Kinds of reports"
        parts={[
          { title: "Deployments", content: <DeploymentPanel /> },
          { title: "Annual report", content: <AnnualPanel />, shown: holds("authorising officer") },
          { title: "Evidence", content: <EvidencePanel />, shown: holds("authorising officer", "auditor") },
          { title: "Regulator", content: <RegulatorPanel />, shown: holdsForHub("auditor") },
          {
            title: "Known answers",
            content: <KnownAnswersPanel />,
            shown: holds("operator", "engagement officer", "auditor"),
          },
        ]}
      />
    </Page>
  );
}
