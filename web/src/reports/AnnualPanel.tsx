import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import { save } from "../api/save";
import { Select } from "../ui/Field";
import { Panel } from "../ui/Page";
import { FIGURES, FileButtons } from "./FileButtons";

const YEARS_BACK = 6;
const PUBLIC_PAGE = "/public/index.html";

/** The report of a year, and the public page where the force has the hub show it. */
export function AnnualPanel() {
  const thisYear = new Date().getFullYear();
  const [year, setYear] = useState(String(thisYear));
  const shown = useQuery({
    queryKey: ["public page"],
    queryFn: async () => (await fetch(PUBLIC_PAGE, { method: "HEAD" })).ok,
  });
  return (
    <Panel title="Annual report">
      <div className="stack">
        <p>
          Every deployment that went live in a year: totals, false alerts, thresholds, accuracy and deletion. It names
          nobody, and small counts are withheld. Making it is a disclosure to the public, so it stands in the audit log.
        </p>
        <Select
          label="Year"
          value={year}
          onChange={setYear}
          options={Array.from({ length: YEARS_BACK }, (_, back) => {
            const each = String(thisYear - back);
            return { id: each, text: each };
          })}
        />
        <FileButtons
          files={FIGURES}
          get={async (form) =>
            save(await api.POST("/api/v1/annual-report", { body: { year: Number(year), form }, parseAs: "blob" }))
          }
        />
        <p className="soft">
          {shown.data ? (
            <a href={PUBLIC_PAGE} target="_blank" rel="noreferrer">
              The public page, as everybody sees it
            </a>
          ) : (
            <>
              This hub shows no public page: its settings can turn it on, or{" "}
              <span className="mono">openlfr publish</span> writes it for a web server.
            </>
          )}
        </p>
      </div>
    </Panel>
  );
}
