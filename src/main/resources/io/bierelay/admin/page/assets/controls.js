// Pause, resume and replay: what is asked before, and what is told afterwards.

import { el, put, show, toast } from "./dom.js";
import { choice, Dialog, field, whyField } from "./dialogs.js";
import { count, isNumber, number } from "./format.js";
import { call, whoami } from "./session.js";

const ALL = "*";

/** Of which the dialogs speak: all partitions, one topic's, or one. */
function target(topic, partition = -1) {
  return { topic, partition };
}

function covers(of, row) {
  return (of.topic === ALL || of.topic === row.topic) && (of.partition < 0 || of.partition === row.partition);
}

function words(of, store) {
  if (of.topic === ALL) return "all topics";
  const name = store.partitions.find((row) => row.topic === of.topic)?.eventType ?? of.topic;
  return of.partition < 0 ? name : `${name} · ${of.partition}`;
}

function exchanges(rows) {
  const names = [...new Set(rows.map((row) => row.exchange).filter(Boolean))];
  return names.length === 0 ? "its exchange" : names.length < 3 ? names.join(" and ") : count(names.length, "exchange");
}

/** The body of a request; a partition is named only if one is meant. */
function body(of, more) {
  return { topic: of.topic, ...(of.partition >= 0 ? { partition: of.partition } : {}), ...more };
}

/** Choices of all topics and each one; for the table's controls, where none is given. */
function topics(store, withAll) {
  const names = [...new Set(store.partitions.map((row) => row.topic))].sort();
  return [...(withAll ? [[ALL, "all topics"]] : []), ...names.map((name) => [name, name])];
}

export function pause(store, of) {
  ask(store, of, {
    verb: "Pause",
    path: "api/subscriptions/pause",
    explain: (rows) => {
      const waiting = rows.reduce((sum, row) => sum + (row.lag ?? 0), 0);
      return `No more events go to ${exchanges(rows)} until somebody resumes. ${count(waiting, "event")} ${waiting === 1 ? "waits" : "wait"} now; more will.`;
    },
    done: "Paused",
    becomes: (words) => ({ state: "paused", pausedBy: `${whoami()?.name || "you"}: ${words}`, reason: "" }),
    relevant: (row) => row.state !== "paused",
  });
}

export function resume(store, of) {
  ask(store, of, {
    verb: "Resume",
    path: "api/subscriptions/resume",
    explain: (rows) => {
      const waiting = rows.reduce((sum, row) => sum + (row.lag ?? 0), 0);
      return `${count(waiting, "event")} that ${waiting === 1 ? "waits" : "wait"} now will be published to ${exchanges(rows)}, in order.`;
    },
    done: "Resumed",
    becomes: () => ({ state: "running", pausedBy: "", reason: "" }),
    relevant: (row) => row.state === "paused",
  });
}

function ask(store, given, how) {
  const chosen = given ? null : choice(topics(store, true), ALL);
  const why = whyField();
  const text = el("p", { "aria-live": "polite" });
  const current = () => given ?? target(chosen.value);
  const dialog = new Dialog({
    title: given ? `${how.verb} ${words(given, store)}` : how.verb,
    content: [chosen && field("What", chosen), text, why.row].filter(Boolean),
    confirm: how.verb,
    act: async () => {
      const words = why.input.value.trim();
      const answer = await call(how.path, { method: "POST", body: body(current(), { why: words }) });
      store.answered(answer.partitions ?? [], how.becomes(words));
      if (answer.note) toast(answer.note, "wait");
      else if (answer.durable === false) toast("Known to this process only: a restart forgets it.", "wait");
      return `${how.done}: ${count(answer.partitions?.length ?? 0, "partition")}.`;
    },
  });
  const describe = () => {
    const rows = store.partitions.filter((row) => covers(current(), row));
    const concerned = rows.filter(how.relevant);
    put(text, how.explain(concerned.length > 0 ? concerned : rows));
    dialog.confirm(`${how.verb} ${count(concerned.length, "partition")}`, { enabled: rows.length > 0 });
  };
  chosen?.addEventListener("change", describe);
  describe();
  why.input.focus();
}

const DRY_RUN = "dry run from the page";

/** Reads from another position, which is counted first; the button is there once it is. */
export function seek(store, given) {
  const chosen = given ? null : choice(topics(store, false));
  const row = given && store.find(given.topic, given.partition);
  const to = choice(
    [
      ["timestamp", "a point in time"],
      ["offset", "an offset"],
      ["earliest", "the earliest event there is"],
      ["latest", "the end: skip what waits"],
    ],
    "timestamp",
  );
  const hourAgo = new Date(store.now - 3_600_000);
  hourAgo.setMinutes(hourAgo.getMinutes() - hourAgo.getTimezoneOffset());
  const at = el("input", { type: "datetime-local", step: "1", required: true, value: hourAgo.toISOString().slice(0, 19) });
  const offset = el("input", { type: "number", min: "0", step: "1", required: true, inputmode: "numeric", value: String(row?.committed ?? 0) });
  const atRow = field("Time", at, "In this browser's time zone. Events of that time and later are published again.");
  const offsetRow = field("Offset", offset, row && isNumber(row.position) ? `It stands at ${number(row.position)}; the end is ${number(row.endOffset)}.` : undefined);
  const why = whyField();
  const result = el("div", { class: "dryrun", role: "status" });
  let counted = null;

  const wanted = () => ({
    to: to.value,
    ...(to.value === "offset" ? { offset: Number(offset.value) } : {}),
    ...(to.value === "timestamp" ? { timestamp: new Date(at.value).toISOString() } : {}),
  });
  const send = (more) =>
    call("api/subscriptions/seek", {
      method: "POST",
      body: body(given ?? target(chosen.value), { ...wanted(), ...more }),
      timeout: 35_000,
    });

  const dialog = new Dialog({
    title: given ? `Replay ${words(given, store)}` : "Replay a topic",
    content: [
      given ? el("p", { class: "quiet", text: given.topic }) : field("Topic", chosen),
      field("From", to),
      atRow,
      offsetRow,
      result,
      why.row,
    ],
    confirm: "Count the events",
    act: async () => {
      if (counted) return finish(await send({ dryRun: false, why: why.input.value.trim() }));
      counted = await send({ dryRun: true, why: why.input.value.trim() || DRY_RUN });
      described(result, counted);
      why.input.required = true;
      show(why.row, true);
      dialog.confirm(verb(counted), { danger: skipped(counted) > 0 });
      why.input.focus();
      return false;
    },
  });
  const changed = () => {
    counted = null;
    // The reason is asked for once it is known what for.
    why.input.required = false;
    show(why.row, false);
    show(atRow, to.value === "timestamp");
    show(offsetRow, to.value === "offset");
    at.disabled = to.value !== "timestamp";
    offset.disabled = to.value !== "offset";
    result.replaceChildren(el("p", { class: "hint", text: "First it is only counted; nothing happens yet." }));
    dialog.fail("");
    dialog.confirm("Count the events", { danger: false });
  };
  for (const input of [to, at, offset, chosen]) input?.addEventListener("input", changed);
  changed();
  (chosen ?? to).focus();
}

function skipped(answer) {
  if (isNumber(answer.skipped)) return answer.skipped;
  return answer.partitions.reduce((sum, one) => sum + Math.max(0, one.to - one.from), 0);
}

function verb(answer) {
  if (answer.events > 0) return `Publish ${count(answer.events, "event")} again`;
  return skipped(answer) > 0 ? `Skip ${count(skipped(answer), "event")}` : "Move there";
}

function described(result, answer) {
  const skips = skipped(answer);
  const exchange = answer.exchange || "its exchange";
  const told = [];
  if (answer.events > 0) told.push(`This publishes ${count(answer.events, "event")} again to ${exchange}.`);
  if (skips > 0) told.push(`${count(skips, "event")} will never be published.`);
  if (told.length === 0) told.push("It stands there already: nothing is published again, nothing is skipped.");
  result.replaceChildren(
    el("p", { class: skips > 0 ? "strong bad" : "strong", text: told.join(" ") }),
    el(
      "ul",
      { class: "moves" },
      ...answer.partitions.slice(0, 12).map((one) =>
        el("li", { text: `partition ${one.partition}: from ${number(one.from)} to ${number(one.to)}` }),
      ),
    ),
  );
  if (answer.partitions.length > 12) {
    result.append(el("p", { class: "hint", text: `and ${count(answer.partitions.length - 12, "more partition")}` }));
  }
  for (const one of answer.elsewhere ?? []) {
    result.append(
      el("p", { class: "hint", text: `partition ${one.partition} is not touched: ${one.owner} owns it` }),
    );
  }
}

function finish(answer) {
  const skips = skipped(answer);
  if (answer.events === 0 && skips > 0) return `Skipped ${count(skips, "event")}.`;
  return `Publishing ${count(answer.events, "event")} again to ${answer.exchange || "its exchange"}.`;
}

/** Ends this process's work in good order, without ending the process. */
export function drain(store) {
  const { instance } = store.snapshot;
  const own = store.partitions.filter((row) => row.owner === undefined || row.owner?.instance === instance);
  const why = whyField();
  new Dialog({
    title: `Drain ${instance}`,
    content: [
      el("p", {
        text: `It finishes what is in flight and gives up ${count(own.length, "partition")}, which other instances take over if there are any. It then stays idle: only a restart of the process undoes this.`,
      }),
      why.row,
    ],
    confirm: "Drain this instance",
    danger: true,
    act: async () => {
      const answer = await call("api/drain", { method: "POST", body: { why: why.input.value.trim() }, timeout: 120_000 });
      return answer.clean === false ? "Drained, but not everything could be finished in time." : "Drained.";
    },
  });
  why.input.focus();
}
