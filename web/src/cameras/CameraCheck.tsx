import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, type Schemas } from "../api/client";
import { Problem } from "../api/problem";
import { save } from "../api/save";
import { FileButtons } from "../reports/FileButtons";
import { Button } from "../ui/Button";
import { Checkbox, TextField } from "../ui/Field";
import { Panel } from "../ui/Page";
import { Notice, ProblemNotice, Shown } from "../ui/States";
import { CheckReport } from "./CheckReport";

type Check = Schemas["CameraCheckView"];

const FILES = [
  ["pdf", "Report as PDF"],
  ["html", "Report as a page"],
] as const;
const WHILE_RUNNING_MS = 1000;
const NOW_AND_THEN_MS = 15_000;

/** The commissioning check of one camera: begun here, followed here, and its newest report. */
export function CameraCheck({ camera, name }: { camera: string; name: string }) {
  const queryKey = ["cameras", camera, "check"];
  const found = useQuery({
    queryKey,
    queryFn: async () =>
      body(await api.GET("/api/v1/cameras/{camera}/checks/newest", { params: { path: { camera } } })),
    // Colleagues may begin one too.
    refetchInterval: (query) => (query.state.data?.running ? WHILE_RUNNING_MS : NOW_AND_THEN_MS),
  });
  return (
    <Panel title="Commissioning check">
      <Shown of={found} what="the check">
        {(check) => (
          <div className="stack">
            {check.running ? (
              <Running camera={camera} check={check.running} queryKey={queryKey} />
            ) : (
              <Begin camera={camera} queryKey={queryKey} />
            )}
            {check.problem && (
              <Notice tone="warn">
                <p>The last check gave no report. {check.problem}</p>
              </Notice>
            )}
            {check.report && (
              <>
                <CheckReport report={check.report} name={name} />
                <FileButtons
                  files={FILES}
                  get={async (form) =>
                    save(
                      await api.GET("/api/v1/cameras/{camera}/checks/newest/report", {
                        params: { path: { camera }, query: { form } },
                        parseAs: "blob",
                      }),
                    )
                  }
                />
              </>
            )}
          </div>
        )}
      </Shown>
    </Panel>
  );
}

function Begin({ camera, queryKey }: { camera: string; queryKey: readonly string[] }) {
  const [seconds, setSeconds] = useState("30");
  const [know, setKnow] = useState(false);
  const queries = useQueryClient();
  const begin = useMutation({
    mutationFn: async () =>
      body(
        await api.POST("/api/v1/cameras/{camera}/checks", {
          params: { path: { camera } },
          body: { seconds: Math.trunc(Number(seconds)), people_know: know },
        }),
      ),
    onSuccess: (check: Check) => {
      setKnow(false);
      queries.setQueryData(queryKey, check);
    },
  });
  const wrong = (field: string) => (begin.error instanceof Problem ? begin.error.field(field) : undefined);
  return (
    <div className="stack">
      <p className="soft">
        The node measures the faces that pass: their size, sharpness, light and angle. Nobody is recognised, no picture
        is kept, and it ends by itself. Have two or three people walk towards the camera.
      </p>
      <Checkbox isSelected={know} onChange={setKnow}>
        Signs are up, or only people who agreed to it are in front of the camera
      </Checkbox>
      {wrong("people_know") && <p className="wrong">{wrong("people_know")}</p>}
      <div className="check-begin">
        <TextField
          label="For how many seconds"
          type="number"
          min={10}
          max={120}
          value={seconds}
          onChange={setSeconds}
          wrong={wrong("seconds")}
        />
        <Button kind="primary" isDisabled={begin.isPending} onPress={() => begin.mutate()}>
          Check this camera
        </Button>
      </div>
      {begin.error && <ProblemNotice problem={begin.error} />}
    </div>
  );
}

interface RunningProps {
  camera: string;
  check: NonNullable<Check["running"]>;
  queryKey: readonly string[];
}

function Running({ camera, check, queryKey }: RunningProps) {
  const queries = useQueryClient();
  const end = useMutation({
    mutationFn: async () =>
      body(await api.POST("/api/v1/cameras/{camera}/checks/newest/end", { params: { path: { camera } } })),
    // It may have ended by itself meanwhile: what stands there now is asked for in any case.
    onSuccess: (after: Check) => queries.setQueryData(queryKey, after),
    onError: () => queries.invalidateQueries({ queryKey }),
  });
  const part = Math.min(1, check.measured_s / check.seconds);
  return (
    <div className="stack tight">
      <div
        className="progress"
        role="progressbar"
        aria-label="Checking the camera"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(part * 100)}
      >
        <span style={{ width: `${part * 100}%` }} />
      </div>
      <p role="status">
        {check.measured_s === 0
          ? "The camera is being opened…"
          : `Measured for ${Math.round(check.measured_s)} of ${check.seconds} seconds: ${check.faces} ${
              check.faces === 1 ? "face has" : "faces have"
            } passed, ${check.clear} to be seen clearly.`}
      </p>
      {end.error && <ProblemNotice problem={end.error} />}
      <div className="row">
        <Button isDisabled={end.isPending} onPress={() => end.mutate()}>
          End the check now
        </Button>
        <span className="soft">After 10 seconds it gives a report of what was measured; sooner, nothing is kept.</span>
      </div>
    </div>
  );
}
