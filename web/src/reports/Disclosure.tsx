import { type ReactNode, useState } from "react";
import { api } from "../api/client";
import { save } from "../api/save";
import { TextField } from "../ui/Field";
import { Panel } from "../ui/Page";
import { FileButtons } from "./FileButtons";

interface Disclosed {
  recipient: string;
  reason: string;
}

/** Asks to whom something goes and why; both are in the audit log before the file is made. */
function Disclosure({
  title,
  act,
  children,
  isDisabled,
  get,
}: {
  title: string;
  act: string;
  children: ReactNode;
  isDisabled?: boolean;
  get: (disclosed: Disclosed) => Promise<void>;
}) {
  const [recipient, setRecipient] = useState("");
  const [reason, setReason] = useState("");
  return (
    <Panel title={title}>
      <div className="stack">
        {children}
        <TextField label="To whom" value={recipient} onChange={setRecipient} />
        <TextField label="Reason" lines={2} value={reason} onChange={setReason} />
        <FileButtons
          files={[["zip", act]]}
          isDisabled={isDisabled === true || !recipient.trim() || !reason.trim()}
          get={() => get({ recipient, reason })}
        />
      </div>
    </Panel>
  );
}

/** Everything about one alert, handed out. */
export function EvidencePack({ alert }: { alert: string }) {
  return (
    <Disclosure
      title="Evidence pack"
      act="Hand out the evidence"
      isDisabled={!alert}
      get={async (disclosed) =>
        save(
          await api.POST("/api/v1/alerts/{alert}/evidence-pack", {
            params: { path: { alert } },
            body: disclosed,
            parseAs: "blob",
          }),
        )
      }
    >
      <p>
        Both pictures, scores, decisions and proofs, for a court or a complaint.{" "}
        <span className="mono">openlfr evidence verify</span> checks it anywhere. It is about a person: keep it as such.
      </p>
    </Disclosure>
  );
}

/** The evidence of an alert that somebody asks for by its number. */
export function EvidencePanel() {
  const [alert, setAlert] = useState("");
  return (
    <div className="stack">
      <Panel>
        <TextField
          label="Alert"
          hint="Its identifier, as the complaint, the record or the audit log names it."
          value={alert}
          onChange={(text) => setAlert(text.trim())}
        />
      </Panel>
      <EvidencePack alert={alert} />
    </div>
  );
}

export function RegulatorPanel() {
  return (
    <Disclosure
      title="Export for a regulator"
      act="Export everything"
      get={async (disclosed) => save(await api.POST("/api/v1/regulator-export", { body: disclosed, parseAs: "blob" }))}
    >
      <p>
        The whole audit log with its proofs, every authority, certificate and receipt, and the reports; no picture and
        nothing of a watchlist. <span className="mono">openlfr report verify</span> checks it anywhere. It may take
        minutes.
      </p>
    </Disclosure>
  );
}
