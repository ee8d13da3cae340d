// Shows a part of a long list that scrolls with the page: only the rows that are to be seen are in
// the document, whatever the length of the list.

import { set } from "./dom.js";

const OVERSCAN = 6;

/**
 * Rows of one height, which the style sheet gives as --row. A row's element belongs to its place
 * modulo their number, so that scrolling by one row changes one element and the focus stays.
 */
export class Rows {
  #body;
  #make;
  #update;
  #items = [];
  #elements = [];
  #first = 0;
  #last = 0;
  #active = 0;
  #height = 0;
  #listeners = new AbortController();
  #planned = false;

  /** make() answers a row, update(row, item, index) fills it; a row's link is row.link. */
  constructor(body, make, update) {
    this.#body = body;
    this.#make = make;
    this.#update = update;
    const { signal } = this.#listeners;
    addEventListener("scroll", () => this.#plan(), { passive: true, signal });
    addEventListener("resize", () => ((this.#height = 0), this.#plan()), { signal });
    body.addEventListener("keydown", (event) => this.#key(event), { signal });
    body.addEventListener("focusin", (event) => this.#focused(event), { signal });
  }

  end() {
    this.#listeners.abort();
  }

  show(items) {
    this.#items = items;
    this.#render();
  }

  #plan() {
    if (this.#planned) return;
    this.#planned = true;
    requestAnimationFrame(() => {
      this.#planned = false;
      this.#render();
    });
  }

  #render() {
    if (!this.#body.isConnected || this.#listeners.signal.aborted) return;
    if (this.#height === 0) this.#height = this.#measure();
    const length = this.#items.length;
    this.#body.style.height = `${length * this.#height}px`;
    const above = -this.#body.getBoundingClientRect().top;
    const first = Math.floor(above / this.#height) - OVERSCAN;
    const shown = Math.ceil(innerHeight / this.#height) + 2 * OVERSCAN;
    this.#first = Math.max(0, Math.min(first, length - shown));
    this.#last = Math.min(length, this.#first + shown);
    this.#fit(shown);
    this.#active = Math.max(0, Math.min(this.#active, length - 1));
    const isActiveShown = this.#active >= this.#first && this.#active < this.#last;
    const reachable = isActiveShown ? this.#active : Math.max(this.#first, Math.floor(above / this.#height) + 1);
    for (let i = this.#first; i < this.#last; i++) {
      const row = this.#elements[i % this.#elements.length];
      row.index = i;
      row.style.transform = `translateY(${i * this.#height}px)`;
      row.hidden = false;
      set(row, "aria-rowindex", i + 2);
      this.#update(row, this.#items[i], i);
      // One of them is in the order of Tab; the arrow keys go on from there.
      set(row.link, "tabindex", i === reachable ? 0 : -1);
    }
    for (const row of this.#elements) {
      if (row.index < this.#first || row.index >= this.#last) row.hidden = true;
    }
  }

  #measure() {
    return parseFloat(getComputedStyle(this.#body).getPropertyValue("--row")) * parseFloat(
      getComputedStyle(document.documentElement).fontSize,
    );
  }

  #fit(wanted) {
    if (this.#elements.length >= wanted) return;
    // Another number of elements gives each another place, so all begin anew.
    while (this.#elements.length < wanted) {
      const row = this.#make();
      row.index = -1;
      this.#elements.push(row);
      this.#body.append(row);
    }
  }

  #focused(event) {
    const row = this.#elements.find((one) => one.contains(event.target));
    if (row) this.#active = row.index;
  }

  #key(event) {
    const page = Math.max(1, Math.floor(innerHeight / this.#height) - 3);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (!(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const to = Math.max(0, Math.min(this.#items.length - 1, this.#active + steps[event.key]));
    this.#active = to;
    this.#reveal(to);
    this.#render();
    this.#elements[to % this.#elements.length].link.focus({ preventScroll: true });
  }

  #reveal(index) {
    const top = this.#body.getBoundingClientRect().top + index * this.#height;
    const covered = parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0;
    if (top < covered) scrollBy(0, top - covered);
    else if (top + this.#height > innerHeight) scrollBy(0, top + this.#height - innerHeight);
  }
}
