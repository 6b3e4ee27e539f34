// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The newest values that the robot tells of itself, and how old they are beyond what is usual. */

import { Emitter } from '../../client/messages.js';

/** A value may be silent for so long before its rhythm is known, s. */
const UNKNOWN_PAUSE_S = 30;
/** So many of the last pauses count. */
const MAX_PAUSES = 5;

/** The pauses between the values of one topic. */
export class Rhythm {
  /** @type {number[]} */
  #pauses = [];
  #last = /** @type {number | null} */ (null);

  /** @param {number} at when a value came, ms */
  note(at) {
    if (this.#last !== null) this.#pauses = [...this.#pauses, at - this.#last].slice(-MAX_PAUSES);
    this.#last = at;
  }

  /** The longest usual pause, s. */
  get usual() {
    return this.#pauses.length ? Math.max(...this.#pauses) / 1000 : UNKNOWN_PAUSE_S;
  }
}

/** Event `change` when a value has come. */
export class LatestTelemetry extends Emitter {
  /** @type {Map<string, {value: any, at: number, rhythm: Rhythm}>} */
  #values = new Map();

  /** @param {import('../../client/robot_connection.js').RobotConnection} connection */
  constructor(connection) {
    super();
    connection.handle({
      hello: () => this.#values.clear(),
      telemetry: ({ values, ages }) => this.#take(values, ages),
    });
  }

  /** @param {any} values by name @param {any} ages s, of those that are not of now */
  #take(values, ages) {
    const now = performance.now();
    for (const [name, value] of Object.entries(values ?? {})) {
      const age = Number.isFinite(ages?.[name]) ? ages[name] : 0;
      const rhythm = this.#values.get(name)?.rhythm ?? new Rhythm();
      // What came before this page does not tell when the next one is due.
      if (!age) rhythm.note(now);
      this.#values.set(name, { value, at: now - age * 1000, rhythm });
    }
    this.emit('change');
  }

  /** Return a value; null before the first. @param {string} name @returns {any} */
  get(name) {
    return this.#values.get(name)?.value ?? null;
  }

  /** Return how old a value is, s; null before the first. @param {string} name */
  age(name) {
    const known = this.#values.get(name);
    return known ? (performance.now() - known.at) / 1000 : null;
  }

  /** Return for how long a value is overdue, s; null before the first. @param {string} name */
  overdue(name) {
    const age = this.age(name);
    return age === null ? null
      : Math.max(0, age - (this.#values.get(name)?.rhythm.usual ?? UNKNOWN_PAUSE_S));
  }
}
