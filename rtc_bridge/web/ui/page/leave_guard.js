// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Keeps a person who drives from leaving the page by accident: a swipe that means "back", a wrong
 * key, a tab that is closed. Whatever happens, the controls are let go of first.
 */

// Member of the state of an entry of the session's history.
const MARK = 'rtc_bridge.driving';

/**
 * @typedef {object} GuardOptions
 * @property {() => void} letGo lets go of the controls, so that the robot stops
 * @property {() => void} onKept is called when a step back did not leave the page
 */

export class LeaveGuard {
  #options;
  #guards = false;
  /** The fragment of the entry that stands before this page's own; null: there is no such entry.
   * The rest of its address may differ: a change of the layout rewrites that of the added entry.
   * @type {string | null} */
  #fragment = null;

  /** @param {GuardOptions} options */
  constructor(options) {
    this.#options = options;
    // The page was loaded anew where the one before has left such an entry.
    if (history.state?.[MARK]) this.#follow();
  }

  /** Guard from now on, or no more. @param {boolean} driving this page drives the robot */
  update(driving) {
    if (driving === this.#guards) return;
    this.#guards = driving;
    // Only while it is needed: browsers keep no page for the way back that may ask.
    if (!driving) removeEventListener('beforeunload', this.#ask);
    else {
      addEventListener('beforeunload', this.#ask);
      this.#addEntry();
    }
  }

  /** The browser asks the person. @param {BeforeUnloadEvent} event */
  #ask = (event) => {
    // Scripts stand still until the person has answered.
    this.#options.letGo();
    event.preventDefault();
    // For browsers that want it this way.
    event.returnValue = true;
  };

  /** Add an entry to the history, so that the first step back stays on this page. */
  #addEntry() {
    if (history.state?.[MARK]) return;
    try {
      history.pushState({ ...history.state, [MARK]: true }, '');
      this.#follow();
    } catch (error) {
      // Browsers refuse what comes too often. The question above is left.
      console.debug('rtc_bridge: no guard against a step back:', error);
    }
  }

  #follow() {
    if (this.#fragment === null) addEventListener('popstate', () => this.#onStep());
    this.#fragment = location.hash;
  }

  #onStep() {
    // Another fragment is no step back.
    if (history.state?.[MARK] || location.hash !== this.#fragment) return;
    if (!this.#guards) {
      // The added entry was no page of its own.
      history.back();
      return;
    }
    this.#options.letGo();
    history.forward();
    this.#options.onKept();
  }
}
