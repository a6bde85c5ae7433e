// For keyboards and screen readers: a toolbar's buttons as one Tab stop, and announcements of progress.

import { h, handled } from "./dom.js";

/**
 * Make a toolbar's buttons one Tab stop; Left, Right, Home and End move between them. Its sliders remain separate stops.
 * @param {HTMLElement} bar
 */
export function roveToolbar(bar) {
  const buttons = () => [...bar.querySelectorAll("button")].filter((button) => !button.closest("[hidden]"));
  const stop = (/** @type {EventTarget | null | undefined} */ chosen) => {
    for (const button of bar.querySelectorAll("button")) button.tabIndex = button === chosen ? 0 : -1;
  };
  stop(buttons()[0]);
  bar.addEventListener("focusin", ({ target }) => target instanceof HTMLButtonElement && stop(target));
  bar.addEventListener("keydown", (event) => {
    const all = buttons();
    const at = all.findIndex((button) => button === event.target);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (at < 0 || to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    all[(to + all.length) % all.length].focus();
    handled(event);
  });
}

const QUIET = 4000; // ms between two statuses of the same run

/**
 * A live region that announces a run's progress at each quarter, and its statuses at most every few seconds and at the end.
 * @param {{ running: () => boolean, t: import("./types").Translate }} given
 */
export function makeAnnouncer({ running, t }) {
  const node = h("div", { class: "eg-hidden eg-said", role: "status", "aria-live": "polite" });
  let quarter = 0;
  let at = -QUIET;
  /** @param {string} text */
  const say = (text) => {
    at = performance.now();
    if (node.textContent !== text) node.textContent = text;
  };
  return {
    node,
    /** @param {number} done @param {number} total */
    progress(done, total) {
      const now = total ? Math.floor((4 * done) / total) : 0;
      if (now > quarter && now < 4) say(t("{percent}% of the edit is done.", { percent: 25 * now }));
      quarter = now;
    },
    /** @param {string} text */
    status(text) {
      if (!running() || performance.now() - at > QUIET) say(text);
    },
  };
}
