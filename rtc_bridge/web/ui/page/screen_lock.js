// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Keeps the screen on while it is needed, in browsers that can (Screen Wake Lock API). */

/** @typedef {{released: boolean, release: () => Promise<void>}} Lock */

export class ScreenLock {
  #wakeLock;
  #page;
  #wanted = false;
  /** The request is on its way. */
  #requested = false;
  /** @type {Lock | null} */
  #lock = null;

  /**
   * @param {{request: (type: 'screen') => Promise<Lock>} | undefined} wakeLock of the navigator;
   *   only pages that are secure have it
   * @param {EventTarget & {hidden: boolean}} page
   */
  constructor(wakeLock, page) {
    this.#wakeLock = wakeLock;
    this.#page = page;
    // Browsers take it back from a page that is hidden.
    page.addEventListener('visibilitychange', () => this.#take());
  }

  /** @param {boolean} wanted the screen has to stay on */
  update(wanted) {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    if (wanted) this.#take();
    else this.#release();
  }

  async #take() {
    const held = this.#lock && !this.#lock.released;
    if (!this.#wanted || held || this.#requested || this.#page.hidden) return;
    this.#requested = true;
    try {
      this.#lock = await this.#wakeLock?.request('screen') ?? null;
    } catch (error) {
      // The battery is low, or the page was hidden meanwhile: it is tried again when it is seen.
      console.debug('rtc_bridge: the screen may go off:', error);
    }
    this.#requested = false;
    if (!this.#wanted) this.#release();
  }

  #release() {
    this.#lock?.release().catch(() => {});
    this.#lock = null;
  }
}
