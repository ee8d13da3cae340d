// Numbers, times and states as people read them.

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const ONE = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export const NOTHING = "–";

export const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

export function number(value) {
  return isNumber(value) ? WHOLE.format(value) : NOTHING;
}

/** Where space is short: 12,345 is 12.3K. */
export function compact(value) {
  if (!isNumber(value)) return NOTHING;
  return Math.abs(value) < 10_000 ? WHOLE.format(value) : COMPACT.format(value);
}

/** Events a second. */
export function rate(value) {
  if (!isNumber(value)) return NOTHING;
  return value < 100 ? ONE.format(value) : compact(Math.round(value));
}

export function count(value, one, many = `${one}s`) {
  return `${number(value)} ${value === 1 ? one : many}`;
}

/** Seconds in the unit that fits. */
export function duration(seconds) {
  if (!isNumber(seconds)) return NOTHING;
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 100) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

/** How long ago by the server's clock; a wrong clock here must not change an age. */
export function since(instant, now) {
  const begun = Date.parse(instant ?? "");
  return Number.isNaN(begun) ? NOTHING : duration((now - begun) / 1000);
}

/** A moment, in this browser's time zone and to the second. */
export function moment(instant) {
  const at = new Date(instant ?? "");
  if (Number.isNaN(at.getTime())) return NOTHING;
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" }).format(at);
}

export function bytes(value) {
  if (!isNumber(value)) return NOTHING;
  if (value < 1024) return `${value} B`;
  return value < 1024 * 1024
    ? `${ONE.format(value / 1024)} KiB`
    : `${ONE.format(value / 1024 / 1024)} MiB`;
}

// Shape and word tell as much as the colour does.
const STATES = {
  running: { tone: "good", shape: "disc" },
  ready: { tone: "good", shape: "disc" },
  paused: { tone: "calm", shape: "bars" },
  draining: { tone: "wait", shape: "half" },
  starting: { tone: "wait", shape: "half" },
  stopping: { tone: "wait", shape: "half" },
  waiting: { tone: "wait", shape: "triangle" },
  held: { tone: "bad", shape: "triangle" },
  unassigned: { tone: "bad", shape: "ring" },
  missing: { tone: "bad", shape: "ring" },
  failed: { tone: "bad", shape: "cross" },
  silent: { tone: "bad", shape: "ring" },
  overdue: { tone: "bad", shape: "triangle" },
  drained: { tone: "calm", shape: "bars" },
  stuck: { tone: "bad", shape: "triangle" },
  valid: { tone: "good", shape: "disc" },
  "ends soon": { tone: "wait", shape: "triangle" },
  expired: { tone: "bad", shape: "cross" },
};

/** A state's word, tone and shape; verticles say it in capitals, partitions do not. */
export function state(of) {
  const word = String(of ?? "unknown").toLowerCase();
  return { word, ...(STATES[word] ?? { tone: "wait", shape: "half" }) };
}
