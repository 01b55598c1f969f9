import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { api, body } from "../api/client";
import { Problem } from "../api/problem";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { Facts, Page, Panel } from "../ui/Page";
import { Notice, ProblemNotice, Shown } from "../ui/States";
import { useToast } from "../ui/Toasts";
import { BlurredLook } from "./BlurredLook";
import { CameraCheck } from "./CameraCheck";
import { CameraFields, wholePx } from "./CameraFields";
import { CameraPlace } from "./CameraPlace";
import { type CameraView, Situation } from "./situation";
import { ZoneEditor } from "./ZoneEditor";

export function CameraPage() {
  const { camera = "" } = useParams();
  const found = useQuery({
    queryKey: ["cameras", camera],
    queryFn: async () => body(await api.GET("/api/v1/cameras/{camera}", { params: { path: { camera } } })),
    refetchInterval: 5000,
  });
  return (
    <Shown of={found} what="the camera">
      {(view) => <Camera camera={view} />}
    </Shown>
  );
}

function Camera({ camera }: { camera: CameraView }) {
  const [forgetting, setForgetting] = useState(false);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const mayChange = camera.may_set_up;
  return (
    <Page
      title={camera.name}
      below={
        <span className="row">
          <Situation of={camera.situation} />
          <span>{camera.reason}</span>
        </span>
      }
      actions={
        mayChange && (
          <Button kind="danger" onPress={() => setForgetting(true)}>
            Forget this camera
          </Button>
        )
      }
    >
      <ConfirmDialog
        title={`Forget ${camera.name}`}
        isOpen={forgetting}
        onClose={() => setForgetting(false)}
        act="Forget"
        danger
        onConfirm={async () => {
          const query = { version: camera.version };
          await api.DELETE("/api/v1/cameras/{camera}", { params: { path: { camera: camera.camera }, query } });
          await queries.invalidateQueries({ queryKey: ["cameras"] });
          await navigate("/cameras");
        }}
      >
        <p>Its address and login are forgotten, and its node no longer opens it.</p>
      </ConfirmDialog>
      {/* Otherwise the reason says it, and what to do. */}
      {camera.situation === "checking" && camera.issues.length > 0 && (
        <Notice tone="warn">
          <p>Seen now: {camera.issues.join(", ")}.</p>
        </Notice>
      )}
      {mayChange ? (
        <Change camera={camera} key={camera.version} />
      ) : (
        <Panel title="What it sees">
          <BlurredLook camera={camera.camera} name={camera.name} />
        </Panel>
      )}
      {mayChange && <CameraCheck camera={camera.camera} name={camera.name} />}
      {mayChange && <CameraPlace camera={camera.camera} />}
      <Panel title="At this moment">
        <Facts
          of={[
            ["Address", camera.address],
            ["Decoded", camera.decoded_per_s === null ? "–" : `${camera.decoded_per_s.toFixed(1)} pictures a second`],
            [
              "Analysed",
              camera.analysed_per_s === null ? "–" : `${camera.analysed_per_s.toFixed(1)} pictures a second`,
            ],
            ["Dropped", camera.dropped],
          ]}
        />
      </Panel>
    </Page>
  );
}

function Change({ camera }: { camera: CameraView }) {
  const [settings, setSettings] = useState({
    name: camera.name,
    address: "",
    smallestFacePx: String(camera.smallest_face_px),
  });
  const [zone, setZone] = useState(camera.zone);
  const queries = useQueryClient();
  const say = useToast();
  const keep = useMutation({
    mutationFn: async () =>
      body(
        await api.PUT("/api/v1/cameras/{camera}", {
          params: { path: { camera: camera.camera } },
          body: {
            version: camera.version,
            node: camera.node,
            name: settings.name,
            address: settings.address,
            smallest_face_px: wholePx(settings.smallestFacePx),
            zone,
          },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["cameras"] });
      say("Kept; the node is told at once.");
    },
  });
  const wrong = (field: string) => (keep.error instanceof Problem ? keep.error.field(field) : undefined);
  return (
    <div className="grid-two">
      <Panel title="Zone of recognition">
        <ZoneEditor camera={camera.camera} name={camera.name} zone={zone} onChange={setZone} />
        {wrong("zone") && <p className="wrong">{wrong("zone")}</p>}
      </Panel>
      <Panel title="Settings">
        <div className="stack">
          <CameraFields
            value={settings}
            onChange={setSettings}
            addressLabel="New address"
            addressHint="Leave empty to keep the one it has."
            wrong={wrong}
            camera={camera.camera}
          />
          {keep.error && <ProblemNotice problem={keep.error} />}
          <div>
            <Button kind="primary" isDisabled={keep.isPending} onPress={() => keep.mutate()}>
              Keep the changes
            </Button>
          </div>
        </div>
      </Panel>
    </div>
  );
}
