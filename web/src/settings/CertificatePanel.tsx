import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../api/client";
import { Problem } from "../api/problem";
import { useSession } from "../session/session";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { FileDrop } from "../ui/FileDrop";
import { Panel } from "../ui/Page";
import { Badge, Empty, ProblemNotice, Shown } from "../ui/States";
import { Table } from "../ui/Table";
import { Day } from "../ui/Time";
import { useToast } from "../ui/Toasts";

/** No threshold without one: for which models and list sizes a threshold was shown to be safe. */
export function CertificatePanel() {
  const { holdsForHub } = useSession();
  const queries = useQueryClient();
  const found = useQuery({
    queryKey: ["certificates"],
    queryFn: async () => body(await api.GET("/api/v1/certificates")),
  });
  const packaged = useMutation({
    mutationFn: async () => body(await api.POST("/api/v1/certificates/import-packaged")),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["certificates"] }),
  });
  const now = new Date().toISOString();
  return (
    <div className="stack">
      <Panel
        title="Threshold certificates"
        actions={
          holdsForHub("administrator") && (
            <Button isDisabled={packaged.isPending} onPress={() => packaged.mutate()}>
              Take in those that come with OpenLFR
            </Button>
          )
        }
      >
        {packaged.error && <ProblemNotice problem={packaged.error} />}
        <Shown
          of={found}
          what="certificates"
          empty={<Empty title="No certificate, so no deployment can be applied for" />}
        >
          {(all) => (
            <Table
              label="Certificates"
              rows={all}
              id={(row) => row.certificate}
              columns={[
                { title: "Certificate", show: (row) => <span className="mono">{row.certificate}</span> },
                { title: "Models", show: (row) => `${row.setup.precision}, ${row.setup.fusion_rule}` },
                { title: "List size", show: (row) => `up to ${row.largest_watchlist.toLocaleString()}` },
                {
                  title: "Lowest threshold",
                  show: (row) => <span className="number">{row.lowest_threshold.toFixed(3)}</span>,
                },
                {
                  title: "At most",
                  show: (row) => `1 false match in ${Math.round(1 / row.target_fpir).toLocaleString()} passages`,
                },
                {
                  title: "Valid to",
                  show: (row) =>
                    row.expires_at < now ? (
                      <Badge tone="warn">ran out</Badge>
                    ) : (
                      <Day on={row.expires_at.slice(0, 10)} />
                    ),
                },
              ]}
            />
          )}
        </Shown>
      </Panel>
      {holdsForHub("administrator") && <TakeIn />}
    </div>
  );
}

function TakeIn() {
  const [signer, setSigner] = useState("");
  const [document, setDocument] = useState("");
  const queries = useQueryClient();
  const say = useToast();
  const take = useMutation({
    mutationFn: async () => body(await api.POST("/api/v1/certificates", { body: { document, signer } })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["certificates"] });
      say("The certificate is taken in.");
    },
  });
  const wrong = take.error instanceof Problem ? take.error : null;
  return (
    <Panel title="Take in a certificate of your own">
      <div className="stack">
        <FileDrop
          label={document ? "A file is chosen" : "The file that openlfr calibrate wrote"}
          accept={[".json"]}
          onFiles={(files) => void files[0]?.text().then((text) => setDocument(text.trim()))}
        />
        <TextField
          label="Key of whoever signed it"
          hint="64 digits, told to you on another way."
          value={signer}
          onChange={setSigner}
          wrong={wrong?.field("signer")}
        />
        {take.error && <ProblemNotice problem={take.error} />}
        <div>
          <Button isDisabled={!document || !signer || take.isPending} onPress={() => take.mutate()}>
            Take it in
          </Button>
        </div>
      </div>
    </Panel>
  );
}
