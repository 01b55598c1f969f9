import { useState } from "react";
import { api } from "../api/client";
import { save } from "../api/save";
import { DeploymentSelect } from "../deployments/DeploymentSelect";
import { useSession } from "../session/session";
import { TextField } from "../ui/Field";
import { Panel } from "../ui/Page";
import { FIGURES, FileButtons, PAGES } from "./FileButtons";

const SIGNS = [
  ["sign-a2.pdf", "Sign, A2"],
  ["sign-a3.pdf", "Sign, A3"],
  ["leaflet.pdf", "Leaflet"],
  ["notice.html", "Web page"],
  ["signed", "Everything, signed"],
] as const;

/** What belongs to one deployment: its record, the annex to its assessments, its notices. */
export function DeploymentPanel() {
  const [deployment, setDeployment] = useState<string | null>(null);
  const { holdsForHub } = useSession();
  return (
    <div className="stack">
      <Panel>
        <DeploymentSelect value={deployment} onChange={setDeployment} />
      </Panel>
      {deployment && (
        <>
          <Panel title="Deployment record">
            <div className="stack">
              <p>The columns that forces publish, checked: what does not add up, or has an open class, is refused.</p>
              <FileButtons
                files={FIGURES}
                get={async (form) =>
                  save(
                    await api.GET("/api/v1/deployments/{deployment}/record", {
                      params: { path: { deployment }, query: { form } },
                      parseAs: "blob",
                    }),
                  )
                }
              />
            </div>
          </Panel>
          <Panel title="Annex to the impact assessments">
            <div className="stack">
              <p>
                What this deployment means for everybody who is not looked for, from its terms and the retention policy.
              </p>
              <FileButtons
                files={PAGES}
                get={async (form) =>
                  save(
                    await api.GET("/api/v1/deployments/{deployment}/impact-annex", {
                      params: { path: { deployment }, query: { form } },
                      parseAs: "blob",
                    }),
                  )
                }
              />
            </div>
          </Panel>
          <Notices deployment={deployment} />
          {holdsForHub("auditor") && <Notification deployment={deployment} />}
        </>
      )}
    </div>
  );
}

function Notices({ deployment }: { deployment: string }) {
  const [page, setPage] = useState("");
  const [contact, setContact] = useState("");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <Panel title="Signs, leaflet and web notice">
      <div className="stack">
        <div className="grid-two">
          <TextField label="Address of the public page" type="url" value={page} onChange={setPage} />
          <TextField
            label="Contact"
            hint="How people reach whoever answers for the data."
            value={contact}
            onChange={setContact}
          />
        </div>
        <p className="soft">Times are told in the zone of this computer, {zone}.</p>
        <FileButtons
          files={SIGNS}
          isDisabled={!page || !contact}
          get={async (file) =>
            save(
              await api.POST("/api/v1/deployments/{deployment}/notices", {
                params: { path: { deployment } },
                body: { page, contact, time_zone: zone, file },
                parseAs: "blob",
              }),
            )
          }
        />
      </div>
    </Panel>
  );
}

function Notification({ deployment }: { deployment: string }) {
  const [recipient, setRecipient] = useState("");
  const [reason, setReason] = useState("");
  return (
    <Panel title="Notification of this use to an authority">
      <div className="stack">
        <p>As Article 5(4) of Regulation (EU) 2024/1689 asks. To whom it went is in the audit log.</p>
        <TextField label="To which authority" value={recipient} onChange={setRecipient} />
        <TextField label="Reason" value={reason} onChange={setReason} />
        <FileButtons
          files={PAGES}
          isDisabled={!recipient.trim() || !reason.trim()}
          get={async (form) =>
            save(
              await api.POST("/api/v1/deployments/{deployment}/use-notification", {
                params: { path: { deployment } },
                body: { recipient, reason, form },
                parseAs: "blob",
              }),
            )
          }
        />
      </div>
    </Panel>
  );
}
