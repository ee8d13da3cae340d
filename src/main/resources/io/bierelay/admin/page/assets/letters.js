// Dead letters: what could not be decoded, published or stored, and why; sent back or discarded.

import { control, Dialog, field, viewerNote, whyField } from "./dialogs.js";
import { el, put, say, set, show, toast } from "./dom.js";
import { bytes, count, moment, NOTHING, number } from "./format.js";
import { call, notAllowed } from "./session.js";

const PAGE = 100;
/** A question goes through the queue itself, which takes its time when there are many. */
const TIMEOUT_MS = 50_000;
const FILTERS = ["reason", "stage", "eventType", "queue"];

export function letters(root) {
  const why = notAllowed();
  let filter = {};
  let offset = 0;
  let page = null;
  let ended = false;

  const counts = el("ul", { class: "chips", "aria-label": "By reason" });
  const inputs = Object.fromEntries(
    FILTERS.slice(1).map((key) => [key, el("select", { "aria-label": names[key], on: { change: () => choose(key, inputs[key].value) } })]),
  );
  const found = el("p", { class: "quiet found", role: "status", text: "Looking …" });
  const problem = el("p", { class: "note", role: "alert", hidden: true });
  const list = el("ul", { class: "letters" });
  const back = el("button", { type: "button", text: "Newer page", on: { click: () => turn(-PAGE) } });
  const on = el("button", { type: "button", text: "Next page", on: { click: () => turn(PAGE) } });
  const replayAll = control("Replay all", () => replay(null), why, { class: "replay-all" });
  const discardAll = control("Discard all …", () => discard(null), why, { class: "discard-all" });
  const empty = el("p", { class: "empty", hidden: true, text: "No dead letters. Everything could be decoded, published and stored." });
  root.append(
    el("div", { class: "title" }, el("h1", { text: "Dead letters" }), el("button", { type: "button", text: "Look again", on: { click: look } })),
    viewerNote(why) ?? "",
    problem,
    counts,
    el("div", { class: "tools" }, ...Object.values(inputs), el("div", { class: "buttons" }, replayAll, discardAll)),
    found,
    empty,
    list,
    el("div", { class: "buttons pages" }, back, on),
  );
  show(back, false);
  show(on, false);

  function query() {
    return new URLSearchParams(Object.entries(filter).filter(([, value]) => value)).toString();
  }

  async function look() {
    set(list, "aria-busy", "true");
    try {
      // One after the other: each goes through the queue, and only one may.
      const all = await call("api/dead-letters/counts", { timeout: TIMEOUT_MS });
      const asked = query();
      page = await call(`api/dead-letters?${asked ? `${asked}&` : ""}offset=${offset}&limit=${PAGE}`, { timeout: TIMEOUT_MS });
      if (ended) return;
      show(problem, false);
      showCounts(all);
      display();
    } catch (refusal) {
      put(problem, refusal.status === 404 ? "No role of this process can reach dead letters; ask an instance of the role workflow." : `They can't be had now: ${refusal.message}`);
      show(problem, true);
      put(found, page ? "What stands below is of before." : "");
    } finally {
      set(list, "aria-busy", null);
    }
  }

  function choose(key, value) {
    filter = { ...filter, [key]: value };
    offset = 0;
    put(found, "Looking …");
    look();
  }

  function turn(by) {
    offset = Math.max(0, offset + by);
    look();
  }

  function showCounts(all) {
    const chip = (reason, text, total) =>
      el(
        "li",
        {},
        el(
          "button",
          { type: "button", "aria-pressed": String((filter.reason ?? "") === reason), on: { click: () => choose("reason", reason) } },
          el("span", { text }),
          el("strong", { text: number(total) }),
        ),
      );
    const focused = counts.contains(document.activeElement);
    counts.replaceChildren(
      chip("", "all", all.total),
      ...Object.entries(all.byReason).sort(([, a], [, b]) => b - a).map(([reason, total]) => chip(reason, reason, total)),
    );
    if (focused) counts.querySelector("[aria-pressed=true]")?.focus();
    show(counts, all.total > 0);
  }

  function display() {
    show(empty, page.matching === 0 && !query());
    const last = offset + page.letters.length;
    const part = page.matching > page.letters.length ? `, ${number(offset + 1)} to ${number(last)}` : "";
    put(found, `${count(page.matching, "dead letter")}${query() ? ` of ${number(page.total)}` : ""}${part}${page.complete ? "" : "; not all could be looked at"}`);
    for (const [key, input] of Object.entries(inputs)) {
      const values = new Set(page.letters.map((letter) => letter[key]).filter(Boolean));
      if (filter[key]) values.add(filter[key]);
      input.replaceChildren(
        el("option", { value: "", text: `any ${names[key].toLowerCase()}` }),
        ...[...values].sort().map((value) => el("option", { value, text: value, selected: value === filter[key] })),
      );
    }
    const label = page.matching === 1 ? "it" : `all ${number(page.matching)}`;
    relabel(replayAll, `Replay ${label}`);
    relabel(discardAll, `Discard ${label} …`);
    show(replayAll, page.matching > 0);
    show(discardAll, page.matching > 0);
    list.replaceChildren(...page.letters.map(item));
    show(back, offset > 0);
    show(on, last < page.matching);
  }

  function relabel(button, text) {
    put(button.lastElementChild ?? button, text);
    if (why) set(button, "aria-label", `${text}: ${why}`);
  }

  function item(letter) {
    const from = letter.topic ? `${letter.topic}${letter.partition === null ? "" : ` · ${letter.partition}`}${letter.offset === null ? "" : ` @ ${number(letter.offset)}`}` : "";
    const facts = [
      ["Event", letter.eventType],
      ["From", from],
      ["Queue", letter.queue],
      ["Failed", moment(letter.failedAt)],
      ["Size", bytes(letter.size)],
      ["Replayed", letter.replays > 0 ? count(letter.replays, "time") : ""],
      ["Id", letter.id],
    ].filter(([, value]) => value && value !== NOTHING);
    const label = `${letter.reason}, ${letter.id}`;
    return el(
      "li",
      { class: "letter card" },
      el(
        "div",
        { class: "head" },
        el("h2", {}, el("span", { text: letter.reason }), el("span", { class: "quiet", text: ` while it was ${stages[letter.stage] ?? `in ${letter.stage}`}` })),
        el(
          "div",
          { class: "buttons" },
          control("Replay", () => replay(letter), why, { "aria-label": `Replay ${label}` }),
          control("Discard …", () => discard(letter), why, { "aria-label": `Discard ${label}` }),
        ),
      ),
      letter.detail ? el("p", { class: "why", text: letter.detail }) : null,
      el("dl", { class: "facts" }, ...facts.map(([name, value]) => el("div", {}, el("dt", { text: name }), el("dd", { text: value })))),
    );
  }

  function wanted(letter) {
    return letter ? { ids: [letter.id] } : Object.fromEntries(Object.entries(filter).filter(([, value]) => value));
  }

  function replay(letter) {
    const total = letter ? 1 : page.matching;
    const to = letter ? letter.queue || "its exchange" : "where each came from";
    const reason = whyField();
    reason.input.required = false;
    new Dialog({
      title: `Replay ${count(total, "dead letter")}`,
      content: [
        el("p", { text: `${count(total, "event")} ${total === 1 ? "goes" : "go"} back to ${to}. What is stored already is not stored twice. What could not be decoded stays: it came from Kafka, and is not written there.` }),
        reason.row,
      ],
      confirm: `Send ${count(total, "event")} back`,
      act: () => repeat("api/dead-letters/replay", letter, reason.input.value, "sent back"),
    });
    reason.input.focus();
  }

  function discard(letter) {
    const total = letter ? 1 : page.matching;
    const reason = whyField();
    new Dialog({
      title: `Discard ${count(total, "dead letter")}`,
      content: [
        el("p", { class: "strong bad", text: `${count(total, "event")} will be gone for good. Nothing can bring ${total === 1 ? "it" : "them"} back but a replay from Kafka, for as long as Kafka keeps ${total === 1 ? "it" : "them"}.` }),
        reason.row,
      ],
      confirm: `Discard ${count(total, "event")}`,
      danger: true,
      act: () => repeat("api/dead-letters/discard", letter, reason.input.value, "discarded"),
    });
    reason.input.focus();
  }

  /** One request deals with as many as it can in its time; it is asked again while that is not all. */
  async function repeat(path, letter, reason, done) {
    const most = letter ? 1 : page.matching;
    let sum = 0;
    const refused = {};
    for (;;) {
      const body = { filter: wanted(letter), limit: Math.min(Math.max(most - sum, 1), 100_000) };
      if (reason.trim()) body.why = reason.trim();
      const answer = await call(path, { method: "POST", body, timeout: TIMEOUT_MS });
      sum += answer.done;
      for (const [key, value] of Object.entries(answer.refused)) refused[key] = Math.max(refused[key] ?? 0, value);
      if (answer.complete || answer.done === 0 || sum >= most) break;
      say(`${number(sum)} of ${number(most)} ${done}`);
    }
    offset = 0;
    look();
    for (const [key, value] of Object.entries(refused)) toast(`${count(value, "letter")} not: ${key}`, "wait");
    return `${count(sum, "dead letter")} ${done}.`;
  }

  look();
  return { end: () => (ended = true) };
}

const names = { stage: "Stage", eventType: "Event type", queue: "Queue" };
const stages = { decode: "being decoded", notify: "being published", persist: "being stored", broker: "in the broker" };
