import { type QueryFilters, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from "react";
import { whenHubIsBack } from "../program";
import { EventLink, type HubEvent, type LinkState } from "./events";

const KINDS = [
  "deployment.changed",
  "presence.changed",
  "alert.raised",
  "alert.changed",
  "watchlist.changed",
  "node.changed",
  "camera.changed",
  "people.changed",
  "certificate.changed",
  "webhook.changed",
];

type Listener = (event: HubEvent) => void;

interface Updates {
  state: LinkState;
  /** The latest state of nodes and cameras; null before the first. */
  fleet: unknown;
  listen: (listener: Listener) => () => void;
}

const Context = createContext<Updates>({ state: "connecting", fleet: null, listen: () => () => undefined });

/**
 * Query keys begin with what they show ("deployments", "alerts", …): an event renews all that show its kind. After a
 * slash stands the part of a record that shows it, the third of its key: to renew the record itself would be one more
 * look at it in the audit log.
 */
const SHOWN_BY: Record<string, readonly string[]> = {
  deployment: ["deployments", "deployment"],
  presence: ["deployment"],
  alert: ["alerts", "deployment/figures", "deployment/statistics", "deployment/recognition tests"],
  watchlist: ["watchlists", "watchlist", "deployment"],
  node: ["nodes"],
  camera: ["cameras"],
  people: ["people"],
  certificate: ["certificates"],
  webhook: ["webhooks"],
};

function thatShow(key: string): QueryFilters {
  const [record, part] = key.split("/");
  return { queryKey: [record], predicate: ({ queryKey }) => part === undefined || queryKey[2] === part };
}

const TOGETHER_MS = 150;
const AGAIN_MS = 1000;

/**
 * One line of events for the whole console. What is shown is renewed soon after an event; in a storm once a second at
 * most, and never while the answer of before is on its way, which would be thrown away each time and never be shown.
 */
export function Events({ on, children }: { on: boolean; children: ReactNode }) {
  const queries = useQueryClient();
  const [state, setState] = useState<LinkState>("connecting");
  const [fleet, setFleet] = useState<unknown>(null);
  const listeners = useRef(new Set<Listener>());

  useEffect(() => {
    if (!on) return undefined;
    const stale = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const renewed = new Map<string, number>();
    const renew = () => {
      timer = undefined;
      for (const key of stale) {
        const shown = thatShow(key);
        if (queries.isFetching(shown) || Date.now() - (renewed.get(key) ?? 0) < AGAIN_MS) continue;
        stale.delete(key);
        renewed.set(key, Date.now());
        void queries.invalidateQueries(shown);
      }
      if (stale.size) timer = setTimeout(renew, TOGETHER_MS);
    };
    let wasLost = false;
    const turned = (next: LinkState) => {
      // What was missed may be more than the line can tell afterwards: everything shown is asked for anew.
      if (next === "open" && wasLost) {
        void queries.invalidateQueries();
        whenHubIsBack();
      }
      wasLost = next === "lost" || (wasLost && next === "connecting");
      setState(next);
    };
    const link = new EventLink(
      KINDS,
      (event) => {
        for (const key of SHOWN_BY[event.kind.split(".")[0] ?? ""] ?? []) stale.add(key);
        timer ??= setTimeout(renew, TOGETHER_MS);
        for (const listener of listeners.current) listener(event);
      },
      turned,
      setFleet,
    );
    link.open();
    return () => {
      clearTimeout(timer);
      link.close();
    };
  }, [queries, on]);

  const listen = useRef((listener: Listener) => {
    listeners.current.add(listener);
    return () => void listeners.current.delete(listener);
  });
  return <Context.Provider value={{ state, fleet, listen: listen.current }}>{children}</Context.Provider>;
}

export function useUpdates(): Updates {
  return useContext(Context);
}

/** Calls back for every event while the component is shown. */
export function useEvent(onEvent: Listener): void {
  const { listen } = useUpdates();
  const latest = useRef(onEvent);
  latest.current = onEvent;
  useEffect(() => listen((event) => latest.current(event)), [listen]);
}
