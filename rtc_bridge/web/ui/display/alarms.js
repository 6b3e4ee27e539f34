// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The alarms that hold now, and the last ones. What warns sets its own by a code. */

import { Emitter } from '../../client/messages.js';
import { rank } from './alarm_rules.js';

/**
 * @typedef {import('./alarm_rules.js').Level} Level
 * @typedef {import('./alarm_rules.js').Alarm} Alarm
 *
 * @typedef {object} Entry an alarm in the list of the last ones
 * @property {string} code
 * @property {Level} level
 * @property {string} text when it began
 * @property {number} began ms since 1970
 * @property {number | null} ended null: it holds
 *
 * @typedef {{level: Level, text: string, entry: Entry, next: Alarm | null, timer: any}} Holding
 *   next: what it becomes when the timer ends
 */

/** So long an alarm stays after its reason has gone, so that it does not flicker, ms. */
export const CALM_MS = 3000;
/** Alarms in the list. */
export const MAX_ENTRIES = 30;

/**
 * Events: `raise` with `{code, level, text}` when an alarm begins or gets worse; `change` when
 * anything has changed.
 */
export class Alarms extends Emitter {
  /** The last ones, the newest at the end. @type {Entry[]} */
  list = [];
  /** Those that hold, by code. @type {Map<string, Holding>} */
  #holding = new Map();
  #now;
  #later;

  /**
   * @param {object} [options]
   * @param {() => number} [options.now] ms since 1970
   * @param {(action: () => void, ms: number) => any} [options.later] returns what cancels it
   */
  constructor({ now = Date.now, later = startTimer } = {}) {
    super();
    this.#now = now;
    this.#later = later;
  }

  /** Those that hold, the worst first. @returns {(Alarm & {code: string})[]} */
  get active() {
    return [...this.#holding].map(([code, { level, text }]) => ({ code, level, text }))
      .sort((a, b) => rank(b.level) - rank(a.level));
  }

  /** The worst level of some codes, or of all; '': none holds.
   * @param {string[]} [codes] @returns {Level | ''} */
  level(codes) {
    return this.active.find(({ code }) => !codes || codes.includes(code))?.level ?? '';
  }

  /**
   * Say how it stands with one reason for an alarm; to be called as often as is convenient.
   * @param {string} code of the reason
   * @param {Alarm | null} alarm null: all is well
   */
  set(code, alarm) {
    const holding = this.#holding.get(code);
    if (!holding) {
      if (alarm) this.#begin(code, alarm, true);
    } else if (rank(alarm?.level ?? '') > rank(holding.level)) {
      this.#end(code, holding);
      this.#begin(code, /** @type {Alarm} */ (alarm), true);
    } else if (alarm?.level === holding.level) {
      this.#keep(holding);
      if (holding.text === alarm.text) return;
      holding.text = alarm.text;
    } else {
      this.#calm(code, holding, alarm);
      return;
    }
    this.emit('change');
  }

  /** @param {string} code @param {Alarm} alarm @param {boolean} isRise */
  #begin(code, { level, text }, isRise) {
    /** @type {Entry} */
    const entry = { code, level, text, began: this.#now(), ended: null };
    this.#holding.set(code, { level, text, entry, next: null, timer: null });
    this.list = [...this.list, entry].slice(-MAX_ENTRIES);
    if (isRise) this.emit('raise', { code, level, text });
  }

  /** @param {string} code @param {Holding} holding */
  #end(code, holding) {
    this.#keep(holding);
    holding.entry.ended = this.#now();
    this.#holding.delete(code);
  }

  /** It does not end now. @param {Holding} holding */
  #keep(holding) {
    holding.timer?.();
    holding.timer = null;
  }

  /** It gets better, unless it gets worse again. @param {string} code @param {Holding} holding
   * @param {Alarm | null} next */
  #calm(code, holding, next) {
    holding.next = next;
    holding.timer ??= this.#later(() => {
      this.#end(code, holding);
      if (holding.next) this.#begin(code, holding.next, false);
      this.emit('change');
    }, CALM_MS);
  }
}

/** @param {() => void} action @param {number} ms */
function startTimer(action, ms) {
  const timer = setTimeout(action, ms);
  return () => clearTimeout(timer);
}
