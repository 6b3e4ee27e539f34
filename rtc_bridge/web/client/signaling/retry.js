// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** When to try again after a failure, and which failures a person has to know. */

import { FATAL_CODES } from '../messages.js';

// These reasons may be chance: a person is told of the second failure in a row.
const VAGUE_CODES = new Set(['closed', 'disconnected', 'failed']);

/**
 * Yield delays between attempts, in ms: 400, growing by 1.6, and spread by half of it in both
 * directions, so that many pages do not come back at the same moment.
 * @param {() => number} random 0 to 1
 * @param {number} longest ms, before it is spread
 * @returns {Generator<number, never>}
 */
export function* backoff(random = Math.random, longest = 10000) {
  for (let delay = 400; ; delay = Math.min(delay * 1.6, longest)) yield delay * (0.5 + random());
}

/** The attempts to set up a session. */
export class Retry {
  /** Why the newest attempt failed: a code of docs/protocol.md, the robot's words, and for
   * `no-path` what was tried; null if it did not.
   * @type {{code: string, message: string, ice?: import('../session/ice_report.js').IceFindings} | null} */
  failure = null;
  #attempt;
  #delays = backoff();
  #failures = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {() => void} attempt begins the next one */
  constructor(attempt) {
    this.#attempt = attempt;
  }

  /**
   * An attempt has failed: make the next one later, if it can do better.
   * @param {string} code
   * @param {string} message
   * @param {import('../session/ice_report.js').IceFindings} [ice] what was tried to find a path
   */
  onFailure(code, message, ice) {
    console.debug('rtc_bridge: the attempt failed:', code, message);
    this.#failures += 1;
    const isVague = VAGUE_CODES.has(code);
    if (!isVague || this.#failures > 1) {
      const shown = isVague ? 'no-path' : code;
      this.failure = { code: shown, message, ...(shown === 'no-path' && ice && { ice }) };
    }
    if (!FATAL_CODES.has(code)) this.later();
  }

  onSuccess() {
    this.failure = null;
    this.#failures = 0;
    this.#delays = backoff();
  }

  /** Forget the newest failure, and begin with short delays again. */
  reset() {
    this.failure = null;
    this.#delays = backoff();
  }

  /** Make the next attempt after a delay. */
  later() {
    this.cancel();
    this.#timer = setTimeout(() => this.#attempt(), this.#delays.next().value);
  }

  /** Make no attempt. */
  cancel() {
    clearTimeout(this.#timer);
  }
}
