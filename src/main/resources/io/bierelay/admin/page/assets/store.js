// What is known now, and the last minutes of it: the newest snapshot, its rows by kind, a short
// history of each partition, and the totals that the views show.

import { isNumber } from "./format.js";

/** How many measurements are kept, of which there is one a second. */
export const HISTORY = 120;
/** Of so many at least, a chart has place: it grows from there to the whole history. */
const SHORTEST = 30;
/** Running, behind by that many seconds and without an event in a minute: it does not move. */
const IDLE_BEHIND_SECONDS = 60;
/** Over how many seconds the rate of now is taken. */
const NOW_SECONDS = 5;
/** For how long an answer is believed more than a snapshot, which may be a second older. */
const BELIEVED_MS = 4000;

const URGENCY = { held: 5, unassigned: 5, stuck: 4, draining: 2, paused: 1 };

/** A ring of the last measured values; NaN where there was none. */
class Ring {
  #values = new Float64Array(HISTORY).fill(NaN);
  #next = 0;

  add(value) {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % HISTORY;
  }

  /** The newest so many, the oldest of them first. */
  last(length = HISTORY) {
    const out = new Array(length);
    for (let i = 0; i < length; i++) {
      out[i] = this.#values[(this.#next - length + i + 2 * HISTORY) % HISTORY];
    }
    return out;
  }
}

class Track {
  rate = new Ring();
  lag = new Ring();
  #recent = [];

  /** Takes a position at a time in seconds; going back is a replay and no negative rate. */
  take(position, lag, at) {
    this.lag.add(isNumber(lag) ? lag : NaN);
    const before = this.#recent.at(-1);
    this.#recent.push({ position, at });
    while (this.#recent.length > 2 && at - this.#recent[0].at > NOW_SECONDS) this.#recent.shift();
    if (!before || !isNumber(position) || !isNumber(before.position) || at <= before.at) {
      this.rate.add(NaN);
    } else {
      this.rate.add(Math.max(0, (position - before.position) / (at - before.at)));
    }
  }

  /** Events a second over the last few seconds. */
  now() {
    const first = this.#recent[0];
    const last = this.#recent.at(-1);
    if (!first || !isNumber(first.position) || !isNumber(last.position) || last.at - first.at < 0.5) {
      return NaN;
    }
    return Math.max(0, (last.position - first.position) / (last.at - first.at));
  }
}

/** Tells of a "change" that came without a snapshot. */
export class Store extends EventTarget {
  snapshot = null;
  /** The server's clock at the snapshot, in milliseconds. */
  now = Date.now();
  partitions = [];
  queues = [];
  databases = [];
  sqs = [];
  others = [];
  totals = { rate: NaN, rate1: 0, rate5: 0, lag: 0, lagSeconds: null, stuck: 0, paused: 0 };
  totalRate = new Ring();
  #times = new Ring();
  #measured = 0;
  #tracks = new Map();
  #answered = new Map();

  accept(snapshot) {
    const at = Date.parse(snapshot.at ?? "") || Date.now();
    const isRepeated = this.snapshot !== null && at <= this.now;
    this.snapshot = snapshot;
    this.now = at;
    const rows = snapshot.subscriptions ?? [];
    this.partitions = rows
      .filter((row) => kind(row) === "partition")
      .map((row) => partition(this.#corrected(row)));
    this.queues = rows.filter((row) => kind(row) === "queue");
    this.databases = rows.filter((row) => kind(row) === "database");
    this.sqs = rows.filter((row) => kind(row) === "sqs");
    this.others = rows.filter((row) => ["notifier", "other"].includes(kind(row)));
    if (!isRepeated) this.#measure(at / 1000);
    this.#sum();
  }

  /** What an answer says of partitions holds at once, until the snapshots say the same. */
  answered(partitions, change) {
    const until = performance.now() + BELIEVED_MS;
    const since = new Date(this.now).toISOString();
    for (const one of partitions) {
      this.#answered.set(`${one.topic}/${one.partition}`, { until, change: { ...change, since } });
    }
    this.partitions = this.partitions.map((row) => partition(this.#corrected(row)));
    this.#sum();
    this.dispatchEvent(new Event("change"));
  }

  #corrected(row) {
    const key = `${row.topic}/${row.partition}`;
    const known = this.#answered.get(key);
    if (!known) return row;
    if (row.state === known.change.state || performance.now() > known.until) {
      this.#answered.delete(key);
      return row;
    }
    return { ...row, ...known.change };
  }

  /** Forgets what was measured: another scope has other partitions. */
  reset() {
    this.snapshot = null;
    this.#measured = 0;
    this.#tracks.clear();
    this.totalRate = new Ring();
  }

  track(key) {
    return this.#tracks.get(key);
  }

  /** How many measurements a chart shows. */
  get span() {
    return Math.max(SHORTEST, Math.min(this.#measured, HISTORY));
  }

  /** How many seconds ago the oldest of them was, or would have been. */
  get spanSeconds() {
    const oldest = this.#times.last(this.span)[0];
    return isNumber(oldest) ? this.now / 1000 - oldest : this.span;
  }

  find(topic, number) {
    return this.partitions.find((row) => row.topic === topic && row.partition === number);
  }

  /** Stuck ones first, and of those the ones that are furthest behind. */
  troubles() {
    return this.partitions.filter((row) => row.urgency > 0).sort(byUrgency);
  }

  #measure(seconds) {
    let total = NaN;
    this.#measured++;
    this.#times.add(seconds);
    const there = new Set();
    for (const row of this.partitions) {
      there.add(row.key);
      let track = this.#tracks.get(row.key);
      if (!track) this.#tracks.set(row.key, (track = new Track()));
      // What is committed is finished; a paused partition's position goes on to what it has read.
      track.take(row.committed >= 0 ? row.committed : row.position, row.lag, seconds);
      const measured = track.rate.last(1)[0];
      if (isNumber(measured)) total = (isNumber(total) ? total : 0) + measured;
    }
    for (const key of this.#tracks.keys()) if (!there.has(key)) this.#tracks.delete(key);
    this.totalRate.add(total);
  }

  #sum() {
    const totals = { rate: NaN, rate1: 0, rate5: 0, lag: 0, lagSeconds: null, stuck: 0, paused: 0 };
    for (const row of this.partitions) {
      const now = this.#tracks.get(row.key)?.now();
      if (isNumber(now)) totals.rate = (isNumber(totals.rate) ? totals.rate : 0) + now;
      totals.rate1 += row.rate1 ?? 0;
      totals.rate5 += row.rate5 ?? 0;
      totals.lag += row.lag ?? 0;
      if (isNumber(row.lagSeconds)) totals.lagSeconds = Math.max(totals.lagSeconds ?? 0, row.lagSeconds);
      if (row.urgency >= 4) totals.stuck++;
      if (row.state === "paused") totals.paused++;
    }
    this.totals = totals;
  }
}

function byUrgency(left, right) {
  return (
    right.urgency - left.urgency ||
    (right.lagSeconds ?? -1) - (left.lagSeconds ?? -1) ||
    (right.lag ?? 0) - (left.lag ?? 0) ||
    left.key.localeCompare(right.key)
  );
}

/** Older instances do not say of what kind a row is. */
function kind(row) {
  if (row.kind) return row.kind;
  if (row.topic !== undefined) return "partition";
  if (row.queue === undefined) return "other";
  return row.exchange !== undefined ? "queue" : "sqs";
}

function partition(row) {
  const moves = row.state !== "running" || !isIdleBehind(row);
  return {
    ...row,
    // Not known yet, and no lag to add up.
    lag: row.lag >= 0 ? row.lag : null,
    key: `${row.topic}/${row.partition}`,
    shown: moves ? row.state : "stuck",
    reason: moves ? row.reason : row.reason || "it is behind, and nothing was finished for a minute",
    urgency: URGENCY[moves ? row.state : "stuck"] ?? 0,
  };
}

function isIdleBehind(row) {
  return (row.lagSeconds ?? 0) > IDLE_BEHIND_SECONDS && row.lag > 0 && row.rate1 === 0;
}

/** Why it does not go on, once; who paused it is often a part of the reason. */
export function explanation(row) {
  if (!row.pausedBy) return row.reason ?? "";
  return row.reason?.includes(row.pausedBy) ? row.reason : `paused by ${row.pausedBy}`;
}
