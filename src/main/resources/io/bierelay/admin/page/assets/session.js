// Who asks, and how: each request of the page goes through here. Credentials live in
// sessionStorage, which ends with the tab; there is no cookie that another site could make use of.

const KEY = "bie.authorization";
const TIMEOUT_MS = 10_000;

/** What the server refused, or that it could not be reached (status 0). */
export class Refusal extends Error {
  constructor(status, message, { retryAfter = 0, errors = [] } = {}) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
    this.errors = errors;
  }
}

/** Hears "unauthorized" when an answer is 401, and "me" when it is known who is signed in. */
export const session = new EventTarget();

let me = null;

/** {name, role}; null before it was asked. */
export const whoami = () => me;

export function authorization() {
  return sessionStorage.getItem(KEY);
}

export function bearer(token) {
  return `Bearer ${token}`;
}

export function basic(user, password) {
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

/** Headers of a request; what is signed in with, if at all. */
export function headers(more = {}) {
  const known = authorization();
  return known ? { ...more, Authorization: known } : more;
}

/** Tries credentials and keeps them if they are good; null tries without any. */
export async function signIn(credentials) {
  const before = authorization();
  if (credentials) sessionStorage.setItem(KEY, credentials);
  try {
    await identify();
  } catch (refusal) {
    if (before && before !== credentials) sessionStorage.setItem(KEY, before);
    else sessionStorage.removeItem(KEY);
    throw refusal;
  }
}

export function signOut() {
  sessionStorage.removeItem(KEY);
  me = null;
}

async function identify() {
  try {
    me = await call("api/me", { quiet: true });
  } catch (refusal) {
    // An older instance behind the same address does not know the question.
    if (refusal.status !== 404) throw refusal;
    me = { name: "", role: "anonymous" };
  }
  session.dispatchEvent(new Event("me"));
}

/** Why this person may not change anything; empty if they may. */
export function notAllowed() {
  if (!me) return "It is not known yet who you are.";
  if (me.mayChange ?? me.role !== "viewer") return "";
  return me.role === "viewer"
    ? "You are signed in as a viewer. An operator may do this."
    : "Only an operator may do this, and nobody is signed in.";
}

/** Asks, and answers the body's JSON; whatever goes wrong is a Refusal with words for a person. */
export async function call(path, { method = "GET", body, quiet = false, timeout = TIMEOUT_MS } = {}) {
  let response;
  try {
    response = await fetch(path, {
      method,
      cache: "no-store",
      // Otherwise the browser would put its own dialog over a 401.
      credentials: "omit",
      headers: headers(body === undefined ? {} : { "Content-Type": "application/json" }),
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(timeout),
    });
  } catch (error) {
    throw new Refusal(0, error.name === "TimeoutError" ? "no answer in time" : "not reachable");
  }
  const answer = await response.json().catch(() => null);
  if (response.ok || (response.status === 503 && answer?.checks)) return answer;
  if (response.status === 401 && !quiet) session.dispatchEvent(new Event("unauthorized"));
  throw new Refusal(response.status, words(response, answer), {
    retryAfter: Number(response.headers.get("Retry-After") ?? 0),
    errors: answer?.errors ?? [],
  });
}

function words(response, problem) {
  const told = [problem?.detail ?? problem?.title ?? `the answer was ${response.status}`];
  for (const one of problem?.errors ?? []) told.push(`${one.pointer ?? ""} ${one.detail ?? ""}`.trim());
  return told.join("; ");
}
