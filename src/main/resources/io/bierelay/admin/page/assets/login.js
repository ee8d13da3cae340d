// Asks who it is: by a token, or by name and password.

import { el, put, show } from "./dom.js";
import { field } from "./dialogs.js";
import { count } from "./format.js";
import { basic, bearer, signIn } from "./session.js";

export function login(root, message, entered) {
  const token = el("input", { type: "password", name: "token", autocomplete: "off", spellcheck: "false" });
  const user = el("input", { type: "text", name: "user", autocomplete: "username", spellcheck: "false" });
  const password = el("input", { type: "password", name: "password", autocomplete: "current-password" });
  const error = el("p", { class: "error", role: "alert", hidden: !message, text: message });
  const button = el("button", { type: "submit", class: "primary", text: "Sign in" });
  const byToken = el("div", {}, field("Token", token));
  const byName = el("div", { hidden: true }, field("Name", user), field("Password", password));
  const radio = (value, text, checked) =>
    el(
      "label",
      {},
      el("input", { type: "radio", name: "way", value, checked, on: { change: () => choose(value) } }),
      el("span", { text }),
    );
  let way = "token";

  function choose(wanted) {
    way = wanted;
    show(byToken, way === "token");
    show(byName, way === "name");
    (way === "token" ? token : user).focus();
  }

  function credentials() {
    if (way === "token") return token.value.trim() ? bearer(token.value.trim()) : null;
    return user.value ? basic(user.value, password.value) : null;
  }

  function fail(text) {
    put(error, text);
    show(error, true);
  }

  async function submit(event) {
    event.preventDefault();
    const given = credentials();
    if (!given) return fail(way === "token" ? "Give a token." : "Give a name and its password.");
    button.disabled = true;
    try {
      await signIn(given);
      entered();
    } catch (refusal) {
      fail(reason(refusal));
      const wrong = way === "token" ? token : password;
      wrong.select();
      wrong.focus();
    } finally {
      button.disabled = false;
    }
  }

  function reason(refusal) {
    if (refusal.status === 401) return `That ${way === "token" ? "token is" : "name and password are"} not known here.`;
    if (refusal.status === 429 && refusal.retryAfter > 0) {
      return `Too many attempts. Try again in ${count(refusal.retryAfter, "second")}.`;
    }
    return `It did not work: ${refusal.message}`;
  }

  root.append(
    el(
      "form",
      { class: "login card", novalidate: true, on: { submit } },
      el("h1", { text: "Sign in" }),
      el("p", { class: "quiet", text: "To see what BIE Relay is doing. Nothing is kept after this tab is closed." }),
      el(
        "fieldset",
        { class: "ways" },
        el("legend", { class: "unseen", text: "By" }),
        radio("token", "Token", true),
        radio("name", "Name and password", false),
      ),
      byToken,
      byName,
      error,
      button,
    ),
  );
  token.focus();
  return {};
}
