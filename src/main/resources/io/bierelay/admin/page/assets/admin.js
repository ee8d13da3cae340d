// The page's frame: who is signed in, which view is open, and how fresh what it shows is. Whatever
// comes from the server is written by textContent, in dom.js.

import { byId, el, put, say, set, show } from "./dom.js";
import { count, duration } from "./format.js";
import { letters } from "./letters.js";
import { Live } from "./live.js";
import { login } from "./login.js";
import { overview } from "./overview.js";
import { partition } from "./partition.js";
import { partitions } from "./partitions.js";
import { session, signIn, signOut, whoami } from "./session.js";
import { settings } from "./settings.js";
import { shape } from "./shapes.js";
import { Store } from "./store.js";

const STALE_SECONDS = 4;
const VIEWS = [
  [/^#\/partitions$/, "Partitions", partitions],
  [/^#\/partitions\/([^/]+)\/(\d+)$/, "Partition", partition],
  [/^#\/dead-letters$/, "Dead letters", letters],
  [/^#\/settings$/, "Settings", settings],
];

const store = new Store();
const live = new Live();
const main = byId("main");
let view = null;
let title = "Overview";
let planned = false;

/** Where a view is found by its hash; what is unknown is the overview. */
function find(hash) {
  for (const [pattern, name, make] of VIEWS) {
    const match = pattern.exec(hash);
    if (match) return { name, make, parts: match.slice(1).map(decode) };
  }
  return { name: "Overview", make: overview, parts: [] };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function open({ name, make, parts }) {
  view?.end?.();
  main.replaceChildren();
  title = name;
  view = make(main, { store, live, follow: setScope }, ...parts);
  for (const link of byId("nav").children) {
    const there = link.getAttribute("href");
    set(link, "aria-current", there === location.hash || (there === "#/" && name === "Overview") ? "page" : null);
    if (there !== "#/" && location.hash.startsWith(`${there}/`)) set(link, "aria-current", "true");
  }
  update();
}

function navigate() {
  if (!whoami()) return;
  open(find(location.hash));
  scrollTo(0, 0);
  // A screen reader begins to read where the new view begins.
  const heading = main.querySelector("h1");
  if (heading) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
}

function setScope(scope) {
  store.reset();
  live.start(scope);
}

/** Once per frame at most, however often something arrives; not at all while the page is hidden. */
function update() {
  if (planned) return;
  planned = true;
  requestAnimationFrame(() => {
    planned = false;
    view?.update?.();
    showTitle();
  });
}

function showTitle() {
  const stuck = store.snapshot ? store.totals.stuck : 0;
  const wanted = `${stuck > 0 ? `${count(stuck, "stuck partition")} – ` : ""}${title} – BIE Relay`;
  if (document.title !== wanted) document.title = wanted;
}

const MODES = {
  live: ["live", "good", "disc"],
  polling: ["every 2 s", "calm", "disc"],
  connecting: ["connecting", "wait", "half"],
  stopped: ["stopped", "bad", "ring"],
};
let shown = "";

/** How fresh it is; said aloud when it changes, and not each second. */
function showAge() {
  if (!whoami()) return;
  const age = live.age();
  const isStale = age > STALE_SECONDS;
  const [word, tone, form] = isStale ? ["no data", "bad", "ring"] : MODES[live.mode];
  if (shown !== word) {
    shown = word;
    set(byId("live"), "class", `live badge ${tone}`);
    byId("live").replaceChildren(shape(form), el("span", { text: word }));
    if (isStale) say("No data any more");
    else if (store.snapshot) say(`Data is ${word}`);
  }
  show(byId("stale"), isStale);
  main.classList.toggle("old", isStale && store.snapshot !== null);
  if (isStale) {
    const told = live.error || (live.mode === "live" ? "connected, but nothing comes" : "");
    const why = told ? ` (${told})` : "";
    put(byId("stale"), `no data for ${duration(age)}${why}; what stands below is as old`);
  }
}

/** Signed in, or nobody needs to be. */
function enter() {
  const { name, role } = whoami();
  put(byId("who"), role === "anonymous" ? "" : `${name} · ${role}`);
  show(byId("nav"), true);
  show(byId("live"), true);
  show(byId("sign-out"), role !== "anonymous");
  if (live.mode === "stopped" || live.mode === "connecting") live.start();
  open(find(location.hash));
}

/** Asks for credentials; nothing of before stays on the screen. */
function leave(message) {
  live.stop();
  store.reset();
  view?.end?.();
  show(byId("nav"), false);
  show(byId("live"), false);
  show(byId("stale"), false);
  show(byId("sign-out"), false);
  put(byId("who"), "");
  main.classList.remove("old");
  main.replaceChildren();
  title = "Sign in";
  showTitle();
  view = login(main, message, enter);
}

live.addEventListener("snapshot", ({ detail }) => {
  store.accept(detail);
  update();
  showAge();
});
live.addEventListener("change", showAge);
store.addEventListener("change", update);
addEventListener("hashchange", navigate);
// The skip link's target is no view.
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
byId("sign-out").addEventListener("click", () => {
  signOut();
  leave("");
});
session.addEventListener("unauthorized", () => {
  if (!whoami()) return;
  signOut();
  leave("The credentials are not accepted any more.");
});
setInterval(showAge, 1000);

async function begin() {
  try {
    await signIn(null);
    enter();
  } catch (refusal) {
    if (refusal.status === 401 || refusal.status === 429) {
      leave(refusal.status === 429 ? refusal.message : "");
      return;
    }
    main.replaceChildren(
      el("h1", { text: "Not reachable" }),
      el("p", { text: `${refusal.message}. The page asks again every few seconds.` }),
    );
    setTimeout(begin, 3000);
  }
}
begin();
