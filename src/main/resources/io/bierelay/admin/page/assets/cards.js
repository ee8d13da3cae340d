// A section of cards: each with a name, a state, some figures, and why.

import { el, keyed, put, show } from "./dom.js";
import { badge } from "./shapes.js";

/** Hidden until somebody shows it. */
export function section(title, ...content) {
  const id = `section-${title.toLowerCase().replaceAll(" ", "-")}`;
  return el("section", { "aria-labelledby": id, hidden: true }, el("h2", { id, text: title }), ...content);
}

/** One card; showState changes its badge. */
export function card() {
  const made = el("li", { class: "card" });
  made.name = el("h3");
  made.extra = el("p", { class: "quiet" });
  made.badge = badge("running");
  made.facts = el("dl", { class: "facts" });
  made.why = el("p", { class: "why", hidden: true });
  made.append(el("div", { class: "head" }, el("div", {}, made.name, made.extra), made.badge), made.facts, made.why);
  return made;
}

/** Shows pairs of a name and a value. */
export function facts(node, list) {
  keyed(
    node.facts,
    list,
    ([name]) => name,
    ([name]) => el("div", {}, el("dt", { text: name }), el("dd")),
    (one, [, value]) => put(one.lastChild, value),
  );
}

/** Shows why, if there is something to say. */
export function reason(node, text) {
  put(node.why, text);
  show(node.why, Boolean(text));
}
