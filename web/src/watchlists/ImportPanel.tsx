import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, unsafeHeaders } from "../api/client";
import { problemOf } from "../api/problem";
import { Button } from "../ui/Button";
import { FileDrop } from "../ui/FileDrop";
import { type Job, JobProgress } from "../ui/JobProgress";
import { Panel } from "../ui/Page";
import { Badge, Empty, ProblemNotice, Shown } from "../ui/States";
import { Table } from "../ui/Table";
import { Time } from "../ui/Time";
import { useImports, type Watchlist } from "./queries";

/** Which of the chosen files is the table, which an archive, and which are pictures. */
export function sorted(files: readonly File[]): { table: File | null; archive: File | null; pictures: File[] } {
  const ends = (file: File, ...suffixes: string[]) => suffixes.some((each) => file.name.toLowerCase().endsWith(each));
  return {
    table: files.find((file) => ends(file, ".csv", ".json")) ?? null,
    archive: files.find((file) => ends(file, ".zip")) ?? null,
    pictures: files.filter((file) => !ends(file, ".csv", ".json", ".zip")),
  };
}

async function send(watchlist: string, files: readonly File[]): Promise<Job> {
  const form = new FormData();
  const { table, archive, pictures } = sorted(files);
  if (table) form.append("table", table);
  if (archive) form.append("archive", archive);
  for (const picture of pictures) form.append("pictures", picture);
  // The generated client speaks JSON; files go as a form.
  const response = await fetch(`/api/v1/watchlists/${watchlist}/imports`, {
    method: "POST",
    body: form,
    headers: unsafeHeaders(),
  });
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as Job;
}

export function ImportPanel({ list }: { list: Watchlist }) {
  const queries = useQueryClient();
  const [job, setJob] = useState<string | null>(null);
  const upload = useMutation({
    mutationFn: (files: File[]) => send(list.watchlist, files),
    onSuccess: (begun) => setJob(begun.job),
  });
  return (
    <div className="stack">
      <Panel title="Bring people in">
        <div className="stack">
          <FileDrop
            label="A table (CSV or JSON) with its pictures, or a zip file of both"
            hint="Or a zip of folders PERSON/PICTURE, to be completed by a table later. At most 256 MiB at once."
            accept={[".csv", ".json", ".zip", "image/*"]}
            multiple
            onFiles={(files) => upload.mutate(files)}
          />
          {upload.isPending && <p role="status">Sending…</p>}
          {upload.error && <ProblemNotice problem={upload.error} />}
          {job && (
            <JobProgress
              job={job}
              label="Import"
              onEnd={() => void queries.invalidateQueries({ queryKey: ["watchlist", list.watchlist] })}
            />
          )}
        </div>
      </Panel>
      <Imports list={list} />
    </div>
  );
}

function Imports({ list }: { list: Watchlist }) {
  const found = useImports(list.watchlist);
  const [opened, setOpened] = useState<string | null>(null);
  return (
    <Panel title="Imports so far">
      <Shown of={found} what="imports" empty={<Empty title="Nothing was imported yet" />}>
        {(all) => (
          <Table
            label="Imports"
            rows={all}
            id={(row) => row.import_id}
            columns={[
              { title: "Begun", show: (row) => <Time at={row.started_at} /> },
              {
                title: "State",
                show: (row) =>
                  row.finished_at ? <Badge tone="good">finished</Badge> : <Badge tone="warn">not finished</Badge>,
              },
              {
                title: "Rows",
                show: (row) =>
                  Object.entries(row.outcomes)
                    .map(([outcome, count]) => `${count} ${outcome}`)
                    .join(", "),
              },
              {
                title: "Results",
                show: (row) => (
                  <span className="row">
                    <Button onPress={() => setOpened(opened === row.import_id ? null : row.import_id)}>
                      {opened === row.import_id ? "Hide rows" : "Show rows"}
                    </Button>
                    <a href={`/api/v1/watchlists/${list.watchlist}/imports/${row.import_id}/rows.csv`}>CSV</a>
                  </span>
                ),
              },
            ]}
          />
        )}
      </Shown>
      {opened && <Rows watchlist={list.watchlist} of={opened} />}
    </Panel>
  );
}

function Rows({ watchlist, of }: { watchlist: string; of: string }) {
  const found = useQuery({
    queryKey: ["watchlist", watchlist, "rows", of],
    queryFn: async () =>
      body(
        await api.GET("/api/v1/watchlists/{watchlist}/imports/{import}/rows", {
          params: { path: { watchlist, import: of }, query: { limit: 200 } },
        }),
      ),
  });
  return (
    <Shown
      of={found}
      what="rows"
      isEmpty={(page) => page.items.length === 0}
      empty={<Empty title="No row has been read yet" />}
    >
      {(page) => (
        <>
          <Table
            label="Rows of the import"
            rows={page.items}
            id={(row) => String(row.line)}
            columns={[
              { title: "Row", show: (row) => <span className="number">{row.line}</span> },
              { title: "Person", show: (row) => row.person },
              { title: "Picture", show: (row) => row.picture },
              {
                title: "Result",
                show: (row) => <Badge tone={row.outcome === "imported" ? "good" : "warn"}>{row.outcome}</Badge>,
              },
              { title: "Why, and what to do", show: (row) => [row.reason, row.advice].filter(Boolean).join(" ") },
            ]}
          />
          {page.next && <p className="soft">The CSV file has the rest.</p>}
        </>
      )}
    </Shown>
  );
}
