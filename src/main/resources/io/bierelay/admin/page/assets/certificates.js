// Every certificate in use, ours and the servers', the one that expires first at the head.

import { card, facts, section } from "./cards.js";
import { el, keyed, put, show } from "./dom.js";
import { moment, number } from "./format.js";
import { showState } from "./shapes.js";

const KINDS = { own: "ours", trusted: "an authority that we trust", server: "shown by the server" };

/** What is shown of them; update takes the server's list. */
export function certificates() {
  const list = el("ul", { class: "cards" });
  const node = section("Certificates", list);
  return {
    node,
    update(all) {
      show(node, all.length > 0);
      keyed(list, all, key, card, (made, one) => {
        put(made.name, one.name);
        put(made.extra, [one.server, KINDS[one.kind] ?? one.kind, one.source].filter(Boolean).join(" · "));
        showState(made.badge, one.state);
        facts(made, [
          ["Days left", number(Math.floor(one.daysLeft))],
          ["Expires", moment(one.notAfter)],
        ]);
      });
    },
  };
}

function key(one) {
  return [one.server, one.kind, one.name, one.source, one.notAfter].join(" ");
}
