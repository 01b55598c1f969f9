import type { Schemas } from "../api/client";
import { Button } from "../ui/Button";
import { Time } from "../ui/Time";

export type Invitation = { account: Schemas["AccountView"]; link: string; expires_at: string };

export function InvitationLink({ invitation, onClose }: { invitation: Invitation; onClose: () => void }) {
  return (
    <>
      <p>
        Hand this link to {invitation.account.sign_in_name} yourself. It works once, until{" "}
        <Time at={invitation.expires_at} />, and is not shown again.
      </p>
      <pre className="mono command">{invitation.link}</pre>
      <div className="actions">
        <Button onPress={() => void navigator.clipboard.writeText(invitation.link)}>Copy</Button>
        <Button kind="primary" onPress={onClose}>
          Done
        </Button>
      </div>
    </>
  );
}
