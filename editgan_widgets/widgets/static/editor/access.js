// What keyboard and screen reader need: one Tab stop for a toolbar's buttons, and progress said now and then.

import { h, handled } from "./dom.js";

/** Make a toolbar's buttons one Tab stop; Left and Right, Home and End go among them. Its sliders stay stops of their own. */
export function roveToolbar(bar) {
  const buttons = () => [...bar.querySelectorAll("button")].filter((button) => !button.closest("[hidden]"));
  const stop = (chosen) => {
    for (const button of bar.querySelectorAll("button")) button.tabIndex = button === chosen ? 0 : -1;
  };
  stop(buttons()[0]);
  bar.addEventListener("focusin", (event) => event.target.tagName === "BUTTON" && stop(event.target));
  bar.addEventListener("keydown", (event) => {
    const all = buttons();
    const at = all.indexOf(event.target);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (at < 0 || to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    all[(to + all.length) % all.length].focus();
    handled(event);
  });
}

const QUIET = 4000; // ms between two statuses of the same run

/** A live region: a run's progress by quarters, and statuses, of which a run makes many, once in a while and at its end. */
export function makeAnnouncer({ running, t }) {
  const node = h("div", { class: "eg-hidden eg-said", role: "status", "aria-live": "polite" });
  let quarter = 0;
  let at = -QUIET;
  const say = (text) => {
    at = performance.now();
    if (node.textContent !== text) node.textContent = text;
  };
  return {
    node,
    progress(done, total) {
      const now = total ? Math.floor((4 * done) / total) : 0;
      if (now > quarter && now < 4) say(t("{percent} % of the edit is done.", { percent: 25 * now }));
      quarter = now;
    },
    status(text) {
      if (!running() || performance.now() - at > QUIET) say(text);
    },
  };
}
