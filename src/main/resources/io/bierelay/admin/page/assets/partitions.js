// All partitions in one table: sorted, filtered, and fluid whatever their number.

import { control, viewerNote } from "./dialogs.js";
import { el, put, set, show } from "./dom.js";
import { compact, duration, isNumber, NOTHING, number, rate, since } from "./format.js";
import { link } from "./overview.js";
import { pause, resume, seek } from "./controls.js";
import { Rows } from "./rows.js";
import { notAllowed } from "./session.js";
import { badge, bar, draw, line, showBar, showState } from "./shapes.js";

const SPARK = 60;
/** Each column: key, heading, how two rows compare, whether the greatest come first. */
const COLUMNS = [
  ["name", "Partition", (a, b) => alphabetically(a.topic, b.topic) || a.partition - b.partition, false],
  ["state", "State", (a, b) => a.urgency - b.urgency || known(a.lagSeconds) - known(b.lagSeconds), true],
  ["behind", "Behind", (a, b) => known(a.lagSeconds) - known(b.lagSeconds) || known(a.lag) - known(b.lag), true],
  ["rate", "Events/s", (a, b) => a.now - b.now, true],
  ["flight", "In flight", (a, b) => known(a.inFlight) - known(b.inFlight), true],
  ["owner", "Owner", (a, b) => alphabetically(owner(a), owner(b)), false],
];

/** Of thousands, once a second: a locale's order would take most of the time. */
const alphabetically = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const known = (value) => (isNumber(value) ? value : -1);
const owner = (row) => row.owner?.host ?? (row.owner === null ? "" : "this instance");

/** What was chosen stays for as long as the page is open. */
const chosen = { sort: "state", down: true, text: "", state: "" };

export function partitions(root, { store, live, follow }) {
  const why = notAllowed();
  const filter = el("input", {
    type: "search",
    "aria-label": "Filter by topic, exchange, owner or reason",
    placeholder: "Filter: topic, owner, reason",
    value: chosen.text,
    on: { input: () => ((chosen.text = filter.value), renew()) },
  });
  const states = el(
    "select",
    { "aria-label": "State", on: { change: () => ((chosen.state = states.value), renew()) } },
    ...["", "stuck or held", "running", "paused", "held", "draining", "unassigned"].map((value) =>
      el("option", { value, text: value || "any state", selected: value === chosen.state }),
    ),
  );
  const order = el(
    "select",
    { class: "order", "aria-label": "Sort by", on: { change: () => sortBy(order.value) } },
    ...COLUMNS.map(([key, text]) => el("option", { value: key, text: `by ${text.toLowerCase()}`, selected: key === chosen.sort })),
  );
  const found = el("p", { class: "quiet found", role: "status" });
  const scope = scopeSwitch(live, follow);
  const heads = COLUMNS.map(([key, text]) => {
    const button = el("button", { type: "button", class: "sort", text, on: { click: () => sortBy(key) } });
    const made = el("div", { role: "columnheader", class: `c-${key}` }, button);
    made.key = key;
    return made;
  });
  const body = el("div", { role: "rowgroup", class: "rows" });
  const table = el(
    "div",
    { role: "table", class: "table", "aria-label": "Partitions" },
    el("div", { role: "rowgroup", class: "heads" }, el("div", { role: "row", "aria-rowindex": "1" }, ...heads)),
    body,
  );
  const none = el("p", { class: "quiet waiting", text: "Waiting for the first data …" });
  root.append(
    el("div", { class: "title" }, el("h1", { text: "Partitions" }), scope.node),
    el(
      "div",
      { class: "tools" },
      filter,
      states,
      order,
      el(
        "div",
        { class: "buttons" },
        control("Pause …", () => pause(store), why),
        control("Resume …", () => resume(store), why),
        control("Replay …", () => seek(store), why),
      ),
    ),
    viewerNote(why) ?? "",
    found,
    none,
    table,
  );

  const rows = new Rows(body, () => makeRow(), (node, row) => showRow(node, row, store));
  let sorted = [];

  function sortBy(key) {
    if (chosen.sort === key) chosen.down = !chosen.down;
    else {
      chosen.sort = key;
      chosen.down = COLUMNS.find(([one]) => one === key)[3];
    }
    order.value = key;
    renew();
  }

  function fits(row) {
    if (chosen.state === "stuck or held") {
      if (row.urgency < 4) return false;
    } else if (chosen.state && row.state !== chosen.state) return false;
    const text = chosen.text.trim().toLowerCase();
    if (!text) return true;
    return [row.topic, row.exchange, row.eventType, row.reason, row.pausedBy, row.lastError, owner(row), row.owner?.instance, String(row.partition)]
      .some((value) => value && String(value).toLowerCase().includes(text));
  }

  /** Sorts anew, because something else was asked for. */
  function renew() {
    for (const head of heads) {
      set(head, "aria-sort", head.key === chosen.sort ? (chosen.down ? "descending" : "ascending") : null);
    }
    const compare = COLUMNS.find(([key]) => key === chosen.sort)[2];
    const sign = chosen.down ? -1 : 1;
    sorted = store.partitions.filter(fits);
    for (const row of sorted) row.now = store.track(row.key)?.now() || 0;
    sorted.sort((a, b) => sign * compare(a, b) || COLUMNS[0][2](a, b));
    display();
  }

  /** New figures; while somebody points or tabs into the table, each row keeps its place. */
  function update() {
    if (!store.snapshot) return;
    scope.update(store.snapshot);
    if (!table.matches(":hover") && !table.contains(document.activeElement)) {
      renew();
      return;
    }
    const newest = new Map(store.partitions.map((row) => [row.key, row]));
    sorted = sorted.map((row) => newest.get(row.key) ?? { ...row, shown: "gone", state: "unassigned", reason: "not there any more" });
    display();
  }

  function display() {
    const all = store.partitions.length;
    set(table, "aria-rowcount", sorted.length + 1);
    show(table, sorted.length > 0);
    show(none, sorted.length === 0 && store.snapshot !== null);
    put(none, all === 0 ? "Nothing is subscribed here." : "No partition fits the filter.");
    put(found, sorted.length === all ? `${number(all)} partitions` : `${number(sorted.length)} of ${number(all)} partitions`);
    rows.show(sorted);
  }

  renew();
  show(none, true);
  if (!store.snapshot) put(none, "Waiting for the first data …");
  return { update, end: () => rows.end() };
}

function makeRow() {
  const row = el("div", { role: "row", class: "row" });
  const cell = (key, ...content) => el("div", { role: "cell", class: `c-${key}` }, ...content);
  row.link = el("a", { class: "name" });
  row.topic = el("span", { class: "quiet sub" });
  row.badge = badge("running");
  row.reason = el("span", { class: "quiet sub" });
  row.behind = el("span", { class: "figure-cell" });
  row.lag = el("span", { class: "quiet" });
  row.bar = bar();
  row.rate = el("span", { class: "figure-cell" });
  row.spark = line(96, 24);
  row.flight = el("span", { class: "figure-cell" });
  row.owner = el("span", { class: "host" });
  row.instance = el("span", { class: "quiet sub" });
  row.append(
    cell("name", row.link, row.topic),
    cell("state", row.badge, row.reason),
    cell("behind", el("span", { class: "pair" }, row.behind, row.lag), row.bar),
    cell("rate", row.rate, row.spark),
    cell("flight", row.flight),
    cell("owner", row.owner, row.instance),
  );
  return row;
}

function showRow(node, row, store) {
  set(node.link, "href", link(row));
  put(node.link, `${row.eventType ?? row.topic} · ${row.partition}`);
  put(node.topic, row.topic);
  showState(node.badge, row.shown);
  const reason = row.pausedBy || row.reason || (row.urgency > 0 ? row.lastError : "") || "";
  put(node.reason, reason);
  set(node.reason, "title", reason || null);
  put(node.behind, isNumber(row.lagSeconds) ? duration(row.lagSeconds) : NOTHING);
  put(node.lag, isNumber(row.lag) ? `${compact(row.lag)} ev` : "");
  showBar(node.bar, isNumber(row.lagSeconds) ? row.lagSeconds : row.lag);
  const track = store.track(row.key);
  const now = track?.now();
  put(node.rate, rate(isNumber(now) ? now : row.rate1));
  if (track) draw(node.spark, track.rate.last(Math.min(SPARK, store.span)));
  put(node.flight, number(row.inFlight));
  put(node.owner, row.owner === null ? "nobody" : owner(row));
  put(node.instance, row.owner?.instance ?? (row.owner === null ? since(row.since, store.now) : ""));
}

/** This instance, or the whole consumer group. */
export function scopeSwitch(live, follow) {
  const buttons = [
    ["group", "Whole group"],
    ["instance", "This instance"],
  ].map(([value, text]) => {
    const made = el("button", { type: "button", text, on: { click: () => live.scope !== value && (follow(value), mark()) } });
    made.value = value;
    return made;
  });
  const mark = () => buttons.forEach((one) => set(one, "aria-pressed", String(one.value === live.scope)));
  mark();
  const node = el("div", { class: "switch", role: "group", "aria-label": "What is shown" }, ...buttons);
  // An older instance knows its own partitions only.
  return { node, update: (snapshot) => (mark(), show(node, snapshot.scope !== undefined)) };
}
