// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * When the page warns, and with which words. Pure.
 *
 * @typedef {'amber' | 'red'} Level
 * @typedef {{level: Level, text: string}} Alarm
 * @typedef {'delay' | 'fps' | 'loss' | 'battery' | 'stale'} Measure
 * @typedef {[amber: number, red: number]} Pair
 * @typedef {Record<Measure, Pair | null>} Thresholds null: no alarm
 */

/** @type {Measure[]} */
const MEASURES = ['delay', 'fps', 'loss', 'battery', 'stale'];
/** A level ends when the value is back from its threshold by this share of it. */
const MARGIN = 0.1;
/** What stands beside the colour of a level. @type {Record<Level, string>} */
export const LEVEL_WORDS = { amber: 'Attention', red: 'Alarm' };

/** How bad a level is. @param {Level | ''} level */
export const rank = (level) => ['', 'amber', 'red'].indexOf(level);

/**
 * Return the thresholds in a robot's `hello`; a robot that tells none has none.
 * @param {any} alarms
 * @returns {Thresholds}
 */
export function readThresholds(alarms) {
  const read = (/** @type {any} */ pair) => (
    Array.isArray(pair) && pair.length === 2 && pair.every(Number.isFinite)
      && pair[0] !== pair[1] ? /** @type {Pair} */ ([...pair]) : null);
  return /** @type {Thresholds} */ (Object.fromEntries(
    MEASURES.map((name) => [name, read(alarms?.[name])])));
}

/**
 * Return the level of a value.
 * @param {number | null} value null: not known
 * @param {Pair | null} pair the larger threshold first: what is below them is bad
 * @param {Level | ''} before the level so far, which ends a little later than it begins
 * @returns {Level | ''}
 */
export function levelOf(value, pair, before = '') {
  if (value === null || !pair) return '';
  const falls = pair[0] > pair[1];
  const beyond = (/** @type {number} */ threshold, /** @type {boolean} */ holds) => {
    const margin = holds ? MARGIN * threshold : 0;
    return falls ? value < threshold + margin : value >= threshold - margin;
  };
  if (beyond(pair[1], before === 'red')) return 'red';
  return beyond(pair[0], before !== '') ? 'amber' : '';
}

/**
 * Return the share of the battery's charge if it can run low; else null.
 * @param {any} battery as the robot tells it
 */
export function charge(battery) {
  return Number.isFinite(battery?.percentage) && battery.charging !== true
    ? Number(battery.percentage) : null;
}

/** Follows the level of one value, which rises when several values in a row ask for it. */
export class LevelFilter {
  /** @type {Level | ''} */
  level = '';
  #times;
  #count = 0;

  /** @param {number} times values in a row */
  constructor(times = 1) {
    this.#times = times;
  }

  /** @param {number | null} value @param {Pair | null} pair @returns {Level | ''} */
  take(value, pair) {
    const level = levelOf(value, pair, this.level);
    this.#count = rank(level) > rank(this.level) ? this.#count + 1 : 0;
    if (!this.#count || this.#count >= this.#times) {
      this.#count = 0;
      this.level = level;
    }
    return this.level;
  }
}

/** @param {number} share */
const percent = (share) => `${Math.round(share * 100)} %`;

/** What is said of a value. @type {Record<'delay' | 'fps' | 'loss' | 'battery',
 *   (value: number) => string>} */
export const ALARM_TEXTS = {
  delay: (seconds) => `Picture ${Math.round(seconds * 1000)} ms late`,
  fps: (fps) => `Picture: ${fps < 10 ? fps.toFixed(1) : Math.round(fps)} frames a second`,
  loss: (share) => `${percent(share)} of the picture lost`,
  battery: (share) => `Battery ${percent(share)}`,
};

/** @param {string} label of what is old @param {number} age s */
export const staleText = (label, age) => `${label}: no news for ${Math.floor(age)} s`;
