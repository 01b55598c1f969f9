import { type ReactNode, useState } from "react";
import { api, body } from "../api/client";
import { save } from "../api/save";
import { TextField } from "../ui/Field";
import { JobProgress } from "../ui/JobProgress";
import { Panel } from "../ui/Page";
import { Time } from "../ui/Time";
import { counted } from "../ui/words";
import { FileButtons } from "./FileButtons";

interface Disclosed {
  recipient: string;
  reason: string;
}

/** Asks to whom something goes and why; both are in the audit log before the file is made. */
function Disclosure({
  title,
  files,
  children,
  isDisabled,
  get,
}: {
  title: string;
  files: readonly (readonly [string, string])[];
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
          files={files}
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
      files={[["zip", "Hand out the evidence"]]}
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

/** Everything for a regulator: made as a job, for it may be years of records, and fetched when it is there. */
export function RegulatorPanel() {
  const [job, setJob] = useState<string | null>(null);
  return (
    <div className="stack">
      <Disclosure
        title="Export for a regulator"
        files={[["begin", "Make the export"]]}
        get={async (disclosed) => {
          setJob(body(await api.POST("/api/v1/regulator-export", { body: disclosed })).job);
        }}
      >
        <p>
          The whole audit log with its proofs, every authority, certificate and receipt, and the reports; no picture and
          nothing of a watchlist. <span className="mono">openlfr report verify</span> checks it anywhere.
        </p>
      </Disclosure>
      {job && (
        <Panel>
          <JobProgress job={job} label="Export" key={job}>
            {({ result }) =>
              result?.of === "regulator export" && (
                <p>
                  <a href={`/api/v1/regulator-export/${result.export}`} download>
                    Save the export
                  </a>{" "}
                  ({counted(result.files, "file")}, {(result.size_bytes / 1e6).toFixed(1)} MB). The hub keeps it until{" "}
                  <Time at={result.kept_until} clock />.
                </p>
              )
            }
          </JobProgress>
        </Panel>
      )}
    </div>
  );
}
