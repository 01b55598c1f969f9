import { useQuery } from "@tanstack/react-query";
import { CloudOff } from "lucide-react";
import { Button } from "../ui/Button";
import { Notice, Shown } from "../ui/States";
import { Time } from "../ui/Time";
import { NO_CONNECTION, toSend } from "./ConnectionBar";
import { wordsOf } from "./decisions";
import { OutboxStore } from "./store";
import "./phone.css";

/**
 * The phone that was opened without a network: who sits there cannot be asked, so it shows what waits to be sent, which
 * says of nobody who it is, and nothing else. It is sent once the hub is reached and the same officer is signed in.
 */
export default function WithoutHub({ onRetry }: { onRetry: () => void }) {
  const waiting = useQuery({ queryKey: ["outbox"], queryFn: readOutbox, networkMode: "always", gcTime: 0 });
  return (
    <div className="phone">
      <header className="phone-bar">
        <div className="phone-line" role="status">
          <CloudOff aria-hidden />
          <span>{NO_CONNECTION}</span>
          <span className="number phone-count">{toSend(waiting.data?.length ?? 0)}</span>
        </div>
      </header>
      <main className="phone-main stack" id="main">
        <Shown
          of={waiting}
          what="what waits on this phone"
          isEmpty={(all) => all.length === 0}
          empty={<p>Everything that was done on this phone is sent.</p>}
        >
          {(all) => (
            <ul className="phone-waiting">
              {all.map((each) => (
                <li key={each.key}>
                  <strong>{wordsOf(each)}</strong>
                  <span className="soft small">
                    <Time at={each.at} clock />
                  </span>
                </li>
              ))}
            </ul>
          )}
        </Shown>
        <Notice>
          <p>
            Pictures and names are never kept on a phone: alerts appear when the hub is reached. What waits is sent
            then, once, when the officer who decided it is signed in.
          </p>
        </Notice>
        <Button size="big" wide onPress={onRetry}>
          Try again
        </Button>
      </main>
    </div>
  );
}

async function readOutbox() {
  const store = await OutboxStore.open();
  try {
    return await store.all();
  } finally {
    store.close();
  }
}
