import { useState } from "react";
import { Link, useParams } from "react-router";
import { useNames } from "../api/colleagues";
import { capital } from "../api/vocabulary";
import { RecognitionPanel } from "../reports/RecognitionPanel";
import { useSession } from "../session/session";
import { Button, ButtonLink } from "../ui/Button";
import { Facts, Figures, Page, Panel } from "../ui/Page";
import { Badge, Empty, Notice, Shown } from "../ui/States";
import { Tabs } from "../ui/Tabs";
import { Countdown, Day, Time } from "../ui/Time";
import { counted } from "../ui/words";
import { ActDialog } from "./ActDialog";
import { type ActOffer, isNextStep, offersFor } from "./acts";
import { type Form, useAuthorities, useDeployment, useFigures, type View } from "./queries";
import { RehearsalBadge, StateBadge } from "./StateBadge";
import { Timeline } from "./Timeline";

export function DeploymentPage() {
  const { deployment = "" } = useParams();
  const found = useDeployment(deployment);
  return (
    <Shown of={found} what="the deployment">
      {(view) => <Deployment view={view} />}
    </Shown>
  );
}

function Deployment({ view }: { view: View }) {
  const { session } = useSession();
  const [asking, setAsking] = useState<ActOffer | null>(null);
  const { summary } = view;
  return (
    <Page
      title={summary.site || "Deployment"}
      below={
        <span className="row">
          <StateBadge state={summary.state} />
          {summary.rehearsal && <RehearsalBadge />}
          <span>{[summary.use_case, summary.controller].filter(Boolean).join(" · ")}</span>
        </span>
      }
      actions={
        <>
          {view.open_acts.includes("DRAFT_APPLICATION") && (
            <ButtonLink to={`/deployments/${summary.deployment}/edit`}>Edit</ButtonLink>
          )}
          {offersFor(view, session.staff).map((offer) => (
            <Button
              key={offer.verb}
              {...(offer.danger
                ? { kind: "danger" as const }
                : isNextStep(offer, view)
                  ? { kind: "primary" as const }
                  : {})}
              onPress={() => setAsking(offer)}
            >
              {offer.verb}
            </Button>
          ))}
        </>
      }
    >
      {asking && <ActDialog offer={asking} view={view} onClose={() => setAsking(null)} />}
      <TimeWindow view={view} />
      <Tabs
        label="Parts of the deployment"
        parts={[
          { title: "Figures", content: <LiveFigures view={view} /> },
          { title: "Application", content: <Application form={view.application} /> },
          { title: "Decisions", content: <Decisions deployment={summary.deployment} /> },
          { title: "Officers", content: <Officers view={view} /> },
          { title: "Recognition test", content: <RecognitionPanel deployment={summary} /> },
          { title: "Timeline", content: <Timeline deployment={summary.deployment} /> },
        ]}
      />
    </Page>
  );
}

function TimeWindow({ view }: { view: View }) {
  const { summary, countdown } = view;
  const running = summary.state === "live" || summary.state === "paused";
  return (
    <Panel>
      <Facts
        of={[
          ["From", <Time key="from" at={countdown.starts_at} />],
          ["To", <Time key="to" at={countdown.ends_at} />],
          ...(running
            ? ([["Time left", <Countdown key="left" until={countdown.ends_at} over="The time is over" />]] as const)
            : []),
          ...(countdown.review_by
            ? ([
                [
                  "Urgent authority lapses in",
                  <Countdown key="review" until={countdown.review_by} over="It has lapsed" />,
                ],
              ] as const)
            : []),
          [
            "Threshold",
            <span key="threshold" className="number">
              {summary.threshold}
            </span>,
          ],
          [
            "Watchlist",
            summary.watchlist ? (
              <Link key="list" to={`/watchlists/${summary.watchlist}`}>
                {summary.watchlist_size ? counted(summary.watchlist_size, "person", "people") : "testers only"}
              </Link>
            ) : (
              <Link key="none" to={`/watchlists?deployment=${summary.deployment}`}>
                none attached yet
              </Link>
            ),
          ],
          ...(summary.end_reason ? ([["Ended because", summary.end_reason]] as const) : []),
          ...(view.plan ? ([["Cameras are ordered to", <strong key="order">{view.plan.order}</strong>]] as const) : []),
        ]}
      />
      {running && countdown.presence_ends_at === null && (
        <Notice tone="warn">
          <p>No officer on duty is checked in: the cameras look at nothing until one is.</p>
        </Notice>
      )}
    </Panel>
  );
}

function LiveFigures({ view }: { view: View }) {
  const found = useFigures(view.summary.deployment);
  return (
    <Shown of={found} what="the figures">
      {(figures) => (
        <div className="stack">
          <Figures
            of={[
              ["Faces seen", figures.faces_seen.toLocaleString()],
              ["Alerts", figures.alerts],
              ["Waiting for an answer", figures.open_alerts],
              ["Expired unanswered", figures.expired_alerts],
              ["Tests", figures.test_alerts],
              ...Object.entries(figures.classes).map(([name, count]) => [capital(name), count] as const),
            ]}
          />
          <Panel title="False-alert guard">
            <p className="row">
              <Badge tone={figures.guard.level === "ok" ? "good" : "warn"}>{figures.guard.level}</Badge>
              <span>{figures.guard.sentence}</span>
            </p>
          </Panel>
          {view.readiness && (
            <Panel title="Checked before going live">
              <Facts
                of={[
                  ["Signs in place", yes(view.readiness.signage_in_place)],
                  ["Briefing held", yes(view.readiness.briefing_held)],
                  ["Cameras checked", yes(view.readiness.cameras_checked)],
                  [
                    "Recognition test",
                    view.readiness.blue_list_passages
                      ? `${view.readiness.blue_list_recognised} of ${view.readiness.blue_list_passages} passages recognised`
                      : "not run",
                  ],
                ]}
              />
            </Panel>
          )}
        </div>
      )}
    </Shown>
  );
}

function Application({ form }: { form: Form }) {
  return (
    <Panel>
      <Facts
        prose
        of={[
          ["Purpose", form.purpose],
          ["Necessity", form.necessity],
          ["Proportionality", form.proportionality],
          ["Less intrusive ways", form.less_intrusive_alternatives],
          ["Ground for the place", capital(form.location.ground)],
          ["Evidence", form.location.evidence],
          ["People expected", form.expected_footfall.toLocaleString()],
          ["Looked for", form.terms.categories.join("; ") || "consenting people only"],
          ["Cameras", form.terms.cameras.map((camera) => camera.name).join("; ")],
          ["Assembly", form.assembly ? `yes: ${form.assembly_authority_reference ?? "no reference"}` : "no"],
          [
            "Assessments",
            <ul key="assessments" className="stack tight">
              {form.assessments.map((each) => (
                <li key={each.kind}>
                  {capital(each.kind)}: {each.reference || "no reference yet"}, review by <Day on={each.review_by} />
                </li>
              ))}
            </ul>,
          ],
        ]}
      />
    </Panel>
  );
}

function Decisions({ deployment }: { deployment: string }) {
  const name = useNames();
  const found = useAuthorities(deployment);
  return (
    <Shown of={found} what="decisions" empty={<Empty title="Nobody has decided yet" />}>
      {(all) => (
        <div className="stack">
          {[...all].reverse().map((each, number) => (
            <Panel
              key={each.authority}
              title={`Decision ${each.sequence}: ${each.basis}`}
              actions={number === 0 && <Badge tone="good">holds</Badge>}
            >
              <Facts
                of={[
                  ["Decided", <Time key="at" at={each.decided_at} />],
                  ["By", name(each.decided_by)],
                  ["Reason", each.reason],
                  ["From", <Time key="from" at={each.terms.window.start} />],
                  ["To", <Time key="to" at={each.terms.window.end} />],
                  ["Threshold", each.terms.threshold],
                  ["Looked for", each.terms.categories.join("; ") || "consenting people only"],
                  ["Rules", `${each.profile}, ${each.policy_version}`],
                  ["Outside decision", each.external_reference],
                ]}
              />
            </Panel>
          ))}
        </div>
      )}
    </Shown>
  );
}

function Officers({ view }: { view: View }) {
  const name = useNames();
  if (!view.officers.length) return <Empty title="Nobody is checked in" />;
  return (
    <Panel>
      <ul className="stack tight">
        {view.officers.map((each) => (
          <li key={each.officer} className="row">
            <span>{name(each.officer)}</span>
            <Badge tone={each.counts ? "good" : "warn"}>{each.counts ? "there" : "must confirm"}</Badge>
            <span className="soft">
              confirmed <Time at={each.confirmed_at} clock />, counts until <Time at={each.counts_until} clock />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function yes(value: boolean): string {
  return value ? "yes" : "no";
}
