import { useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, type ReactNode, type RefObject, Suspense, useCallback, useEffect, useMemo, useRef } from "react";
import { useLocation } from "react-router";
import { api, body, setCsrfToken, whenSessionIsLost } from "../api/client";
import { Events } from "../api/Events";
import { isUnreachable, Problem } from "../api/problem";
import { Loading, ProblemNotice } from "../ui/States";
import { Locked } from "./Locked";
import { SetUp } from "./SetUp";
import { SignIn } from "./SignIn";
import { type Role, type Session, SessionContext, type SignedIn } from "./session";

const WithoutHub = lazy(() => import("../phone/WithoutHub"));

const SESSION = ["session"];
const ACTIVITY_EVERY_MS = 60_000;
const ASK_AGAIN_MS = 4000;

async function readSession(): Promise<Session | null> {
  try {
    const session = body(await api.GET("/api/v1/session"));
    setCsrfToken(session.csrf_token);
    return session;
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null;
    throw error;
  }
}

/** Lets through who is signed in; asks everybody else to sign in, and who was idle to unlock. */
export function SessionGate({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const { pathname } = useLocation();
  const session = useQuery({
    queryKey: SESSION,
    queryFn: readSession,
    staleTime: 30_000,
    // Whether the hub is there is seen by asking it, whatever the browser thinks of its network.
    networkMode: "always",
    retry: false,
    refetchOnReconnect: true,
    refetchInterval: ({ state }) => (state.error && state.data === undefined ? ASK_AGAIN_MS : false),
  });
  const again = useCallback(() => queries.invalidateQueries({ queryKey: SESSION }), [queries]);

  useEffect(() => whenSessionIsLost(() => void again()), [again]);
  const isOver = session.data === null;
  useEffect(() => {
    if (!isOver) return;
    // Nothing that was looked at or typed stays in the memory of a browser that somebody leaves.
    queries.removeQueries({ predicate: (each) => !each.isActive() });
    queries.getMutationCache().clear();
  }, [isOver, queries]);
  const touched = useRef(Date.now());
  useLockTimer(session.data ?? null, again, touched);
  useActivity(session.data != null && !session.data.locked, touched);

  if (pathname === "/set-up") return <SetUp onDone={again} />;
  if (session.isPending) return <Loading what="the console" />;
  // Whoever is signed in stays where they are while the hub is out of reach.
  if (session.error && session.data === undefined) {
    if (pathname.startsWith("/phone") && isUnreachable(session.error)) {
      return (
        <Suspense fallback={<Loading what="the phone" />}>
          <WithoutHub onRetry={() => void session.refetch()} />
        </Suspense>
      );
    }
    return (
      <div className="alone">
        <ProblemNotice problem={session.error} onRetry={() => void session.refetch()} />
      </div>
    );
  }
  if (!session.data) return <SignIn onDone={again} />;
  return (
    <Inside session={session.data} again={again}>
      {children}
    </Inside>
  );
}

function Inside({ session, again, children }: { session: Session; again: () => Promise<void>; children: ReactNode }) {
  const queries = useQueryClient();
  const value = useMemo<SignedIn>(() => {
    const held = new Set<Role>(session.roles);
    const holds = (...roles: Role[]) => roles.some((role) => held.has(role));
    const wholeHub = !session.reach.forces.length && !session.reach.sites.length;
    return {
      session,
      holds,
      holdsForHub: (...roles) => wholeHub && holds(...roles),
      lock: () => void api.POST("/api/v1/session/lock").finally(again),
      signOut: async () => {
        await api.DELETE("/api/v1/session");
        queries.setQueryData(SESSION, null);
      },
    };
  }, [session, again, queries]);
  return (
    <SessionContext.Provider value={value}>
      {session.locked && <Locked session={session} onDone={again} />}
      {/* What was typed stays, but is not shown, nor can it be reached, while the session is locked. */}
      <div hidden={session.locked} inert={session.locked}>
        <Events on={!session.locked}>{children}</Events>
      </div>
    </SessionContext.Provider>
  );
}

/** Asks the hub again when the session should be locked by now; where it cannot be asked, this browser locks itself. */
function useLockTimer(session: Session | null, again: () => Promise<void>, touched: RefObject<number>): void {
  const queries = useQueryClient();
  const at = session?.locks_at;
  const idleS = session?.idle_lock_s ?? 0;
  useEffect(() => {
    if (!at) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const check = async () => {
      await again();
      if (over || !isUnreachable(queries.getQueryState(SESSION)?.error)) return;
      const left = touched.current + idleS * 1000 - Date.now();
      if (left > 0) timer = setTimeout(check, left);
      else queries.setQueryData<Session>(SESSION, (last) => last && { ...last, locked: true, locks_at: null });
    };
    timer = setTimeout(check, Math.max(1000, new Date(at).getTime() - Date.now() + 1000));
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [at, idleS, again, queries, touched]);
}

/** Tells the hub, at most once a minute, that somebody sits here. */
function useActivity(signedIn: boolean, touched: RefObject<number>): void {
  const queries = useQueryClient();
  const last = useRef(0);
  useEffect(() => {
    if (!signedIn) return undefined;
    const active = () => {
      touched.current = Date.now();
      if (Date.now() - last.current < ACTIVITY_EVERY_MS) return;
      last.current = Date.now();
      api
        .POST("/api/v1/session/activity")
        .then(() => queries.invalidateQueries({ queryKey: SESSION }))
        .catch(() => undefined);
    };
    const signs = ["pointerdown", "keydown"] as const;
    for (const sign of signs) window.addEventListener(sign, active);
    return () => {
      for (const sign of signs) window.removeEventListener(sign, active);
    };
  }, [signedIn, queries, touched]);
}
