// Keeps the newest snapshot coming: by server-sent events read with fetch, since EventSource can't
// send credentials; where that fails, by asking every two seconds, until the stream works again.

import { call, headers, Refusal, session } from "./session.js";

const POLL_MS = 2000;
const STREAM_AGAIN_MS = 30_000;
const BACKOFF_MS = [500, 1000, 2000, 4000, 8000];
/** The server sends at least a comment more often than this; a silent connection is a dead one. */
const SILENCE_MS = 20_000;

/** "snapshot" (detail: the JSON) and "change" (of mode or error). */
export class Live extends EventTarget {
  mode = "connecting";
  error = "";
  lastData = null;
  #scope = "group";
  #lastId = "";
  #stop = null;
  #opened = performance.now();

  get scope() {
    return this.#scope;
  }

  /** Begins, or begins anew with another scope. */
  start(scope = this.#scope) {
    this.stop();
    if (scope !== this.#scope) this.#lastId = "";
    this.#scope = scope;
    this.#opened = performance.now();
    this.#stop = new AbortController();
    this.#run(this.#stop.signal);
  }

  stop() {
    this.#stop?.abort();
    this.#stop = null;
    this.#change("stopped", "");
  }

  /** Seconds since anything was heard, or since it began to listen. */
  age() {
    return (performance.now() - (this.lastData ?? this.#opened)) / 1000;
  }

  async #run(stopped) {
    let failures = 0;
    // How often the stream failed although the server answered just before.
    let refused = 0;
    this.#change("connecting", "");
    while (!stopped.aborted) {
      try {
        await this.#stream(stopped, () => (failures = 0, refused = 0));
        if (!stopped.aborted) this.#change("connecting", "the connection was closed");
      } catch (error) {
        if (stopped.aborted) return;
        if (error.status === 401) {
          this.#change("stopped", "not signed in");
          session.dispatchEvent(new Event("unauthorized"));
          return;
        }
        failures++;
        this.#change("connecting", error.message);
        // No such thing there, or something in between that lets no stream through.
        const isMissing = [404, 405, 406, 501].includes(error.status);
        if (isMissing || failures >= 3) {
          const answered = await this.#poll(stopped, isMissing || refused > 0);
          if (answered) refused++;
        }
      }
      const pace = refused > 0 ? 1 : failures;
      await wait(BACKOFF_MS[Math.min(pace, BACKOFF_MS.length - 1)], stopped);
    }
  }

  async #stream(stopped, onOpen) {
    const own = new AbortController();
    const watch = new Watch(SILENCE_MS, () => own.abort(new Refusal(0, "the connection fell silent")));
    stopped.addEventListener("abort", () => own.abort(), { signal: own.signal });
    try {
      const more = { Accept: "text/event-stream" };
      if (this.#lastId) more["Last-Event-ID"] = this.#lastId;
      const response = await fetch(`api/subscriptions/stream?scope=${this.#scope}`, {
        cache: "no-store",
        credentials: "omit",
        headers: headers(more),
        signal: own.signal,
      });
      if (!response.ok) throw new Refusal(response.status, `the stream answers ${response.status}`);
      const type = response.headers.get("Content-Type") ?? "";
      if (!type.startsWith("text/event-stream")) throw new Refusal(406, "no stream here");
      await this.#read(response, watch, onOpen);
    } catch (error) {
      if (error instanceof Refusal) throw error;
      throw own.signal.reason instanceof Refusal ? own.signal.reason : new Refusal(0, "not reachable");
    } finally {
      watch.end();
      own.abort();
    }
  }

  async #read(response, watch, onOpen) {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    let data = [];
    let id = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      watch.sign();
      // Only what is new is searched: a snapshot of many partitions comes in many pieces.
      const lines = value.split("\n");
      lines[0] = rest + lines[0];
      rest = lines.pop();
      for (const raw of lines) {
        const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
        if (line.startsWith("data:")) data.push(line.slice(line[5] === " " ? 6 : 5));
        else if (line.startsWith("id:")) id = line.slice(3).trim();
        else if (line === "" && data.length > 0) {
          onOpen();
          this.#lastId = id;
          this.#deliver("live", JSON.parse(data.join("\n")));
          data = [];
        }
      }
    }
  }

  /** Asks again and again: for a while, or only until there is an answer. */
  async #poll(stopped, patiently) {
    const until = performance.now() + STREAM_AGAIN_MS;
    let answered = false;
    while (!stopped.aborted && performance.now() < until) {
      try {
        const answer = await call(`api/subscriptions?scope=${this.#scope}`);
        if (stopped.aborted) return answered;
        this.#deliver("polling", answer);
        answered = true;
        if (!patiently) return answered;
      } catch (refusal) {
        if (refusal.status === 401) return answered;
        this.#change("connecting", refusal.message);
      }
      await wait(POLL_MS, stopped);
    }
    return answered;
  }

  /** Only this is data: a comment says that the connection lives, and not that anything is known. */
  #deliver(mode, snapshot) {
    this.lastData = performance.now();
    this.#change(mode, "");
    this.dispatchEvent(new CustomEvent("snapshot", { detail: snapshot }));
  }

  #change(mode, error) {
    if (this.mode === mode && this.error === error) return;
    this.mode = mode;
    this.error = error;
    this.dispatchEvent(new Event("change"));
  }
}

/** Calls back when no sign came for so long. */
class Watch {
  #timer;
  #ms;
  #late;

  constructor(ms, late) {
    this.#ms = ms;
    this.#late = late;
    this.sign();
  }

  sign() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#late, this.#ms);
  }

  end() {
    clearTimeout(this.#timer);
  }
}

function wait(ms, stopped) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    stopped.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
