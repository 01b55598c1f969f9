import { CircleHelp, CircleStop, Pause, Volume2, VolumeX } from "lucide-react";
import { Link } from "react-router";
import { type ActOffer, offersFor } from "../deployments/acts";
import type { View } from "../deployments/queries";
import { StateBadge } from "../deployments/StateBadge";
import { useSession } from "../session/session";
import { Button } from "../ui/Button";
import { Countdown, moment, Time } from "../ui/Time";
import { Presence } from "./Presence";

const ON_THE_WAY = new Set(["GO_LIVE", "RESUME_DEPLOYMENT"]);

interface Props {
  view: View;
  muted: boolean;
  silent: boolean;
  onMute: () => void;
  onAsk: (offer: ActOffer) => void;
  onPause: () => void;
  onSettings: () => void;
}

/** Which site, in what state, for how long, who is there; and the two ways to stop it. */
export function LiveHead({ view, muted, silent, onMute, onAsk, onPause, onSettings }: Props) {
  const { session } = useSession();
  const { summary, countdown } = view;
  const offers = offersFor(view, session.staff);
  const ending = offers.find((offer) => offer.act === "END_DEPLOYMENT");
  const running = summary.state === "live" || summary.state === "paused";
  return (
    <header className="live-head">
      <div className="row">
        <Link to="/live" className="live-sites small">
          All sites
        </Link>
        <h1>{summary.site}</h1>
        <StateBadge state={summary.state} />
        {summary.pause_reason && <span className="soft small">{summary.pause_reason}</span>}
        {running ? (
          <span className="soft" title={`Until ${moment(countdown.ends_at)}`}>
            <strong className="live-left">
              <Countdown until={countdown.ends_at} over="Time is over" />
            </strong>{" "}
            left
          </span>
        ) : (
          <span className="soft">
            from <Time at={countdown.starts_at} />
          </span>
        )}
      </div>
      <div className="row live-acts">
        <Presence view={view} />
        <Button aria-label={muted ? "Sound on" : "Sound off"} aria-pressed={muted} onPress={onMute}>
          {muted ? <VolumeX aria-hidden /> : <Volume2 aria-hidden />}
          {silent && (
            <span className="small" title="The browser makes no sound before the first key or click.">
              press a key
            </span>
          )}
        </Button>
        <Button aria-label="Keys and choices" onPress={onSettings}>
          <CircleHelp aria-hidden />
        </Button>
        {offers
          .filter((offer) => ON_THE_WAY.has(offer.act))
          .map((offer) => (
            <Button key={offer.act} kind="primary" onPress={() => onAsk(offer)}>
              {offer.verb}
            </Button>
          ))}
        {view.open_acts.includes("PAUSE_DEPLOYMENT") && (
          <Button onPress={onPause}>
            <Pause aria-hidden /> Pause <kbd>P</kbd>
          </Button>
        )}
        {ending && (
          <Button kind="danger" onPress={() => onAsk(ending)}>
            <CircleStop aria-hidden /> End <kbd>⇧E</kbd>
          </Button>
        )}
      </div>
    </header>
  );
}
