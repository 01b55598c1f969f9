import createClient, { type Middleware } from "openapi-fetch";
import { problemOf } from "./problem";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
const LOCKING = new Set([401, 423]);

let csrfToken = "";
let onSessionLost: (status: number) => void = () => undefined;

/** The token that belongs to this session; it came with `GET /session` and goes with every change. */
export function setCsrfToken(token: string): void {
  csrfToken = token;
}

/** Whom to tell that the session is locked or over. */
export function whenSessionIsLost(tell: (status: number) => void): void {
  onSessionLost = tell;
}

export function unsafeHeaders(): Record<string, string> {
  return { "X-CSRF-Token": csrfToken };
}

const guard: Middleware = {
  onRequest({ request }) {
    if (!SAFE.has(request.method)) request.headers.set("X-CSRF-Token", csrfToken);
    return request;
  },
  async onResponse({ response }) {
    if (response.ok) return undefined;
    if (LOCKING.has(response.status)) onSessionLost(response.status);
    throw await problemOf(response);
  },
};

/** The hub's API, typed from its own description; a call that is not carried out throws a `Problem`. */
export const api = createClient<paths>({ credentials: "same-origin" });
api.use(guard);

/** The body of an answer; the client throws before there could be none. */
export function body<T>(answer: { data?: T }): T {
  return answer.data as T;
}
