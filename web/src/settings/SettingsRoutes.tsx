import { useSession } from "../session/session";
import { Page } from "../ui/Page";
import { Tabs } from "../ui/Tabs";
import { CertificatePanel } from "./CertificatePanel";
import { OwnAccountPanel } from "./OwnAccountPanel";
import { ProfilePanel } from "./ProfilePanel";
import { RetentionPanel } from "./RetentionPanel";
import { WebhookPanel } from "./WebhookPanel";

export default function SettingsRoutes() {
  const { holdsForHub } = useSession();
  return (
    <Page title="Settings" below="Your own sign-in, and the rules that hold for everybody at this hub.">
      <Tabs
        label="Parts of the settings"
        parts={[
          { title: "My sign-in", content: <OwnAccountPanel /> },
          { title: "Retention", content: <RetentionPanel /> },
          { title: "Certificates", content: <CertificatePanel /> },
          { title: "Jurisdiction", content: <ProfilePanel /> },
          { title: "Webhooks", content: <WebhookPanel />, shown: holdsForHub("administrator") },
        ]}
      />
    </Page>
  );
}
