import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useCallback, useEffect, useMemo, useRef } from "react";
import { useLocation } from "react-router";
import { api, body, setCsrfToken, whenSessionIsLost } from "../api/client";
import { Events } from "../api/Events";
import { Problem } from "../api/problem";
import { Loading, ProblemNotice } from "../ui/States";
import { Locked } from "./Locked";
import { SetUp } from "./SetUp";
import { SignIn } from "./SignIn";
import { type Role, type Session, SessionContext, type SignedIn } from "./session";

const SESSION = ["session"];
const ACTIVITY_EVERY_MS = 60_000;

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
  const session = useQuery({ queryKey: SESSION, queryFn: readSession, staleTime: 30_000 });
  const again = useCallback(() => queries.invalidateQueries({ queryKey: SESSION }), [queries]);

  useEffect(() => whenSessionIsLost(() => void again()), [again]);
  const isOver = session.data === null;
  useEffect(() => {
    if (!isOver) return;
    // Nothing that was looked at or typed stays in the memory of a browser that somebody leaves.
    queries.removeQueries({ predicate: (each) => !each.isActive() });
    queries.getMutationCache().clear();
  }, [isOver, queries]);
  useLockTimer(session.data ?? null, again);
  useActivity(session.data != null && !session.data.locked);

  if (pathname === "/set-up") return <SetUp onDone={again} />;
  if (session.isPending) return <Loading what="the console" />;
  // Whoever is signed in stays where they are while the hub is out of reach.
  if (session.error && session.data === undefined) {
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
    return {
      session,
      holds: (...roles) => roles.some((role) => held.has(role)),
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

/** Asks the hub again when the session should be locked by now. */
function useLockTimer(session: Session | null, again: () => Promise<void>): void {
  const at = session?.locks_at;
  useEffect(() => {
    if (!at) return undefined;
    const timer = setTimeout(() => void again(), Math.max(1000, new Date(at).getTime() - Date.now() + 1000));
    return () => clearTimeout(timer);
  }, [at, again]);
}

/** Tells the hub, at most once a minute, that somebody sits here. */
function useActivity(signedIn: boolean): void {
  const queries = useQueryClient();
  const last = useRef(0);
  useEffect(() => {
    if (!signedIn) return undefined;
    const active = () => {
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
  }, [signedIn, queries]);
}
