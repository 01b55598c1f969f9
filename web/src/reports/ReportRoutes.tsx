import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { useSession } from "../session/session";
import { Page } from "../ui/Page";
import { AnnualPanel } from "./AnnualPanel";
import { DeploymentPanel } from "./DeploymentPanel";
import { EvidencePanel, RegulatorPanel } from "./Disclosure";
import { KnownAnswersPanel } from "./KnownAnswersPanel";

export default function ReportRoutes() {
  const { holds } = useSession();
  const parts = [
    { title: "Deployments", Part: DeploymentPanel, shown: true },
    { title: "Annual report", Part: AnnualPanel, shown: holds("authorising officer") },
    { title: "Evidence", Part: EvidencePanel, shown: holds("authorising officer", "auditor") },
    { title: "Regulator", Part: RegulatorPanel, shown: holds("auditor") },
    { title: "Known answers", Part: KnownAnswersPanel, shown: holds("operator", "engagement officer", "auditor") },
  ].filter((each) => each.shown);
  return (
    <Page title="Reports" below="What is published, put up on the spot, and handed to a court or a regulator.">
      <Tabs className="tabs">
        <TabList className="tab-list" aria-label="Kinds of reports">
          {parts.map(({ title }) => (
            <Tab key={title} id={title} className="tab">
              {title}
            </Tab>
          ))}
        </TabList>
        {parts.map(({ title, Part }) => (
          <TabPanel key={title} id={title}>
            <Part />
          </TabPanel>
        ))}
      </Tabs>
    </Page>
  );
}
