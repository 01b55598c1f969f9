import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { api, body } from "../api/client";
import { Problem } from "../api/problem";
import { DeploymentLink } from "../deployments/DeploymentLink";
import { Button } from "../ui/Button";
import { RadioGroup, TextField } from "../ui/Field";
import { Panel } from "../ui/Page";
import { Empty, ProblemNotice } from "../ui/States";
import { Table } from "../ui/Table";
import { Time } from "../ui/Time";

/** "Was I on a list?": answered from a register of keyed hashes, after the lists themselves are gone. */
export function RightsPanel() {
  const [by, setBy] = useState<"reference" | "name">("reference");
  const [text, setText] = useState("");
  const [born, setBorn] = useState("");
  const [authority, setAuthority] = useState("");
  const [reason, setReason] = useState("");
  const ask = useMutation({
    mutationFn: async () =>
      body(
        await api.POST("/api/v1/rights-requests", {
          body: { by, text, born_on: by === "name" && born ? born : null, authority, reason },
        }),
      ),
  });
  const wrong = (field: string) => (ask.error instanceof Problem ? ask.error.field(field) : undefined);
  return (
    <Panel title="Was this person on a watchlist?">
      <form
        noValidate
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          ask.mutate();
        }}
      >
        <RadioGroup
          label="Known by"
          value={by}
          onChange={(next) => setBy(next as "reference" | "name")}
          options={[
            { id: "reference", text: "The force's reference" },
            { id: "name", text: "Name and day of birth" },
          ]}
        />
        <div className="grid-two">
          <TextField
            label={by === "name" ? "Name" : "Reference"}
            value={text}
            onChange={setText}
            wrong={wrong("text")}
          />
          {by === "name" && (
            <TextField label="Born on" type="date" value={born} onChange={setBorn} wrong={wrong("born_on")} />
          )}
          <TextField
            label="Authority"
            hint="Under which the question is asked: the request's reference."
            value={authority}
            onChange={setAuthority}
            wrong={wrong("authority")}
          />
        </div>
        <TextField label="Reason" lines={2} value={reason} onChange={setReason} wrong={wrong("reason")} />
        {ask.error && <ProblemNotice problem={ask.error} />}
        <div>
          <Button type="submit" kind="primary" isDisabled={ask.isPending || !text || !authority || !reason}>
            Ask the register
          </Button>
        </div>
      </form>
      {ask.data &&
        (ask.data.length ? (
          <Table
            label="Lists this person was on"
            rows={ask.data}
            id={(row) => row.watchlist}
            columns={[
              { title: "Listed", show: (row) => <Time at={row.listed_at} /> },
              { title: "Deployment", show: (row) => <DeploymentLink deployment={row.deployment} /> },
              {
                title: "Watchlist",
                show: (row) => <Link to={`/watchlists/${row.watchlist}`}>…{row.watchlist.slice(-6)}</Link>,
              },
            ]}
          />
        ) : (
          <Empty title="On none of the lists the register still covers" />
        ))}
    </Panel>
  );
}
