import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, type Schemas } from "../api/client";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { Badge, Empty, ProblemNotice } from "../ui/States";
import { Table } from "../ui/Table";
import { hostOf, pictureSize, withLogin } from "./streams";

type Search = Schemas["CameraSearchView"];
type FoundCamera = Schemas["FoundCameraView"];

const AGAIN_MS = 1000;

/** A question to a node and its newest answer, asked for again and again until the node is done. */
function useQuestion<T>(node: string, put: (about: T) => Promise<Search>) {
  // A login is in what is asked with: it is let go of as soon as nobody looks at the answer.
  const asked = useMutation({ mutationFn: put, gcTime: 0 });
  const search = asked.data?.search ?? "";
  const answer = useQuery({
    queryKey: ["camera-search", node, search],
    queryFn: async () => {
      const path = { node, search };
      return body(await api.GET("/api/v1/nodes/{node}/camera-searches/{search}", { params: { path } }));
    },
    initialData: asked.data,
    enabled: search !== "",
    refetchInterval: ({ state }) => (state.data?.state === "under way" && !state.error ? AGAIN_MS : false),
    gcTime: 0,
  });
  const view = search ? answer.data : undefined;
  const problem = asked.error ?? (search ? answer.error : null);
  return {
    id: search,
    ask: asked.mutate,
    about: asked.variables,
    isUnderWay: asked.isPending || (view?.state === "under way" && !problem),
    isOver: view !== undefined && view.state !== "under way",
    cameras: view?.cameras ?? [],
    problem: problem ?? (view?.problem ? new Error(view.problem) : null),
  };
}

interface Props {
  node: string;
  nodeName: string;
  /** The address that is filled in now, with its login. */
  address: string;
  /** A stream was chosen: its address, the same with the login in it, and what the camera calls itself. */
  onChoose: (stream: string, withItsLogin: string, name: string) => void;
}

/** The ONVIF cameras in a node's networks, found by the node itself, down to the stream that is to be used. */
export function FindCameras({ node, nodeName, address, onChoose }: Props) {
  const [chosen, setChosen] = useState<FoundCamera | null>(null);
  const search = useQuestion<void>(node, async () =>
    body(await api.POST("/api/v1/nodes/{node}/camera-searches", { params: { path: { node } } })),
  );
  const look = () => {
    setChosen(null);
    search.ask();
  };
  return (
    <div className="find-cameras stack">
      <div className="row">
        <Button onPress={look} isDisabled={search.isUnderWay}>
          {search.isOver ? "Search again" : "Find cameras near this node"}
        </Button>
        {search.isUnderWay && (
          <span className="asking" role="status">
            <span className="spinner" aria-hidden /> {nodeName} asks its networks which cameras there are…
          </span>
        )}
      </div>
      {search.problem && <ProblemNotice problem={search.problem} />}
      {search.isOver && !search.problem && search.cameras.length === 0 && <NoneAnswered />}
      {search.cameras.length > 0 && (
        <Table
          label={`Cameras near ${nodeName}`}
          rows={search.cameras}
          id={(each) => each.address}
          columns={[
            { title: "Name", show: (each) => each.name || "Unnamed" },
            { title: "Model", show: (each) => each.model || "–" },
            { title: "Host", show: (each) => <span className="mono">{hostOf(each.address)}</span> },
            {
              title: "Streams",
              show: (each) =>
                each.address === chosen?.address ? (
                  <Badge tone="accent">chosen</Badge>
                ) : (
                  <Button onPress={() => setChosen(each)} aria-label={`Choose ${each.name || hostOf(each.address)}`}>
                    Choose
                  </Button>
                ),
            },
          ]}
        />
      )}
      {chosen && search.isOver && (
        <Streams
          key={chosen.address}
          node={node}
          search={search.id}
          camera={chosen}
          address={address}
          onChoose={(stream, withItsLogin) => onChoose(stream, withItsLogin, chosen.name)}
        />
      )}
    </div>
  );
}

interface StreamsProps {
  node: string;
  search: string;
  camera: FoundCamera;
  address: string;
  onChoose: (stream: string, withItsLogin: string) => void;
}

/** Asks one camera for its streams, with the login that is typed; the login goes to the node alone. */
function Streams({ node, search, camera, address, onChoose }: StreamsProps) {
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const question = useQuestion(node, async (login: { user: string; password: string }) => {
    const path = { node, search };
    const wanted = { camera: camera.address, ...login };
    return body(
      await api.POST("/api/v1/nodes/{node}/camera-searches/{search}/streams", { params: { path }, body: wanted }),
    );
  });
  const name = camera.name || hostOf(camera.address);
  const complete = (stream: string) => withLogin(stream, question.about?.user ?? "", question.about?.password ?? "");
  return (
    <form
      noValidate
      className="stack"
      aria-label={`Streams of ${name}`}
      onSubmit={(event) => {
        event.preventDefault();
        question.ask({ user, password });
      }}
    >
      <div className="login">
        <TextField
          label={`User name at ${name}`}
          hint="Of an account that may watch. Empty, if anybody may."
          autoComplete="off"
          autoFocus
          value={user}
          onChange={setUser}
        />
        <TextField
          label="Its password"
          hint="It goes to the node alone, sealed."
          type="password"
          autoComplete="new-password"
          value={password}
          onChange={setPassword}
        />
      </div>
      <div className="row">
        <Button type="submit" isDisabled={question.isUnderWay}>
          Ask for its streams
        </Button>
        {question.isUnderWay && (
          <span className="asking" role="status">
            <span className="spinner" aria-hidden /> The node asks the camera…
          </span>
        )}
      </div>
      {question.problem && <ProblemNotice problem={question.problem} />}
      {question.cameras.map((each) => (
        <Table
          key={each.address}
          label={`Streams of ${name}`}
          rows={each.streams}
          id={(stream) => stream.address}
          columns={[
            { title: "Stream", show: (stream) => stream.name || "Unnamed" },
            { title: "Picture", show: (stream) => <span className="number">{pictureSize(stream)}</span> },
            { title: "Codec", show: (stream) => stream.codec || "–" },
            {
              title: "A second",
              show: (stream) => <span className="number">{stream.frames_per_s || "–"}</span>,
            },
            { title: "Address", show: (stream) => <span className="mono">{stream.address}</span> },
            {
              title: "Use",
              show: (stream) => (
                <span className="row">
                  <Button
                    onPress={() => onChoose(stream.address, complete(stream.address))}
                    aria-label={`Use ${stream.name || stream.address}`}
                  >
                    Use
                  </Button>
                  {complete(stream.address) === address && <Badge tone="good">filled in</Badge>}
                </span>
              ),
            },
          ]}
        />
      ))}
    </form>
  );
}

function NoneAnswered() {
  return (
    <Empty title="No camera answered">
      <p>
        Cameras in other networks do not hear the question, nor do those whose ONVIF is switched off. Ask your network
        people whether multicast (239.255.255.250, UDP port 3702) is allowed, or type the address below.
      </p>
    </Empty>
  );
}
