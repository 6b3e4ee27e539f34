// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** How much is received, as numbers and for people. Pure. */

// A rate of 1 kbit/s is so many MB (10^6 bytes) in an hour.
const MB_PER_HOUR = 3600 * 1000 / 8 / 1e6;
// A rate that varies exceeds its cap by so much now and then.
const EXCESS = 1.25;
// Seconds over which a rate is compared with its cap.
const WINDOW_S = 10;

/** @param {number} kbit per second */
export const toMbPerHour = (kbit) => kbit * MB_PER_HOUR;
/** Return kbit/s. @param {number} mb per hour */
export const fromMbPerHour = (mb) => mb / MB_PER_HOUR;

/** @param {number} bytes */
export function amountText(bytes) {
  const mb = bytes / 1e6;
  return mb < 1000 ? `${mb.toFixed(mb < 10 ? 1 : 0)} MB` : `${(mb / 1000).toFixed(2)} GB`;
}

/** Adds up what sessions receive. */
export class ReceivedBytes {
  /** Since the page was opened. */
  all = 0;
  /** In this session. */
  session = 0;
  /** Bytes of each of the last seconds. @type {number[]} */
  #seconds = [];

  /** Another session begins. */
  restart() {
    this.session = 0;
    this.#seconds = [];
  }

  /** Take a measurement, one each second. @param {number} bytes of this session, in all */
  take(bytes) {
    const more = Math.max(0, bytes - this.session);
    this.session += more;
    this.all += more;
    this.#seconds = [...this.#seconds, more].slice(-WINDOW_S);
  }

  /** The mean rate of the last ten seconds, kbit/s; null: not measured for so long yet. */
  get kbitPerS() {
    const sum = this.#seconds.reduce((total, one) => total + one, 0);
    return this.#seconds.length < WINDOW_S ? null : sum * 8 / 1000 / WINDOW_S;
  }

  /** Whether clearly more comes than is wanted. @param {number} cap kbit/s */
  exceeds(cap) {
    return (this.kbitPerS ?? 0) > EXCESS * cap;
  }
}
