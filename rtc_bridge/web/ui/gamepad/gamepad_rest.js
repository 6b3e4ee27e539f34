// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Where a gamepad's axes rest, and how well they come back there: measured. Pure. */

// Looks that a measurement takes: a second, with one each 40 ms.
const LOOKS = 25;
// An axis that changes by more is moved by a hand.
const MOVED = 0.2;
// A dead zone below that would be left by the breath of a hand; its largest is that of the settings.
const SMALLEST_ZONE = 0.08;
const LARGEST_ZONE = 0.5;
// Beyond the largest distance that was seen: sticks come back a little differently each time.
const MARGIN = 0.04;

/** @typedef {{low: number, high: number}} Range what an axis was seen at */

export class RestMeasurement {
  /** A hand has moved an axis, so that it began anew. */
  moved = false;
  /** @type {Range[]} */
  #ranges = [];
  #looks = 0;

  /** Take the values of all axes. To be called often. @param {readonly number[]} axes */
  take(axes) {
    if (this.done) return;
    const ranges = axes.map((value, n) => {
      const { low, high } = this.#ranges[n] ?? { low: value, high: value };
      return { low: Math.min(low, value), high: Math.max(high, value) };
    });
    if (ranges.some(({ low, high }) => high - low > MOVED)) {
      this.moved = true;
      this.#looks = 0;
      this.#ranges = [];
      return;
    }
    this.#ranges = ranges;
    this.#looks += 1;
  }

  get done() {
    return this.#looks >= LOOKS;
  }

  /** What each axis was seen at. */
  get ranges() {
    return this.#ranges;
  }
}

/** Return the middle of a range. @param {Range} range */
export const middle = ({ low, high }) => (low + high) / 2;

/** Return a range that has two in it. @param {Range} one @param {Range} other @returns {Range} */
export const joined = (one, other) => ({ low: Math.min(one.low, other.low),
  high: Math.max(one.high, other.high) });

/**
 * Return the dead zone for sticks whose axes were seen in these ranges at rest.
 * @param {Range[]} ranges
 */
export function zoneFor(ranges) {
  const largest = Math.max(0, ...ranges.map(({ low, high }) => (high - low) / 2));
  // The radius counts: both axes of a stick may be off at once.
  const zone = Math.SQRT2 * largest + MARGIN;
  return Math.max(SMALLEST_ZONE, Math.min(LARGEST_ZONE, Math.ceil(zone * 100) / 100));
}
