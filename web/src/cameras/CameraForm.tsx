import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { api, body } from "../api/client";
import { Problem } from "../api/problem";
import { useSession } from "../session/session";
import { Button } from "../ui/Button";
import { Select } from "../ui/Field";
import { Page, Panel } from "../ui/Page";
import { ProblemNotice } from "../ui/States";
import { useToast } from "../ui/Toasts";
import { CameraFields, wholePx } from "./CameraFields";
import { FindCameras } from "./FindCameras";
import { PlaceFields, useFirstPlace } from "./PlaceFields";

/** A new camera: the node that reaches it and its address. Its zone is drawn afterwards, on its picture. */
export function NewCamera() {
  const [node, setNode] = useState<string | null>(null);
  const [settings, setSettings] = useState({ name: "", address: "", smallestFacePx: "40" });
  // The login of a stream that was found is in no field that shows it.
  const [chosenStream, setChosenStream] = useState({ stream: "", withItsLogin: "" });
  const address = settings.address === chosenStream.stream ? chosenStream.withItsLogin : settings.address;
  const [place, setPlace] = useState(useFirstPlace());
  const nodes = useQuery({ queryKey: ["nodes"], queryFn: async () => body(await api.GET("/api/v1/nodes")) });
  const enrolled = (nodes.data?.items ?? []).filter((each) => each.enrolled_at && !each.revoked_at);
  const chosen = enrolled.find((each) => each.node === node);
  const { holdsForHub } = useSession();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const say = useToast();
  const add = useMutation({
    mutationFn: async () =>
      body(
        await api.POST("/api/v1/cameras", {
          body: {
            node: node ?? "",
            name: settings.name,
            address,
            smallest_face_px: wholePx(settings.smallestFacePx),
            zone: [],
            place,
          },
        }),
      ),
    onSuccess: async (camera) => {
      await queries.invalidateQueries({ queryKey: ["cameras"] });
      say("The camera is added; its node knows it.");
      await navigate(`/cameras/${camera.camera}`);
    },
  });
  const noNode = holdsForHub("administrator")
    ? "Enrol a node first."
    : "No node runs a camera at a place of yours: somebody with rights for the whole hub adds the first one.";
  const wrong = (field: string) => (add.error instanceof Problem ? add.error.field(field) : undefined);
  return (
    <Page title="Add a camera">
      <Panel>
        <div className="stack">
          <Select
            label="Node"
            hint={enrolled.length ? "The machine that reaches the camera." : noNode}
            value={node}
            onChange={setNode}
            options={enrolled.map((each) => ({ id: each.node, text: each.name }))}
            wrong={wrong("node")}
          />
          {chosen && (
            <FindCameras
              key={chosen.node}
              node={chosen.node}
              nodeName={chosen.name}
              address={address}
              onChoose={(stream, withItsLogin, name) => {
                setChosenStream({ stream, withItsLogin });
                setSettings((typed) => ({ ...typed, address: stream, name: typed.name || name }));
                say("The address is filled in.");
              }}
            />
          )}
        </div>
      </Panel>
      <Panel title="The camera">
        <form
          noValidate
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            add.mutate();
          }}
        >
          <CameraFields
            value={settings}
            onChange={setSettings}
            addressLabel="Address"
            addressHint={
              address === settings.address
                ? "rtsp://USER:PASSWORD@HOST/PATH, a USB camera such as 0, or a file at the node. It is kept sealed."
                : "The user name and password that were typed above go with it. It is kept sealed."
            }
            wrong={wrong}
          />
          <PlaceFields value={place} onChange={setPlace} wrong={(field) => wrong(`place.${field}`)} />
          {add.error && <ProblemNotice problem={add.error} />}
          <div className="row">
            <Button
              type="submit"
              kind="primary"
              isDisabled={add.isPending || !node || !settings.name || !settings.address}
            >
              Add the camera
            </Button>
            <Button onPress={() => void navigate(-1)}>Cancel</Button>
          </div>
        </form>
      </Panel>
    </Page>
  );
}
