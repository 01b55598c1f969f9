import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import { save } from "../api/save";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { Panel } from "../ui/Page";
import { ProblemNotice } from "../ui/States";

/** The log as a file for somebody outside, with proofs that they can check without this hub. */
export function ExportPanel() {
  const [recipient, setRecipient] = useState("");
  const [reason, setReason] = useState("");
  const make = useMutation({
    mutationFn: async () =>
      save(await api.POST("/api/v1/audit/export", { body: { recipient, reason }, parseAs: "blob" })),
  });
  return (
    <Panel title="Export for a regulator or a court">
      <div className="stack">
        <p>
          The whole log, each entry with its proof. <span className="mono">openlfr verify export</span> checks it
          anywhere. That it was exported, to whom and why, is itself an entry.
        </p>
        <TextField label="To whom" value={recipient} onChange={setRecipient} />
        <TextField label="Reason" lines={2} value={reason} onChange={setReason} />
        {make.error && <ProblemNotice problem={make.error} />}
        <div>
          <Button kind="primary" isDisabled={make.isPending || !recipient || !reason} onPress={() => make.mutate()}>
            {make.isPending ? "Making the file…" : "Export"}
          </Button>
        </div>
      </div>
    </Panel>
  );
}
