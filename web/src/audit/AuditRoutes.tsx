import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { Page } from "../ui/Page";
import { ExportPanel } from "./ExportPanel";
import { LogPanel } from "./LogPanel";
import { ReceiptPanel } from "./ReceiptPanel";
import { RightsPanel } from "./RightsPanel";
import { VerifyPanel } from "./VerifyPanel";

const PARTS = [
  ["Log", LogPanel],
  ["Verify", VerifyPanel],
  ["Deletion receipts", ReceiptPanel],
  ["Rights requests", RightsPanel],
  ["Export", ExportPanel],
] as const;

export default function AuditRoutes() {
  return (
    <Page
      title="Audit"
      below="Who did what, when, in which role and why; nobody can change it without being found out."
    >
      <Tabs className="tabs">
        <TabList className="tab-list" aria-label="Parts of the audit">
          {PARTS.map(([title]) => (
            <Tab key={title} id={title} className="tab">
              {title}
            </Tab>
          ))}
        </TabList>
        {PARTS.map(([title, Part]) => (
          <TabPanel key={title} id={title}>
            <Part />
          </TabPanel>
        ))}
      </Tabs>
    </Page>
  );
}
