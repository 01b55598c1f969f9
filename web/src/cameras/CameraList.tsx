import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api, body } from "../api/client";
import { useSession } from "../session/session";
import { ButtonLink } from "../ui/Button";
import { Page, Panel } from "../ui/Page";
import { Empty, Shown } from "../ui/States";
import { Table } from "../ui/Table";
import { Situation } from "./situation";

export function useCameras() {
  return useQuery({
    queryKey: ["cameras"],
    queryFn: async () => body(await api.GET("/api/v1/cameras", { params: { query: { limit: 200 } } })),
    refetchInterval: 5000,
  });
}

export function CameraList() {
  const { holds } = useSession();
  const found = useCameras();
  return (
    <Page
      title="Cameras"
      below="A camera runs only while its deployment is live and an officer is there."
      actions={
        holds("administrator") && (
          <ButtonLink kind="primary" to="/cameras/new">
            Add a camera
          </ButtonLink>
        )
      }
    >
      <Panel>
        <Shown
          of={{ ...found, data: found.data?.items }}
          what="cameras"
          empty={
            <Empty title="No camera yet">
              <p>An administrator enrols a node, then adds the cameras that it reaches.</p>
            </Empty>
          }
        >
          {(cameras) => (
            <Table
              label="Cameras"
              rows={cameras}
              id={(row) => row.camera}
              columns={[
                { title: "Name", show: (row) => <Link to={`/cameras/${row.camera}`}>{row.name}</Link> },
                { title: "State", show: (row) => <Situation of={row.situation} /> },
                { title: "Why", show: (row) => row.reason || "–" },
                { title: "Address", show: (row) => <span className="mono">{row.address}</span> },
                {
                  title: "Analysed",
                  show: (row) => (
                    <span className="number">
                      {row.analysed_per_s === null ? "–" : `${row.analysed_per_s.toFixed(1)} a second`}
                    </span>
                  ),
                },
              ]}
            />
          )}
        </Shown>
      </Panel>
    </Page>
  );
}
