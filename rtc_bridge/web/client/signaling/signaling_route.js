// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Whether to signal over a WebSocket or over HTTP. Pure. */

/** @typedef {'socket' | 'http'} Way */

// What is remembered for the tab.
const KEY = 'rtc-bridge-signaling';
// After so many sockets in a row that were not heard from, HTTP is tried. The first one decides
// for a page that has just been loaded, since its server is there.
const FAILURES_AT_FIRST = 1;
// Later the server itself may be away, and a WebSocket finds it again as soon as HTTP.
const FAILURES_LATER = 4;

export class SignalingRoute {
  /** @type {Way} */
  way;
  #memory;
  #failures = 0;
  #allowedFailures = FAILURES_AT_FIRST;
  #socketWorked = false;
  #httpWorked = false;

  /** @param {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null} memory of the tab */
  constructor(memory = null) {
    this.#memory = memory;
    this.way = this.#remembered === 'http' ? 'http' : 'socket';
  }

  /** A message came over the present way. */
  onMessage() {
    this.#failures = 0;
    if (this.way === 'http') {
      if (!this.#httpWorked && !this.#socketWorked) this.#remember('http');
      this.#httpWorked = true;
    } else {
      if (!this.#socketWorked) this.#remember(null);
      this.#socketWorked = true;
      this.#allowedFailures = FAILURES_LATER;
    }
  }

  /**
   * An attempt on the present way has failed.
   * @param {boolean} opened a socket opened, and nothing came: it gets one more attempt
   */
  onFailure(opened = false) {
    if (this.way === 'socket') {
      this.#failures += opened ? 0.5 : 1;
      if (this.#failures >= this.#allowedFailures) this.way = 'http';
      return;
    }
    this.way = 'socket';
    this.#failures = 0;
    this.#allowedFailures = this.#httpWorked && !this.#socketWorked
      ? FAILURES_AT_FIRST : FAILURES_LATER;
  }

  get #remembered() {
    try {
      return this.#memory?.getItem(KEY) ?? null;
    } catch {
      return null;
    }
  }

  /** @param {Way | null} way */
  #remember(way) {
    try {
      if (way) this.#memory?.setItem(KEY, way);
      else this.#memory?.removeItem(KEY);
    } catch {
      // Without storage the next page of this tab tries the WebSocket first.
    }
  }
}
