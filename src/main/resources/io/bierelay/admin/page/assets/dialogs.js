// Questions before something is done. A dialog says what will happen and to what, its button says
// the same in a few words, and what the server refuses is shown in it.

import { el, put, say, set, show, toast } from "./dom.js";
import { shape } from "./shapes.js";

let unique = 0;

/** A labelled field of a form, with a hint below. */
export function field(label, input, hint) {
  const id = `field-${++unique}`;
  input.id = id;
  const made = el("div", { class: "field" }, el("label", { for: id, text: label }), input);
  if (hint) {
    made.append(el("p", { class: "hint", id: `${id}-hint`, text: hint }));
    input.setAttribute("aria-describedby", `${id}-hint`);
  }
  return made;
}

/** A choice of options, [value, text] each. */
export function choice(options, chosen) {
  return el(
    "select",
    {},
    ...options.map(([value, text]) => el("option", { value, text, selected: value === chosen })),
  );
}

/** The field in which somebody says why; the log and colleagues read it. */
export function whyField() {
  const input = el("input", {
    type: "text",
    name: "why",
    maxlength: "200",
    autocomplete: "off",
    required: true,
  });
  return { input, row: field("Why", input, "For the audit log and for colleagues.") };
}

/**
 * A dialog with a form. "act" is called by the button and answers what to say, or false if the dialog
 * is to stay; once it closes, the focus goes back to where it was.
 */
export class Dialog {
  #back = document.activeElement;
  #node;
  #confirm;
  #error;
  #act;
  #busy = false;

  constructor({ title, content, confirm, danger = false, act }) {
    const id = `dialog-${++unique}`;
    this.#act = act;
    this.#error = el("p", { class: "error", role: "alert", hidden: true });
    this.#confirm = el("button", { type: "submit", class: danger ? "danger" : "primary", text: confirm });
    const cancel = el("button", { type: "button", text: "Cancel", on: { click: () => this.#node.close() } });
    const form = el(
      "form",
      { method: "dialog", novalidate: true, on: { submit: (event) => this.#submitted(event) } },
      el("h2", { id, text: title }),
      ...content,
      this.#error,
      el("div", { class: "buttons" }, cancel, this.#confirm),
    );
    this.#node = el("dialog", { "aria-labelledby": id, on: { close: () => this.#closed() } }, form);
    document.body.append(this.#node);
    this.#node.showModal();
  }

  /** What the button says; without words it can't be pressed yet. */
  confirm(text, { enabled = true, danger } = {}) {
    put(this.#confirm, text);
    this.#confirm.disabled = !enabled;
    if (danger !== undefined) set(this.#confirm, "class", danger ? "danger" : "primary");
  }

  fail(text) {
    put(this.#error, text);
    show(this.#error, text !== "");
  }

  async #submitted(event) {
    event.preventDefault();
    if (this.#busy) return;
    const missing = [...event.target.elements].find((one) => !one.checkValidity());
    if (missing) {
      this.fail(missing.name === "why" ? "Say why, in a few words." : missing.validationMessage);
      missing.focus();
      return;
    }
    this.#busy = true;
    this.#confirm.disabled = true;
    set(this.#node, "aria-busy", "true");
    this.fail("");
    try {
      const done = await this.#act();
      if (done !== false) this.#node.close();
      this.#confirm.disabled = false;
      if (done) toast(done);
    } catch (refusal) {
      this.fail(refusal.message);
      this.#confirm.disabled = false;
    } finally {
      this.#busy = false;
      set(this.#node, "aria-busy", null);
    }
  }

  #closed() {
    this.#node.remove();
    if (this.#back?.isConnected) this.#back.focus();
  }
}

/** A button that changes something; where that is not allowed it does nothing but say why. */
export function control(text, act, why, attributes = {}) {
  if (!why) return el("button", { type: "button", text, ...attributes, on: { click: act } });
  // Not "disabled": that would take it, and its reason, away from keyboard and screen reader.
  const off = { ...attributes, "aria-disabled": "true", "aria-label": `${attributes["aria-label"] ?? text}: ${why}`, title: why };
  return el("button", { type: "button", ...off, on: { click: () => toast(why, "wait") } }, el("span", { text }));
}

/** Tells once that controls are off, for everybody. */
export function viewerNote(why) {
  if (why) say(why);
  return why ? el("p", { class: "note" }, shape("bars"), el("span", { text: why })) : null;
}
