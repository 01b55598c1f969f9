import { Page } from "../ui/Page";
import { Tabs } from "../ui/Tabs";
import { ExportPanel } from "./ExportPanel";
import { LogPanel } from "./LogPanel";
import { ReceiptPanel } from "./ReceiptPanel";
import { RightsPanel } from "./RightsPanel";
import { VerifyPanel } from "./VerifyPanel";

export default function AuditRoutes() {
  return (
    <Page
      title="Audit"
      below="Who did what, when, in which role and why; nobody can change it without being found out."
    >
      <Tabs
        label="Parts of the audit"
        parts={[
          { title: "Log", content: <LogPanel /> },
          { title: "Verify", content: <VerifyPanel /> },
          { title: "Deletion receipts", content: <ReceiptPanel /> },
          { title: "Rights requests", content: <RightsPanel /> },
          { title: "Export", content: <ExportPanel /> },
        ]}
      />
    </Page>
  );
}
