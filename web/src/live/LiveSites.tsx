import { CircleStop, Pause } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { ActDialog } from "../deployments/ActDialog";
import { type ActOffer, offersFor } from "../deployments/acts";
import { useDeployment, useFigures } from "../deployments/queries";
import { RehearsalBadge, StateBadge } from "../deployments/StateBadge";
import { useSession } from "../session/session";
import { Button } from "../ui/Button";
import { Page } from "../ui/Page";
import { hasKeys } from "../ui/preferences";
import { Badge, Empty, Shown } from "../ui/States";
import { Countdown, Time } from "../ui/Time";
import { type Keys, keyName } from "./keys";
import { usePause } from "./pause";
import { type DeploymentSummary, useNearLive } from "./queries";
import { bySite } from "./sites";

/** Every site within one's reach, side by side, with all there is at it; each is armed, paused and ended by itself. */
export function LiveSites() {
  const found = useNearLive();
  return (
    <Page
      title="Live"
      below="Sites that run, are paused, or are about to begin. Each is armed by itself. On a card, P pauses and Shift+E ends."
    >
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

/** A card to go there by, with the two ways to stop what runs there: P and Shift+E are its own while it has the focus. */
function Site({ site }: { site: DeploymentSummary }) {
  const { session } = useSession();
  const running = site.state === "live" || site.state === "paused";
  const view = useDeployment(site.deployment, running).data;
  const [ending, setEnding] = useState<ActOffer | null>(null);
  const pause = usePause(view);
  const end = view && offersFor(view, session.staff).find((offer) => offer.act === "END_DEPLOYMENT");
  const keys: Keys = { p: () => void pause.now(), "Shift+e": () => end && setEnding(end) };
  return (
    <>
      <article
        className="site"
        aria-label={site.site}
        data-state={site.state}
        onKeyDown={(event) => {
          const act = event.ctrlKey || event.metaKey || event.altKey || event.repeat ? undefined : keys[keyName(event)];
          if (!act || !hasKeys()) return;
          event.preventDefault();
          act();
        }}
      >
        <SiteFacts site={site} running={running} />
        {(pause.possible || end) && (
          <div className="row">
            {pause.possible && (
              <Button onPress={() => void pause.now()}>
                <Pause aria-hidden /> Pause <kbd>P</kbd>
              </Button>
            )}
            {end && (
              <Button kind="danger" onPress={() => setEnding(end)}>
                <CircleStop aria-hidden /> End <kbd>⇧E</kbd>
              </Button>
            )}
          </div>
        )}
      </article>
      {ending && view && <ActDialog offer={ending} view={view} onClose={() => setEnding(null)} />}
    </>
  );
}

function SiteFacts({ site, running }: { site: DeploymentSummary; running: boolean }) {
  const figures = useFigures(site.deployment).data;
  const waiting = figures?.open_alerts ?? 0;
  const there = figures?.officers.filter((each) => each.counts).length ?? 0;
  return (
    <Link className="site-facts" to={`/live/${site.deployment}`}>
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
        {running ? (
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
