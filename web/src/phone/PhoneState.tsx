import { createContext, type ReactNode, useContext, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { useColleagues } from "../api/colleagues";
import { useUpdates } from "../api/Events";
import { sentenceOf } from "../api/problem";
import { useVocabulary } from "../api/vocabulary";
import { useSession } from "../session/session";
import { Loading, ProblemNotice } from "../ui/States";
import type { Act, Waiting } from "./decisions";
import { HeldAlerts } from "./held";
import { theHub } from "./hub";
import { Outbox } from "./outbox";
import { OutboxStore } from "./store";

interface Phone {
  outbox: Outbox;
  held: HeldAlerts;
  /** Decide, at a time by the hub's clock: kept on this phone first, then sent as soon as the hub is heard. */
  decide: (alert: string, act: Act, version: number, at: string) => Promise<void>;
  /** Count a passage of a blue-list test, in the same way. */
  count: (test: string, tester: string, at: string) => Promise<void>;
}

const Context = createContext<Phone | null>(null);
const AGAIN_MS = 4000;

/** Everything the phone's screens share: what is on its way to the hub, and the alerts in memory. */
export function PhoneState({ children }: { children: ReactNode }) {
  const { session } = useSession();
  const { staff } = session;
  const [outbox, setOutbox] = useState<Outbox | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const held = useMemo(() => new HeldAlerts(), []);

  useEffect(() => {
    const opening = OutboxStore.open();
    let there = true;
    (async () => {
      const opened = new Outbox(await opening, theHub);
      await opened.load();
      if (there) setOutbox(opened);
    })().catch((error) => there && setProblem(error));
    return () => {
      there = false;
      held.wipeAll();
      opening.then((store) => store.close()).catch(() => undefined);
    };
  }, [held]);

  useEffect(() => {
    // A phone that lies somewhere, locked, has nothing of anybody in its memory either.
    if (session.locked) held.wipeAll();
  }, [held, session.locked]);

  const value = useMemo<Phone | null>(
    () =>
      outbox && {
        outbox,
        held,
        decide: async (alert, act, version, at) => {
          await outbox.add(staff, alert, act, version, at);
          void outbox.send(staff);
        },
        count: async (test, tester, at) => {
          await outbox.count(staff, test, tester, at);
          void outbox.send(staff);
        },
      },
    [outbox, held, staff],
  );
  if (problem !== null)
    return <ProblemNotice problem={new Error(`This phone keeps nothing: ${sentenceOf(problem)}`)} />;
  if (!value) return <Loading what="the phone" />;
  return (
    <Context.Provider value={value}>
      <WordsAtHand />
      <Sender outbox={value.outbox} staff={staff} />
      {children}
    </Context.Provider>
  );
}

export function usePhone(): Phone {
  const value = useContext(Context);
  if (!value) throw new Error("This is a screen of the phone.");
  return value;
}

export function useWaiting(): readonly Waiting[] {
  const { outbox } = usePhone();
  return useSyncExternalStore(outbox.subscribe, outbox.snapshot);
}

/** Whether the hub is heard now: by its events, by what was last sent, and by the phone's own word about its network. */
export function useHeard(): boolean {
  const { outbox } = usePhone();
  const { state } = useUpdates();
  const answered = useSyncExternalStore(outbox.subscribe, outbox.isHeard);
  const online = useSyncExternalStore(onNetwork, () => navigator.onLine);
  return state === "open" && answered && online;
}

function onNetwork(changed: () => void): () => void {
  window.addEventListener("online", changed);
  window.addEventListener("offline", changed);
  return () => {
    window.removeEventListener("online", changed);
    window.removeEventListener("offline", changed);
  };
}

/** Choices and names are read as soon as the phone is opened: without a network it is too late to ask for them. */
function WordsAtHand() {
  useVocabulary();
  useColleagues();
  return null;
}

/** Sends when the network or the hub is back, and every few seconds while something waits. */
function Sender({ outbox, staff }: { outbox: Outbox; staff: string }) {
  const { state } = useUpdates();
  const waiting = useSyncExternalStore(outbox.subscribe, outbox.snapshot);
  const some = waiting.some((each) => each.staff === staff && each.refusal === null);
  useEffect(() => {
    if (!some) return;
    const send = () => void outbox.send(staff);
    if (state === "open") send();
    const timer = setInterval(send, AGAIN_MS);
    window.addEventListener("online", send);
    return () => {
      clearInterval(timer);
      window.removeEventListener("online", send);
    };
  }, [outbox, staff, some, state]);
  return null;
}
