import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../api/client";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { JobProgress } from "../ui/JobProgress";
import { Panel } from "../ui/Page";
import { Notice, ProblemNotice } from "../ui/States";
import { counted } from "../ui/words";

/** Two questions an auditor asks: is the log whole, and is anything left of what was destroyed? */
export function VerifyPanel() {
  return (
    <div className="grid-two">
      <LogCheck />
      <DeletionCheck />
    </div>
  );
}

function LogCheck() {
  const [heads, setHeads] = useState("");
  const begin = useMutation({
    mutationFn: async () =>
      body(
        await api.POST("/api/v1/audit/verify", {
          body: {
            heads: heads
              .split("\n")
              .map((line) => line.trim())
              .filter(Boolean),
          },
        }),
      ),
  });
  return (
    <Panel title="Is the log whole?">
      <div className="stack">
        <TextField
          label="Heads noted elsewhere"
          hint="One a line, as SIZE:ROOT. They show whether the log was cut short or rewritten since."
          lines={3}
          value={heads}
          onChange={setHeads}
        />
        {begin.error && <ProblemNotice problem={begin.error} />}
        <div>
          <Button kind="primary" isDisabled={begin.isPending} onPress={() => begin.mutate()}>
            Verify the log
          </Button>
        </div>
        {begin.data && (
          <JobProgress job={begin.data.job} label="Verification" key={begin.data.job}>
            {({ result }) =>
              result?.of === "verification of the audit log" && (
                <Notice tone={result.intact ? "good" : "bad"}>
                  <p>
                    {result.intact
                      ? "The log is whole."
                      : `${counted(result.problem_count, "problem was", "problems were")} found.`}
                  </p>
                  {result.problems.map((each) => (
                    <p key={each}>{each}</p>
                  ))}
                  <p>
                    Note this head elsewhere: <span className="mono">{result.head}</span>
                  </p>
                </Notice>
              )
            }
          </JobProgress>
        )}
      </div>
    </Panel>
  );
}

function DeletionCheck() {
  const begin = useMutation({
    mutationFn: async () => body(await api.POST("/api/v1/retention/verify-deletion")),
  });
  return (
    <Panel title="Is anything left of what was destroyed?">
      <div className="stack">
        <p>Searches the hub's own disk and database, byte by byte, for whatever receipts say is gone.</p>
        {begin.error && <ProblemNotice problem={begin.error} />}
        <div>
          <Button kind="primary" isDisabled={begin.isPending} onPress={() => begin.mutate()}>
            Verify deletion
          </Button>
        </div>
        {begin.data && (
          <JobProgress job={begin.data.job} label="Search" key={begin.data.job}>
            {({ result }) =>
              result?.of === "verification of deletion" && (
                <Notice tone={result.clean ? "good" : "bad"}>
                  <p>
                    {result.clean
                      ? "Nothing is left."
                      : `${counted(result.finding_count, "remnant was", "remnants were")} found.`}{" "}
                    {counted(result.receipts, "receipt")}, {counted(result.files, "file")}.
                  </p>
                  {result.findings.map((each) => (
                    <p key={`${each.where} ${each.offset}`}>
                      {each.sentence} <span className="mono">{each.where}</span>
                    </p>
                  ))}
                  {result.unreadable.map((each) => (
                    <p key={each}>Could not be searched: {each}</p>
                  ))}
                </Notice>
              )
            }
          </JobProgress>
        )}
      </div>
    </Panel>
  );
}
