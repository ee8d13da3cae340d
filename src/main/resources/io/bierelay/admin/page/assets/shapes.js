// What is drawn: the shapes of states, bars and lines. All of it is decoration for the eye; the
// same is there as text.

import { el, put, set, svg } from "./dom.js";
import { isNumber, state } from "./format.js";

const SHAPES = {
  disc: "M8 3a5 5 0 1 1 0 10A5 5 0 1 1 8 3Z",
  ring: "M8 2a6 6 0 1 1 0 12A6 6 0 1 1 8 2Zm0 2.2a3.8 3.8 0 1 0 0 7.6A3.8 3.8 0 1 0 8 4.2Z",
  half: "M8 2a6 6 0 1 1 0 12A6 6 0 1 1 8 2Zm0 2v8a4 4 0 0 0 0-8Z",
  bars: "M4 3h3v10H4ZM9 3h3v10H9Z",
  triangle: "M8 1.8 15 14H1ZM7.2 6v4h1.6V6Zm0 5v1.6h1.6V11Z",
  cross: "M4 2.6 8 6.6l4-4L13.4 4l-4 4 4 4-1.4 1.4-4-4-4 4L2.6 12l4-4-4-4Z",
};

/** One of the shapes. */
export function shape(name) {
  const path = svg("path", { d: SHAPES[name] ?? SHAPES.half, "fill-rule": "evenodd" });
  return svg("svg", { class: "shape", viewBox: "0 0 16 16", "aria-hidden": "true" }, path);
}

/** A state's badge; showState changes it. */
export function badge(of) {
  const made = el("span", { class: "badge" }, shape("half"), el("span"));
  if (of !== undefined) showState(made, of);
  return made;
}

export function showState(node, of) {
  const { word, tone, shape: name } = state(of);
  set(node, "class", `badge ${tone}`);
  set(node.firstChild.firstChild, "d", SHAPES[name]);
  put(node.lastChild, word);
}

/** How far behind, as a bar. */
export function bar() {
  return el("span", { class: "lagbar", "aria-hidden": "true" }, el("span"));
}

/** Fills a bar by the logarithm of the seconds: a second is short, an hour is long, a day is all. */
export function showBar(node, seconds) {
  const share = isNumber(seconds) ? Math.min(1, Math.log1p(Math.max(0, seconds)) / Math.log(86_400)) : 0;
  node.firstChild.style.width = `${(share * 100).toFixed(1)}%`;
  set(node, "class", `lagbar ${seconds >= 300 ? "bad" : seconds >= 30 ? "wait" : "calm"}`);
}

/** A line over time; with area, filled below. */
export function line(width, height, { area = false } = {}) {
  const made = svg("svg", {
    class: "line",
    viewBox: `0 0 ${width} ${height}`,
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  });
  if (area) made.append(svg("path", { class: "area" }));
  made.append(svg("path", { class: "stroke", "vector-effect": "non-scaling-stroke" }));
  made.drawn = { width, height };
  return made;
}

/** Draws the values, the newest at the right; gaps stay gaps. Answers the highest. */
export function draw(node, values, least = 1) {
  const { width, height } = node.drawn;
  let highest = 0;
  for (const value of values) if (value > highest) highest = value;
  const top = Math.max(highest, least);
  const x = (i) => ((i * width) / (values.length - 1)).toFixed(1);
  const y = (value) => (height - 1.5 - (value / top) * (height - 3)).toFixed(1);
  let stroke = "";
  let area = "";
  let begun = -1;
  for (let i = 0; i <= values.length; i++) {
    if (i < values.length && isNumber(values[i])) {
      stroke += `${begun < 0 ? "M" : "L"}${x(i)} ${y(values[i])}`;
      area += `${begun < 0 ? `M${x(i)} ${height}L` : "L"}${x(i)} ${y(values[i])}`;
      if (begun < 0) begun = i;
    } else if (begun >= 0) {
      area += `L${x(i - 1)} ${height}Z`;
      begun = -1;
    }
  }
  set(node.lastChild, "d", stroke);
  if (node.firstChild !== node.lastChild) set(node.firstChild, "d", area);
  return highest;
}
