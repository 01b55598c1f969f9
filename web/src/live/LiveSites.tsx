import { Link } from "react-router";
import { useFigures } from "../deployments/queries";
import { RehearsalBadge, StateBadge } from "../deployments/StateBadge";
import { Page } from "../ui/Page";
import { Badge, Empty, Shown } from "../ui/States";
import { Countdown, Time } from "../ui/Time";
import { type DeploymentSummary, useNearLive } from "./queries";
import { bySite } from "./sites";

/** Every site within one's reach, side by side, with all there is at it; each is armed, paused and ended by itself. */
export function LiveSites() {
  const found = useNearLive();
  return (
    <Page title="Live" below="Sites that run, are paused, or are about to begin. Each is armed separately.">
      <Shown
        of={found}
        what="the sites"
        empty={
          <Empty title="Nothing is live">
            <p>
              A deployment appears here once its watchlist is attached.{" "}
              <Link to="/deployments">See all deployments</Link>.
            </p>
          </Empty>
        }
      >
        {(sites) => (
          <ul className="sites">
            {bySite(sites).map((there) => (
              <li key={there[0]?.deployment} className="stack">
                {there.map((each) => (
                  <Site key={each.deployment} site={each} />
                ))}
              </li>
            ))}
          </ul>
        )}
      </Shown>
    </Page>
  );
}

function Site({ site }: { site: DeploymentSummary }) {
  const figures = useFigures(site.deployment).data;
  const waiting = figures?.open_alerts ?? 0;
  const there = figures?.officers.filter((each) => each.counts).length ?? 0;
  return (
    <Link className="site" to={`/live/${site.deployment}`} data-state={site.state}>
      <span className="row apart">
        <span>
          <strong className="site-name">{site.site}</strong>
          <span className="soft small site-force">{site.controller}</span>
        </span>
        <span className="row">
          {site.rehearsal && <RehearsalBadge />}
          <StateBadge state={site.state} />
        </span>
      </span>
      <span className="site-alerts" data-waiting={waiting > 0 || undefined}>
        <span className="number">{waiting}</span> {waiting === 1 ? "alert waits" : "alerts wait"}
      </span>
      <span className="row">
        <Badge tone={there ? "good" : site.state === "live" ? "bad" : undefined}>
          {there} {there === 1 ? "officer" : "officers"} there
        </Badge>
        <Badge>
          {site.cameras} {site.cameras === 1 ? "camera" : "cameras"}
        </Badge>
        {figures && figures.guard.level !== "ok" && <Badge tone="bad">false alerts</Badge>}
      </span>
      <span className="soft small">
        {site.state === "live" || site.state === "paused" ? (
          <>
            <Countdown until={site.window.end} over="The time is over" /> left, until <Time at={site.window.end} />
          </>
        ) : (
          <>
            Begins <Time at={site.window.start} />
          </>
        )}
      </span>
    </Link>
  );
}
