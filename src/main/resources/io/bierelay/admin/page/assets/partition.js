// One partition: all that is known of it, its last minutes, and its controls.

import { control, viewerNote } from "./dialogs.js";
import { pause, resume, seek } from "./controls.js";
import { el, keyed, put, set, show } from "./dom.js";
import { duration, isNumber, moment, NOTHING, number, rate, since } from "./format.js";
import { notAllowed } from "./session.js";
import { badge, draw, line, showState } from "./shapes.js";
import { explanation } from "./store.js";

export function partition(root, { store }, topic, text) {
  const index = Number(text);
  const of = { topic, partition: index };
  const why = notAllowed();
  const heading = el("h1", { text: `${topic} · ${index}` });
  const mark = badge("running");
  const about = el("p", { class: "quiet" });
  const reason = el("p", { class: "why", role: "status", hidden: true });
  const gone = el("p", { class: "note", hidden: true });
  const pauseButton = control("Pause", () => pause(store, of), why);
  const resumeButton = control("Resume", () => resume(store, of), why);
  const seekButton = control("Replay …", () => seek(store, of), why);
  const rates = chart("Events a second");
  const lags = chart("Events behind");
  const lists = {
    place: list("Position"),
    flow: list("Flow"),
    owner: list("Owner"),
    accounts: list("Accounts"),
  };
  const balance = el("p", { class: "hint" });
  lists.accounts.node.append(balance);
  const content = el(
    "div",
    { hidden: true },
    reason,
    el("div", { class: "buttons controls" }, pauseButton, resumeButton, seekButton),
    viewerNote(why) ?? "",
    el("div", { class: "charts" }, rates.node, lags.node),
    el("div", { class: "lists" }, ...Object.values(lists).map((one) => one.node)),
  );
  root.append(
    el("p", { class: "back" }, el("a", { href: "#/partitions", text: "← All partitions" })),
    el("div", { class: "title" }, el("div", {}, el("div", { class: "named" }, heading, mark), about)),
    gone,
    content,
  );
  show(mark, false);

  function update() {
    if (!store.snapshot) return;
    const row = store.find(topic, index);
    show(gone, !row);
    show(mark, row);
    if (!row) {
      put(gone, store.snapshot.scope === "group" ? "There is no such partition." : "This instance does not own it; see the whole group.");
      show(content, false);
      return;
    }
    show(content, true);
    put(heading, `${row.eventType ?? topic} · ${index}`);
    put(about, `${topic} → ${row.exchange || NOTHING}`);
    showState(mark, row.shown);
    const told = [explanation(row), `for ${since(row.since, store.now)}`];
    const said = told.filter(Boolean).join(" · ");
    put(reason, said);
    set(reason, "class", `why ${row.urgency >= 4 ? "bad" : "calm"}`);
    show(reason, row.shown !== "running" && said);
    const isPaused = row.state === "paused" || Boolean(row.pausedBy);
    show(pauseButton, !isPaused);
    show(resumeButton, isPaused);
    const track = store.track(row.key);
    const now = track?.now();
    showChart(rates, track?.rate, store, rate(isNumber(now) ? now : row.rate1));
    showChart(lags, track?.lag, store, number(row.lag));
    showLists(row);
  }

  function showLists(row) {
    fill(lists.place, [
      ["Position", number(row.position)],
      ["Committed", number(row.committed)],
      ["End", number(row.endOffset)],
      ["Behind", isNumber(row.lag) ? `${number(row.lag)} events` : NOTHING],
      ["Behind in time", duration(row.lagSeconds)],
      ["Epoch", number(row.epoch)],
    ]);
    fill(lists.flow, [
      ["State", `${row.shown} for ${since(row.since, store.now)}`],
      ["Over 1 minute", `${rate(row.rate1)} events/s`],
      ["Over 5 minutes", `${rate(row.rate5)} events/s`],
      ["In flight", number(row.inFlight)],
      ["Last event", row.lastEventAt ? `${moment(row.lastEventAt)}, ${since(row.lastEventAt, store.now)} ago` : NOTHING],
      ["Last error", row.lastError || "none"],
    ]);
    const { instance, host } = store.snapshot;
    const owner = row.owner === undefined ? { instance, host } : row.owner;
    fill(lists.owner, [
      ["Host", owner ? owner.host || NOTHING : "nobody"],
      ["Instance", owner?.instance ? `${owner.instance}${owner.instance === instance ? " (this one)" : ""}` : NOTHING],
      ["Member", owner?.memberId || NOTHING],
      ["Client", owner?.clientId || NOTHING],
      ["Ledger", row.ledger || "none: at least once"],
      ["Lock", row.lock || "none"],
    ]);
    const accounts = row.accounts ?? {};
    show(lists.accounts.node, row.accounts);
    fill(
      lists.accounts,
      ["received", "confirmed", "quarantined", "parked", "dropped", "skipped", "discarded", "inFlight"]
        .filter((key) => isNumber(accounts[key]))
        .map((key) => [key === "inFlight" ? "In flight" : key[0].toUpperCase() + key.slice(1), number(accounts[key])]),
    );
    put(balance, accounts.agree === false ? "They do not add up: received is not the sum of the others." : accounts.agree ? "Received is the sum of the others." : "");
    set(balance, "class", accounts.agree === false ? "hint strong bad" : "hint");
  }

  return { update };
}

function chart(title) {
  const now = el("span", { class: "value" });
  const top = el("span");
  const begin = el("span");
  const drawn = line(480, 96, { area: true });
  const node = el(
    "figure",
    { class: "chart card" },
    el("figcaption", {}, el("span", { class: "quiet", text: title }), now),
    drawn,
    el("p", { class: "axis quiet" }, begin, top, el("span", { text: "now" })),
  );
  return { node, drawn, now, top, begin };
}

function showChart(chart, ring, store, text) {
  put(chart.now, text);
  if (!ring) return;
  put(chart.top, `top ${rate(draw(chart.drawn, ring.last(store.span)))}`);
  put(chart.begin, `${duration(store.spanSeconds)} ago`);
}

function list(title) {
  const id = `list-${title.toLowerCase()}`;
  const rows = el("dl", { class: "pairs" });
  const node = el("section", { class: "card", "aria-labelledby": id }, el("h2", { id, text: title }), rows);
  return { node, rows };
}

function fill({ rows }, pairs) {
  keyed(
    rows,
    pairs,
    ([name]) => name,
    ([name]) => el("div", {}, el("dt", { text: name }), el("dd")),
    (node, [, value]) => put(node.lastChild, value),
  );
}
