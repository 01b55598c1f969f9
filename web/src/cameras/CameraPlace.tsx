import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, type Schemas } from "../api/client";
import { Problem } from "../api/problem";
import { Button } from "../ui/Button";
import { Panel } from "../ui/Page";
import { ProblemNotice, Shown } from "../ui/States";
import { useToast } from "../ui/Toasts";
import { PlaceFields } from "./PlaceFields";

/** Whose camera it is: those whose rights are limited see it only where it is theirs. */
export function CameraPlace({ camera }: { camera: string }) {
  const found = useQuery({
    queryKey: ["cameras", camera, "place"],
    queryFn: async () => body(await api.GET("/api/v1/cameras/{camera}/place", { params: { path: { camera } } })),
  });
  return (
    <Panel title="Where it stands">
      <Shown of={found} what="the place">
        {(place) => <Place camera={camera} place={place} />}
      </Shown>
    </Panel>
  );
}

function Place({ camera, place }: { camera: string; place: Schemas["PlaceView"] }) {
  const [typed, setTyped] = useState({ force: place.force, site: place.site });
  const queries = useQueryClient();
  const say = useToast();
  const keep = useMutation({
    mutationFn: async () =>
      body(await api.PUT("/api/v1/cameras/{camera}/place", { params: { path: { camera } }, body: typed })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["cameras"] });
      say("Kept: who has rights there sees it from now on.");
    },
  });
  const wrong = (field: string) => (keep.error instanceof Problem ? keep.error.field(field) : undefined);
  return (
    <div className="stack">
      <p className="soft">
        People whose rights are limited to a force or site see the cameras named for it, as applications call them. Left
        empty, only those with rights for the whole hub see this one, and who works at a deployment that may use it.
      </p>
      <PlaceFields value={typed} onChange={setTyped} wrong={wrong} />
      {keep.error && <ProblemNotice problem={keep.error} />}
      <div>
        <Button isDisabled={keep.isPending} onPress={() => keep.mutate()}>
          Keep the place
        </Button>
      </div>
    </div>
  );
}
