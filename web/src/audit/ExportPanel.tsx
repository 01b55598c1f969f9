import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { unsafeHeaders } from "../api/client";
import { problemOf } from "../api/problem";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { Panel } from "../ui/Page";
import { ProblemNotice } from "../ui/States";

/** The log as a file for somebody outside, with proofs that they can check without this hub. */
export function ExportPanel() {
  const [recipient, setRecipient] = useState("");
  const [reason, setReason] = useState("");
  const make = useMutation({
    mutationFn: async () => {
      // The answer is a file, so it is taken as one and not as JSON.
      const response = await fetch("/api/v1/audit/export", {
        method: "POST",
        headers: { "Content-Type": "application/json", ...unsafeHeaders() },
        body: JSON.stringify({ recipient, reason }),
      });
      if (!response.ok) throw await problemOf(response);
      const address = URL.createObjectURL(await response.blob());
      const link = document.createElement("a");
      link.href = address;
      link.download = "audit-export.jsonl";
      link.click();
      URL.revokeObjectURL(address);
    },
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
