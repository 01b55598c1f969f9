import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, type Schemas } from "../api/client";
import { save } from "../api/save";
import { Select, TextField } from "../ui/Field";
import { Panel } from "../ui/Page";
import { Shown } from "../ui/States";
import { FIGURES, FileButtons } from "./FileButtons";

const PUBLIC_PAGE = "/public/index.html";
const OTHER_DAYS = "other days";

/** The report of a report year, as the hub counts them, or of any other days. */
export function AnnualPanel() {
  const found = useQuery({
    queryKey: ["deployments", "report years"],
    queryFn: async () => body(await api.GET("/api/v1/annual-report/years")),
  });
  return (
    <Panel title="Annual report">
      <div className="stack">
        <p>
          Every deployment that went live in a year: totals, false alerts, thresholds, accuracy and deletion. It names
          nobody. Making it is a disclosure to the public, so it stands in the audit log.
        </p>
        <Shown of={found} what="the report years">
          {(years) => <Period years={years} />}
        </Shown>
        <PublicPage />
      </div>
    </Panel>
  );
}

function Period({ years }: { years: readonly Schemas["ReportYearView"][] }) {
  const [chosen, setChosen] = useState(years[0]?.name ?? OTHER_DAYS);
  const [first, setFirst] = useState("");
  const [last, setLast] = useState("");
  const year = years.find((each) => each.name === chosen);
  const period = year ?? { first, last };
  return (
    <>
      <Select
        label="Period"
        value={year?.name ?? OTHER_DAYS}
        onChange={setChosen}
        options={[
          ...years.map((each) => ({ id: each.name, text: each.name })),
          { id: OTHER_DAYS, text: years.length ? "Other days" : "Chosen days" },
        ]}
      />
      {!year && (
        <div className="grid-two">
          <TextField label="First day" type="date" value={first} onChange={setFirst} />
          <TextField label="Last day" type="date" value={last} onChange={setLast} />
        </div>
      )}
      <p className="soft">
        {year?.groups_are_told
          ? "It tells who was looked for and arrested for what, by group of people, with small counts withheld."
          : "Who was looked for and arrested for what is told by group of people for a whole report year only, once it is over and all of it is reported."}
      </p>
      <FileButtons
        files={FIGURES}
        isDisabled={!period.first || !period.last}
        get={async (form) =>
          save(
            await api.POST("/api/v1/annual-report", {
              body: { first: period.first, last: period.last, form },
              parseAs: "blob",
            }),
          )
        }
      />
    </>
  );
}

/** The public page, where the force has the hub show it. */
function PublicPage() {
  const shown = useQuery({
    queryKey: ["public page"],
    queryFn: async () => (await fetch(PUBLIC_PAGE, { method: "HEAD" })).ok,
  });
  return (
    <p className="soft">
      {shown.data ? (
        <a href={PUBLIC_PAGE} target="_blank" rel="noreferrer">
          The public page, as everybody sees it
        </a>
      ) : (
        <>
          This hub shows no public page: its settings can turn it on, or <span className="mono">openlfr publish</span>{" "}
          writes it for a web server.
        </>
      )}
    </p>
  );
}
