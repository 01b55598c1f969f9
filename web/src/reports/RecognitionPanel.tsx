import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, unsafeHeaders } from "../api/client";
import { problemOf } from "../api/problem";
import type { Summary } from "../deployments/queries";
import { useSession } from "../session/session";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { FileDrop } from "../ui/FileDrop";
import { Panel } from "../ui/Page";
import { Badge, Empty, ProblemNotice, Shown } from "../ui/States";
import { Table } from "../ui/Table";
import { Time } from "../ui/Time";
import { counted } from "../ui/words";
import { inWords, type RecognitionTest, recognitionKey, useRecognitionTests } from "./recognition";

/** Consenting testers walk past, every passage is counted: how often are people on the list found? */
export function RecognitionPanel({ deployment }: { deployment: Summary }) {
  const { holds } = useSession();
  const queries = useQueryClient();
  const found = useRecognitionTests(deployment.deployment);
  const renew = () => queries.invalidateQueries({ queryKey: recognitionKey(deployment.deployment) });
  const mayRun = holds("operator", "engagement officer");
  const begin = useMutation({
    mutationFn: async () =>
      body(
        await api.POST("/api/v1/deployments/{deployment}/recognition-tests", {
          params: { path: { deployment: deployment.deployment } },
        }),
      ),
    onSuccess: renew,
  });
  const open = found.data?.some((each) => each.ended_at === null);
  return (
    <div className="stack">
      <Panel
        title="Recognition test"
        actions={
          mayRun &&
          deployment.state === "live" &&
          open === false && (
            <Button kind="primary" isDisabled={begin.isPending} onPress={() => begin.mutate()}>
              Begin a test
            </Button>
          )
        }
      >
        <p>
          Testers of the blue list walk past, and somebody with the phone counts each passage, whether or not an alert
          came. Their alerts are in no published figure of alerts.
          {deployment.state !== "live" && " A test can begin while this is live."}
        </p>
        {begin.error && <ProblemNotice problem={begin.error} />}
      </Panel>
      <Shown of={found} what="the tests" empty={<Empty title="No test has been run here" />}>
        {(tests) => (
          <div className="stack">
            {tests.map((test) => (
              <Test key={test.test} test={test} mayRun={mayRun} onChange={renew} />
            ))}
          </div>
        )}
      </Shown>
    </div>
  );
}

function Test({
  test,
  mayRun,
  onChange,
}: {
  test: RecognitionTest;
  mayRun: boolean;
  onChange: () => Promise<unknown>;
}) {
  const [ending, setEnding] = useState(false);
  const open = test.ended_at === null;
  return (
    <Panel
      title={open ? "Running now" : "Ended"}
      actions={open && mayRun && <Button onPress={() => setEnding(true)}>End the test</Button>}
    >
      <div className="stack">
        <p>
          <Badge tone={open ? "accent" : undefined}>{open ? "open" : "ended"}</Badge> <strong>{inWords(test)}</strong>
        </p>
        <p className="soft small">
          Begun <Time at={test.begun_at} />
          {!open && (
            <>
              , ended <Time at={test.ended_at} />
            </>
          )}
          {test.uncounted.length > 0 &&
            `; ${counted(test.uncounted.length, "alert")} on testers without a counted passage, in no rate`}
        </p>
        {open && mayRun && <PaperList test={test} onChange={onChange} />}
        {test.passages.length > 0 && (
          <Table
            label="Counted passages"
            rows={test.passages}
            id={(row) => `${row.tester} ${row.passed_at}`}
            columns={[
              { title: "Passed", show: (row) => <Time at={row.passed_at} clock /> },
              { title: "Tester", show: (row) => <span className="mono">…{row.tester.slice(-6)}</span> },
              {
                title: "Found",
                show: (row) => (row.alert ? <Badge tone="good">recognised</Badge> : <Badge tone="warn">missed</Badge>),
              },
            ]}
          />
        )}
      </div>
      <ConfirmDialog
        title="End the test?"
        isOpen={ending}
        onClose={() => setEnding(false)}
        act="End the test"
        onConfirm={async () => {
          body(await api.POST("/api/v1/recognition-tests/{test}/end", { params: { path: { test: test.test } } }));
          await onChange();
        }}
      >
        <p>Its passages cannot be changed any more. Alerts within half a minute still count for passages at the end.</p>
      </ConfirmDialog>
    </Panel>
  );
}

function PaperList({ test, onChange }: { test: RecognitionTest; onChange: () => Promise<unknown> }) {
  const upload = useMutation({
    mutationFn: async (file: File) => {
      const form = new FormData();
      form.append("table", file);
      // The generated client speaks JSON; a file goes as a form.
      const response = await fetch(`/api/v1/recognition-tests/${test.test}/import-passages`, {
        method: "POST",
        body: form,
        headers: unsafeHeaders(),
      });
      if (!response.ok) throw await problemOf(response);
    },
    onSuccess: onChange,
  });
  return (
    <div className="stack tight">
      <FileDrop
        label="Passages that were written down on paper"
        hint="CSV with the columns tester and time, as 2026-05-31T14:05:30+01:00. All are counted, or none."
        accept={[".csv"]}
        onFiles={([file]) => file && upload.mutate(file)}
      />
      {upload.error && <ProblemNotice problem={upload.error} />}
    </div>
  );
}
