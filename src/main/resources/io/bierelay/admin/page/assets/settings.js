// The effective settings, each with where it came from; the server masks what is secret.

import { el, put, show } from "./dom.js";
import { count } from "./format.js";
import { call } from "./session.js";

export function settings(root) {
  const filter = el("input", {
    type: "search",
    "aria-label": "Filter by key, value or source",
    placeholder: "Filter: key, value, source",
    on: { input: display },
  });
  const changed = el("input", { type: "checkbox", on: { change: display } });
  const found = el("p", { class: "quiet found", role: "status", text: "Asking …" });
  const list = el("dl", { class: "settings" });
  root.append(
    el("div", { class: "title" }, el("h1", { text: "Settings" })),
    el("div", { class: "tools" }, filter, el("label", { class: "check" }, changed, el("span", { text: "only what is set" }))),
    found,
    list,
  );
  let known = [];

  function display() {
    const text = filter.value.trim().toLowerCase();
    const shown = known.filter(
      (one) =>
        (!changed.checked || !["default", "unset"].includes(one.source)) &&
        (!text || [one.key, one.value, one.source, one.sentence].some((part) => String(part ?? "").toLowerCase().includes(text))),
    );
    put(found, shown.length === known.length ? count(known.length, "setting") : `${shown.length} of ${count(known.length, "setting")}`);
    list.replaceChildren(...shown.map(item));
  }

  function item(one) {
    const isSet = !["default", "unset"].includes(one.source);
    const value = one.value === "" || one.value === null || one.value === undefined ? null : String(one.value);
    return el(
      "div",
      { class: isSet ? "setting own" : "setting" },
      el("dt", {}, el("code", { text: one.key })),
      el("dd", {}, value === null ? el("span", { class: "quiet", text: "none" }) : el("code", { text: value })),
      el("dd", { class: "source", text: one.source }),
      one.sentence ? el("dd", { class: "quiet", text: one.sentence }) : null,
    );
  }

  call("api/settings").then(
    (answer) => {
      known = answer.settings;
      display();
    },
    (refusal) => {
      put(found, refusal.status === 404 ? "This instance does not tell its settings." : `They can't be had: ${refusal.message}`);
      show(list, false);
    },
  );
  return {};
}
