// Shows what health/ready and api/subscriptions say, once a second. Whatever comes from the server
// goes through textContent: reasons quote other systems' messages, which may hold anything.

const INTERVAL_MS = 1000;
const TIMEOUT_MS = 4000;
const STALE_AFTER_MS = 3000;

const byId = (id) => document.getElementById(id);
const opened = performance.now();
let lastData = null;
let lastError = "";

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function tone(of) {
  // Verticles say it in capitals, partitions and queues do not.
  const state = String(of ?? "").toUpperCase();
  if (state === "READY" || state === "RUNNING") return "good";
  if (state === "FAILED" || state === "SILENT") return "bad";
  return "wait";
}

function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

function number(value) {
  return typeof value === "number" ? value.toLocaleString("en") : "–";
}

async function ask(path, accepted) {
  const response = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!accepted.includes(response.status)) throw new Error(`${path} answers ${response.status}`);
  return response.json();
}

function showVerticles(checks, serverNow) {
  byId("verticles").replaceChildren(
    ...checks.map((check) => {
      const item = element("li");
      const head = element("div", "head");
      head.append(
        element("span", "name", check.name),
        element("span", `badge ${tone(check.state)}`, check.state.toLowerCase()),
      );
      item.append(head);
      if (check.reason) item.append(element("p", "reason", check.reason));
      const since = `for ${duration(serverNow - Date.parse(check.since))}`;
      item.append(
        element("p", "since", check.instance ? `${since} · instance ${check.instance}` : since),
      );
      return item;
    }),
  );
}

function cell(label, text, className) {
  const made = element("td", className, text);
  made.dataset.label = label;
  return made;
}

function row(subscription) {
  const made = element("tr");
  const state = cell("State", "");
  state.append(
    element("span", tone(subscription.state), String(subscription.state ?? "unknown").toLowerCase()),
  );
  for (const text of [subscription.reason, subscription.lastError]) {
    if (text) state.append(element("span", "reason", text));
  }
  made.append(
    cell("Topic", subscription.topic ?? subscription.queue ?? subscription.verticle, "topic"),
    cell("Partition", number(subscription.partition), "number"),
    state,
    cell("Lag", number(subscription.lag), "number"),
    cell("In flight", number(subscription.inFlight), "number"),
    cell("Position", number(subscription.position), "number"),
    cell("Committed", number(subscription.committed), "number"),
    cell("Age", duration(subscription.ageMs), "number"),
  );
  return made;
}

function order(left, right) {
  return (
    (tone(left.state) === "good") - (tone(right.state) === "good") ||
    String(left.topic ?? left.queue).localeCompare(String(right.topic ?? right.queue)) ||
    (left.partition ?? 0) - (right.partition ?? 0)
  );
}

function showSubscriptions(subscriptions) {
  byId("none").hidden = subscriptions.length > 0;
  byId("table").hidden = subscriptions.length === 0;
  byId("subscriptions").replaceChildren(...subscriptions.sort(order).map(row));
}

// Only a change is written: a screen reader would read each write aloud.
function showOverall(text, className) {
  const overall = byId("overall");
  if (overall.textContent !== text) overall.textContent = text;
  overall.className = `badge ${className}`;
}

function show(health, api) {
  const waiting = health.checks.filter((check) => check.status !== "UP").length;
  if (health.status === "UP") showOverall("ready", "good");
  else showOverall(`not ready: ${waiting}`, "wait");
  byId("who").textContent = [api.roles.join(", "), api.instance].filter(Boolean).join(" · ");
  // The server's clock against its own times: a wrong clock here must not change an age.
  showVerticles(health.checks, Date.parse(api.at));
  showSubscriptions(api.subscriptions);
}

function showAge() {
  const age = performance.now() - (lastData ?? opened);
  const old = age > STALE_AFTER_MS;
  const notice = byId("stale");
  notice.hidden = !old;
  byId("data").classList.toggle("old", old);
  if (!old) return;
  notice.textContent = `no data for ${duration(age)}${lastError ? ` (${lastError})` : ""}; what stands below is as old`;
  showOverall("unknown", "unknown");
}

async function refresh() {
  try {
    const [health, api] = await Promise.all([
      ask("health/ready", [200, 503]),
      ask("api/subscriptions", [200]),
    ]);
    show(health, api);
    lastData = performance.now();
    lastError = "";
  } catch (error) {
    lastError = error.name === "TimeoutError" ? "no answer in time" : error.message;
  }
  showAge();
  setTimeout(refresh, INTERVAL_MS);
}

// Apart from refresh, which may itself be waiting for an answer.
setInterval(showAge, INTERVAL_MS);
refresh();
