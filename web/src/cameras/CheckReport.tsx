import type { Schemas } from "../api/client";
import { Badge, type Tone } from "../ui/States";
import { Time } from "../ui/Time";
import { Who } from "../ui/Who";
import { EyeDistances } from "./EyeDistances";

type Report = Schemas["CheckReportView"];

const TONES: Record<Report["verdict"], Tone | undefined> = {
  good: "good",
  borderline: "warn",
  poor: "bad",
  "too few faces to say": undefined,
};

/** What a check found, side by side of the camera, with what to do about it. */
export function CheckReport({ report, name }: { report: Report; name: string }) {
  return (
    <section className="stack check-report" aria-label={`Report on ${name}`}>
      <p className="row">
        <Badge tone={TONES[report.verdict]}>{report.verdict}</Badge>
        <span className="soft">
          Measured for {Math.round(report.measured_s)} seconds, asked for by <Who staff={report.asked_by} />,{" "}
          <Time at={report.asked_at} />
        </span>
      </p>
      <ul className="check-rows">
        {report.rows.map((row) => (
          <li key={row.subject}>
            <div className="check-subject">
              <strong>{row.subject}</strong>
              <Badge tone={TONES[row.verdict]}>{row.verdict}</Badge>
            </div>
            <div>
              <p>{row.finding}</p>
              {row.advice && <p className="check-advice">{row.advice}</p>}
            </div>
          </li>
        ))}
      </ul>
      {report.faces > 0 && <EyeDistances bins={report.eye_distances} wanted={report.wanted_eye_px} />}
      {report.useless.length > 0 && (
        <details>
          <summary>Why faces were of no use, in the words of ISO/IEC 29794-5</summary>
          <ul className="check-reasons">
            {report.useless.map((each) => (
              <li key={each.measure}>
                <code>{each.measure}</code> {each.words}: {each.faces} of {report.faces}
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
