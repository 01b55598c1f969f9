import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { useSession } from "../session/session";
import { Page } from "../ui/Page";
import { CertificatePanel } from "./CertificatePanel";
import { OwnAccountPanel } from "./OwnAccountPanel";
import { ProfilePanel } from "./ProfilePanel";
import { RetentionPanel } from "./RetentionPanel";
import { WebhookPanel } from "./WebhookPanel";

export default function SettingsRoutes() {
  const { holds } = useSession();
  const parts = [
    { title: "My sign-in", Part: OwnAccountPanel, shown: true },
    { title: "Retention", Part: RetentionPanel, shown: true },
    { title: "Certificates", Part: CertificatePanel, shown: true },
    { title: "Jurisdiction", Part: ProfilePanel, shown: true },
    { title: "Webhooks", Part: WebhookPanel, shown: holds("administrator") },
  ].filter((each) => each.shown);
  return (
    <Page title="Settings">
      <Tabs className="tabs">
        <TabList className="tab-list" aria-label="Parts of the settings">
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
