// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The newest messages of a robot that describe a state. A session that replaces another one hears
 * them before it is shown, and a robot sends each of them once.
 */

/** @typedef {import('../messages.js').Message} Message */

/** Types of which the newest message holds; for `slot`, the newest of each slot. */
const STATES = new Set(['cameras', 'slot', 'lease', 'stop', 'actions', 'action_states', 'notices',
  'talk', 'sound', 'operator_camera', 'obstacles', 'viewers']);

export class LastSent {
  /** @type {Map<string, Message>} */
  #newest = new Map();
  /** When the values of telemetry were true, ms, by name. @type {Map<string, number>} */
  #times = new Map();
  #now;

  /** @param {() => number} [now] ms */
  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** @param {Message} message */
  note(message) {
    const { type, slot } = message;
    if (STATES.has(type)) this.#newest.set(`${type} ${slot}`, message);
    if (type === 'telemetry') this.#noteTelemetry(message);
  }

  /** Each message has only those values that have changed. @param {Message} message */
  #noteTelemetry({ type, values, ages }) {
    this.#newest.set(type, { type, values: { ...this.#newest.get(type)?.values, ...values } });
    for (const name of Object.keys(values ?? {})) {
      const age = Number.isFinite(ages?.[name]) ? ages[name] : 0;
      this.#times.set(name, this.#now() - age * 1000);
    }
  }

  /** In the order in which the robot first sent their types, with the ages that values have now. */
  get messages() {
    const now = this.#now();
    const ages = Object.fromEntries([...this.#times].map(
      ([name, time]) => [name, (now - time) / 1000]));
    return [...this.#newest.values()].map((message) => (
      message.type === 'telemetry' ? { ...message, ages } : message));
  }
}
