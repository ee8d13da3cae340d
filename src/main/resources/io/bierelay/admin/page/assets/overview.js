// Five seconds: does it work, how far behind is it, what is stuck and why.

import { card, facts, reason, section } from "./cards.js";
import { certificates } from "./certificates.js";
import { drain } from "./controls.js";
import { control } from "./dialogs.js";
import { el, keyed, put, set, show } from "./dom.js";
import { bytes, compact, count, duration, isNumber, NOTHING, number, rate, since, state } from "./format.js";
import { scopeSwitch } from "./partitions.js";
import { call, notAllowed } from "./session.js";
import { badge, draw, line, shape, showState } from "./shapes.js";
import { explanation } from "./store.js";

const MOST_TROUBLES = 8;
const STATUS_MS = 3000;
const LETTERS_MS = 120_000;

export function overview(root, { store, live, follow }) {
  const verdict = el("h1", { class: "verdict" });
  const verdictIcon = el("span", { class: "verdict-icon", "aria-hidden": "true" });
  const below = el("p", { class: "quiet" });
  const figures = {
    rate: figure("Events a second"),
    behind: figure("Behind"),
    stuck: figure("Stuck", "#/partitions"),
    letters: figure("Dead letters", "#/dead-letters"),
  };
  const chart = line(240, 48, { area: true });
  figures.rate.node.append(chart);
  const troubles = el("ol", { class: "troubles" });
  const more = el("p", { class: "quiet" });
  const troubleSection = section("Needs attention", troubles, more);
  const degraded = el("ul", { class: "degraded" });
  const instances = el("ul", { class: "cards" });
  const instanceSection = section("Instances", instances);
  const queues = el("ul", { class: "cards" });
  const queueSection = section("Workflow", queues);
  const sqs = el("ul", { class: "cards" });
  const sqsSection = section("Reporting listener", sqs);
  const checks = el("ul", { class: "cards" });
  const process = el("p", { class: "quiet" });
  const drainButton = control("Drain this instance …", () => drain(store), notAllowed());
  const checkSection = section(
    "This process",
    el("div", { class: "title" }, process, drainButton),
    checks,
  );
  const certificateSection = certificates();
  const scope = scopeSwitch(live, follow);
  const waiting = el("p", { class: "quiet waiting", text: "Waiting for the first data …" });
  const all = el(
    "div",
    { class: "overview", hidden: true },
    el("div", { class: "hero" }, verdictIcon, el("div", {}, verdict, below), scope.node),
    el("dl", { class: "figures" }, ...Object.values(figures).map((one) => one.node)),
    degraded,
    troubleSection,
    instanceSection,
    queueSection,
    sqsSection,
    checkSection,
    certificateSection.node,
  );
  root.append(waiting, all);

  let status = null;
  let letters = null;
  let lettersAt = -Infinity;
  let ended = false;

  async function ask() {
    try {
      status = await call("api/status").catch((refusal) => {
        if (refusal.status === 404) return call("health/ready");
        throw refusal;
      });
    } catch {
      // The connection's state is shown at the top already.
    }
    if (!ended) update();
    if (!ended) setTimeout(ask, STATUS_MS);
  }

  /** Counting goes through the queue, so it is done seldom, and only while somebody looks. */
  async function countLetters() {
    if (document.hidden || performance.now() - lettersAt < LETTERS_MS) return;
    lettersAt = performance.now();
    letters = await call("api/dead-letters/counts", { timeout: 45_000 }).catch((refusal) => ({ refusal }));
    if (!ended) update();
  }

  function update() {
    if (!store.snapshot) return;
    show(waiting, false);
    show(all, true);
    scope.update(store.snapshot);
    showVerdict();
    showFigures();
    showTroubles();
    put(degraded, "");
    degraded.replaceChildren(...(store.snapshot.degraded ?? []).map((text) => el("li", { text })));
    showInstances();
    showQueues();
    showSqs();
    showChecks();
    certificateSection.update(status?.certificates ?? []);
    countLetters();
  }

  function showVerdict() {
    const { stuck, paused, lagSeconds, lag } = store.totals;
    const bad = (status?.checks ?? []).filter((check) => check.status !== "UP");
    const failed = [...store.queues, ...store.databases, ...store.sqs].filter((row) => state(row.state).tone === "bad");
    const total = store.partitions.length;
    let text = total > 0 ? "Everything flows" : "Nothing is wrong here";
    let tone = "good";
    if (paused > 0) [text, tone] = [`${paused === total ? "Everything" : count(paused, "partition")} is paused`, "calm"];
    if (paused > 1 && paused < total) text = `${count(paused, "partition")} are paused`;
    if (bad.length > 0) [text, tone] = [`${bad.map((check) => check.name)[0]} is not ready`, "wait"];
    if (bad.length > 1) text = `${count(bad.length, "check")} are not ready`;
    if (failed.length > 0) [text, tone] = [`${failed[0].queue ?? "The database"} is ${state(failed[0].state).word}`, "bad"];
    if (stuck > 0) {
      [text, tone] = [`${number(stuck)} of ${count(total, "partition")} ${stuck === 1 ? "is" : "are"} stuck`, "bad"];
    }
    put(verdict, text);
    set(verdictIcon, "class", `verdict-icon ${tone}`);
    const form = { good: "disc", calm: "bars", wait: "half", bad: "triangle" }[tone];
    if (verdictIcon.dataset.form !== form) {
      verdictIcon.dataset.form = form;
      verdictIcon.replaceChildren(shape(form));
    }
    const told = [];
    if (total > 0) {
      told.push(isNumber(lagSeconds) && lagSeconds >= 1 ? `${duration(lagSeconds)} behind at most` : lag > 0 ? `${count(lag, "event")} behind` : "nothing waits");
      told.push(count(total, "partition"));
    }
    put(below, told.join(" · "));
  }

  function showFigures() {
    const { rate: now, rate1, rate5, lag, lagSeconds, stuck, paused } = store.totals;
    const known = isNumber(now) ? now : rate1;
    put(figures.rate.value, store.partitions.length > 0 ? rate(known) : NOTHING);
    put(figures.rate.detail, `${rate(rate1)} over 1 min · ${rate(rate5)} over 5 min`);
    draw(chart, store.totalRate.last(store.span));
    put(figures.behind.value, isNumber(lagSeconds) ? duration(lagSeconds) : compact(lag));
    put(figures.behind.detail, `${count(lag, "event")} to go`);
    put(figures.stuck.value, number(stuck));
    set(figures.stuck.node, "class", `figure ${stuck > 0 ? "bad" : ""}`);
    put(figures.stuck.detail, paused > 0 ? `and ${number(paused)} paused` : stuck > 0 ? "see below" : "none");
    const isKnown = isNumber(letters?.total);
    show(figures.letters.node, letters === null || isKnown || letters.refusal?.status !== 404);
    put(figures.letters.value, isKnown ? `${letters.complete ? "" : "≥ "}${compact(letters.total)}` : NOTHING);
    const reasons = isKnown ? Object.keys(letters.byReason ?? {}).length : 0;
    put(figures.letters.detail, isKnown ? (reasons > 0 ? `by ${count(reasons, "reason")}` : "none") : letters?.refusal?.message ?? "counting …");
  }

  function showTroubles() {
    const list = store.troubles();
    show(troubleSection, list.length > 0);
    keyed(troubles, list.slice(0, MOST_TROUBLES), (row) => row.key, trouble, (node, row) => showTrouble(node, row, store.now));
    show(more, list.length > MOST_TROUBLES);
    if (list.length > MOST_TROUBLES) {
      more.replaceChildren(el("a", { href: "#/partitions", text: `All ${number(list.length)} of them` }));
    }
  }

  function showInstances() {
    const groups = byOwner(store);
    show(instanceSection, groups.length > 0);
    keyed(instances, groups, (one) => one.key, card, (node, one) => {
      put(node.name, one.host || one.instance || "Nobody");
      put(node.extra, one.isThis ? "this instance" : one.instance);
      showState(node.badge, one.state);
      facts(node, [
        ["Partitions", number(one.partitions)],
        ["Events/s", rate(one.rate)],
        ["Behind", isNumber(one.lagSeconds) ? duration(one.lagSeconds) : number(one.lag)],
      ]);
      reason(node, one.stuck > 0 && one.key !== "" ? `${count(one.stuck, "stuck partition")}` : "");
    });
  }

  function showQueues() {
    const rows = [...store.databases, ...store.queues];
    show(queueSection, rows.length > 0);
    keyed(queues, rows, (row) => row.queue ?? `database ${row.instance ?? row.name ?? ""}`, card, (node, row) => {
      const isQueue = row.queue !== undefined;
      put(node.name, isQueue ? row.queue : "Database");
      put(node.extra, isQueue ? row.exchange ?? "" : "PostgreSQL");
      showState(node.badge, row.state);
      facts(node, isQueue ? queueFacts(row) : databaseFacts(row));
      reason(node, row.reason);
    });
  }

  function showSqs() {
    show(sqsSection, store.sqs.length > 0);
    keyed(sqs, store.sqs, (row) => row.queue, card, (node, row) => {
      put(node.name, String(row.queue ?? "").split("/").pop());
      put(node.extra, "SQS");
      showState(node.badge, row.state);
      facts(node, [["Waiting", number(row.messages)], ["In flight", number(row.inFlight)], ["Failed last", since(row.lastFailureAt, store.now)]]);
      reason(node, row.reason || row.lastFailure || "");
    });
  }

  function showChecks() {
    const list = status?.checks ?? [];
    const { instance, roles, version, startedAt } = store.snapshot;
    const told = [instance, (roles ?? []).join(", "), version && `version ${version}`];
    if (startedAt) told.push(`up for ${since(startedAt, store.now)}`);
    put(process, told.filter(Boolean).join(" · "));
    show(drainButton, store.snapshot.scope !== undefined);
    show(checkSection, list.length > 0);
    keyed(checks, list, (check) => `${check.name} ${check.instance}`, card, (node, check) => {
      put(node.name, check.name);
      put(node.extra, check.instance ? `since ${since(check.since, store.now)}` : "");
      showState(node.badge, check.state);
      reason(node, check.reason);
    });
  }

  ask();
  return { update, end: () => (ended = true) };
}

function figure(label, href) {
  const value = el("span", { class: "value", text: NOTHING });
  const detail = el("span", { class: "detail" });
  const name = href ? el("a", { href, text: label }) : el("span", { text: label });
  return { node: el("div", { class: "figure" }, el("dt", {}, name), el("dd", {}, value, detail)), value, detail };
}

function trouble() {
  const made = el("li", { class: "trouble" });
  made.badge = badge("held");
  made.link = el("a", { class: "name" });
  made.why = el("p", { class: "why" });
  made.facts = el("p", { class: "quiet" });
  made.append(made.badge, el("div", {}, made.link, made.why, made.facts));
  return made;
}

function showTrouble(node, row, now) {
  showState(node.badge, row.shown);
  set(node.link, "href", link(row));
  put(node.link, `${row.eventType ?? row.topic} · ${row.partition}`);
  put(node.why, explanation(row) || "no reason given");
  const told = [`for ${since(row.since, now)}`];
  if (isNumber(row.lagSeconds)) told.push(`${duration(row.lagSeconds)} behind`);
  if (isNumber(row.lag)) told.push(`${count(row.lag, "event")} to go`);
  if (row.owner?.host) told.push(row.owner.host);
  put(node.facts, told.join(" · "));
}

/** A partition's view. */
export function link(row) {
  return `#/partitions/${encodeURIComponent(row.topic)}/${row.partition}`;
}

/** The instances by what they own; what nobody owns comes first. */
function byOwner(store) {
  const groups = new Map();
  const { instance, host } = store.snapshot;
  for (const row of store.partitions) {
    const owner = row.owner === undefined ? { instance, host } : row.owner ?? { instance: "", host: "" };
    const key = owner.instance || owner.memberId || owner.host || "";
    let group = groups.get(key);
    if (!group) {
      group = { key, host: owner.host ?? "", instance: owner.instance ?? "", partitions: 0, rate: 0, lag: 0, lagSeconds: null, stuck: 0 };
      groups.set(key, group);
    }
    group.partitions++;
    const now = store.track(row.key)?.now();
    group.rate += isNumber(now) ? now : row.rate1 ?? 0;
    group.lag += row.lag ?? 0;
    if (isNumber(row.lagSeconds)) group.lagSeconds = Math.max(group.lagSeconds ?? 0, row.lagSeconds);
    if (row.urgency >= 4) group.stuck++;
  }
  return [...groups.values()]
    .map((group) => ({
      ...group,
      isThis: group.key !== "" && group.instance === instance,
      state: group.key === "" ? "unassigned" : group.stuck > 0 ? "held" : "running",
    }))
    .sort((a, b) => (a.key !== "") - (b.key !== "") || b.stuck - a.stuck || a.key.localeCompare(b.key));
}

/** What a row does not have at all is not shown; what it has and is not known is a dash. */
function having(row, ...columns) {
  return columns.filter(([key]) => row[key] !== undefined).map(([key, name, as]) => [name, as(row[key])]);
}

function queueFacts(row) {
  return having(
    row,
    ["messages", "Waiting", number],
    ["oldestSeconds", "Oldest", duration],
    ["unacked", "Unacked", number],
    ["consumers", "Consumers", number],
    ["rate1", "Events/s", rate],
    ["bytes", "Size", bytes],
  );
}

function databaseFacts(row) {
  return having(
    row,
    ["inUse", "In use", (used) => (isNumber(row.poolSize) ? `${number(used)} of ${number(row.poolSize)}` : number(used))],
    ["waiting", "Waiting", number],
    ["batches", "Batches", number],
    ["rows", "Rows", number],
    ["lastBatchMs", "Last batch", (ms) => (isNumber(ms) ? `${number(ms)} ms` : NOTHING)],
  );
}
