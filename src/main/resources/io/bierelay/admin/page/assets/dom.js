// Makes and changes elements. What comes from the server goes through textContent or an attribute
// named here: reasons quote other systems' messages, which may hold anything. Styles are set by
// property and never by attribute, which the content security policy forbids.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

/**
 * An element: attributes and, under "on", listeners; "text" is its text, "class" its classes, true
 * and false say whether an attribute is there.
 */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "text") made.textContent = value;
    else if (name === "on") {
      for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    } else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== null && child !== false));
  return made;
}

/** Writes only a change: a screen reader reads each write of a live region, and layout costs. */
export function put(node, text) {
  const wanted = String(text ?? "");
  if (node.textContent !== wanted) node.textContent = wanted;
}

/** As put, for an attribute; null removes it. */
export function set(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value === true ? "" : value)) {
    node.setAttribute(name, value === true ? "" : value);
  }
}

/** Shows or hides. */
export function show(node, wanted) {
  if (node.hidden === Boolean(wanted)) node.hidden = !wanted;
}

/**
 * Makes a parent's children those of the list, in its order, and keeps an element for as long as
 * its key is there: what has the focus keeps it.
 */
export function keyed(parent, items, keyOf, make, update) {
  const known = parent.keyedChildren ?? (parent.keyedChildren = new Map());
  const wanted = new Set();
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    wanted.add(key);
    let child = known.get(key);
    if (!child) {
      child = make(item);
      known.set(key, child);
    }
    update(child, item);
    if (child === place) place = place.nextElementSibling;
    else parent.insertBefore(child, place);
  }
  for (const [key, child] of known) {
    if (!wanted.has(key)) {
      child.remove();
      known.delete(key);
    }
  }
}

/** Tells a screen reader, and nobody else. */
export function say(text) {
  put(byId("spoken"), text);
}

/** A short word at the edge, gone after a while; said aloud as well. */
export function toast(text, tone = "good") {
  const made = el("p", { class: `toast ${tone}`, text });
  byId("toasts").append(made);
  setTimeout(() => made.remove(), 8000);
}
