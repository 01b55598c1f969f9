import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { ActDialog } from "../deployments/ActDialog";
import { type ActOffer, offersFor } from "../deployments/acts";
import { useDeployment, type View } from "../deployments/queries";
import { useSession } from "../session/session";
import { hasKeys } from "../ui/preferences";
import { Shown } from "../ui/States";
import { Adjudication } from "./Adjudication";
import { AlertQueue } from "./AlertQueue";
import { CameraWall } from "./CameraWall";
import { useKeys } from "./keys";
import { LiveFigures } from "./LiveFigures";
import { LiveHead } from "./LiveHead";
import { LiveSettings } from "./LiveSettings";
import { usePause } from "./pause";
import { useHubNow, useOpenAlerts } from "./queries";
import { inOrder, stepFrom } from "./queue";
import { useAlarm } from "./useAlarm";

export function LiveDeployment() {
  const { deployment = "" } = useParams();
  const found = useDeployment(deployment);
  return (
    <Shown of={found} what="the site">
      {(view) => <Live key={deployment} view={view} />}
    </Shown>
  );
}

/** One site as its operator has it before them: what waits at the left, one alert or the cameras beside it. */
function Live({ view }: { view: View }) {
  const { session } = useSession();
  const { summary } = view;
  const { deployment } = summary;
  const { alert } = useParams();
  const navigate = useNavigate();
  const now = useHubNow(deployment);
  const open = useOpenAlerts(deployment);
  const [chosen, setChosen] = useState<string | null>(alert ?? null);
  const [asking, setAsking] = useState<ActOffer | null>(null);
  const [settings, setSettings] = useState(false);
  const [keysOn, setKeysOn] = useState(hasKeys);
  const pause = usePause(view);
  const queue = inOrder(open.data ?? [], now);
  const alarm = useAlarm(deployment, queue, now);
  const ending = offersFor(view, session.staff).find((offer) => offer.act === "END_DEPLOYMENT");

  const look = (id: string | null) => navigate(id ? `/live/${deployment}/alerts/${id}` : `/live/${deployment}`);
  const back = () => {
    // The next look begins at the top of the queue.
    setChosen(null);
    look(null);
  };
  const step = (by: 1 | -1) => {
    const next = stepFrom(queue, chosen, by);
    setChosen(next);
    if (alert && next) look(next);
  };
  useKeys(
    {
      ArrowDown: () => step(1),
      ArrowUp: () => step(-1),
      ...(alert ? {} : { Enter: () => look(chosen ?? queue[0]?.alert ?? null) }),
      p: () => void pause.now(),
      "Shift+e": () => ending && setAsking(ending),
      m: alarm.toggle,
      "?": () => setSettings(true),
    },
    keysOn,
  );
  return (
    <div className="live" data-state={summary.state}>
      {summary.rehearsal && (
        <div className="rehearsal">
          Rehearsal: consenting people only. Nothing here counts, nobody is to be approached.
        </div>
      )}
      <LiveHead
        view={view}
        muted={alarm.muted}
        silent={alarm.silent}
        onMute={alarm.toggle}
        onAsk={setAsking}
        onPause={() => void pause.now()}
        onSettings={() => setSettings(true)}
      />
      <LiveFigures view={view} />
      <div className="live-body" data-alert={alert !== undefined || undefined}>
        <AlertQueue
          found={open}
          queue={queue}
          now={now}
          deployment={deployment}
          chosen={alert ?? chosen}
          onChoose={(id) => {
            setChosen(id);
            look(id);
          }}
        />
        {alert ? <Adjudication key={alert} alert={alert} onClose={back} /> : <CameraWall view={view} />}
      </div>
      {asking && <ActDialog offer={asking} view={view} onClose={() => setAsking(null)} />}
      <LiveSettings
        isOpen={settings}
        onClose={() => setSettings(false)}
        keysOn={keysOn}
        onKeys={setKeysOn}
        muted={alarm.muted}
        onMute={alarm.toggle}
      />
    </div>
  );
}
