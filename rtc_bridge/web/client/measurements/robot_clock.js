// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The robot's clock, as far as its answers to pings tell. For display only. */

// Quartz clocks drift apart by about a millisecond in this time, ms.
const WINDOW_MS = 30000;
// Browsers round their clock, so that a page cannot spy by it: Chromium to 0.1 ms, Firefox and
// Safari to 1 ms.
const RESOLUTIONS_MS = [1, 0.1];

/**
 * Each answer tells the offset between the two clocks with an error of half its round trip at
 * most; the quickest answer of the last WINDOW_MS counts.
 */
export class RobotClock {
  /** @type {{receivedMs: number, tripMs: number, offsetMs: number}[]} */
  #samples = [];

  /**
   * Take an answer.
   * @param {number} sent when the ping was sent, ms
   * @param {number} received when the answer came, ms
   * @param {number} time the robot's, s
   */
  add(sent, received, time) {
    const tripMs = received - sent;
    if (!(tripMs >= 0) || !Number.isFinite(time)) return;
    this.#samples = this.#samples.filter(({ receivedMs }) => received - receivedMs < WINDOW_MS);
    this.#samples.push({ receivedMs: received, tripMs,
      offsetMs: (sent + received) / 2 - time * 1000 });
  }

  /**
   * How wrong `toPageTime` can be at most, ms; null: nothing is known.
   * @returns {number | null}
   */
  get errorMs() {
    return this.#best && this.#best.tripMs / 2 + this.#resolutionMs;
  }

  /**
   * This page's time at a moment of the robot's, ms.
   * @param {number} time s
   * @returns {number | null}
   */
  toPageTime(time) {
    return this.#best && time * 1000 + this.#best.offsetMs;
  }

  get #best() {
    return this.#samples.length
      ? this.#samples.reduce((best, one) => (one.tripMs < best.tripMs ? one : best)) : null;
  }

  /** The resolution of this page's clock, as far as its times tell. */
  get #resolutionMs() {
    return RESOLUTIONS_MS.find((step) => this.#samples.every(({ receivedMs }) => (
      Math.abs(receivedMs / step - Math.round(receivedMs / step)) < 1e-3))) ?? 0;
  }
}
