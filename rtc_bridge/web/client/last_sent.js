// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The newest messages of a robot that describe a state. A session that replaces another one hears
 * them before it is shown, and a robot sends each of them once.
 */

/** @typedef {import('./messages.js').Message} Message */

/** Types of which the newest message holds; for `slot`, the newest of each slot. */
const STATES = new Set(['cameras', 'slot', 'lease', 'stop', 'actions', 'action_states', 'notices',
  'talk', 'sound', 'operator_camera', 'obstacles', 'viewers']);

/**
 * Return the values of both messages: each message has only those values that have changed.
 * @param {Message | undefined} before
 * @param {Message} message `telemetry`
 * @returns {Message}
 */
function mergeTelemetry(before, message) {
  const ages = { ...before?.ages };
  for (const name of Object.keys(message.values ?? {})) delete ages[name];
  return { type: 'telemetry', values: { ...before?.values, ...message.values },
    ages: { ...ages, ...message.ages } };
}

export class LastSent {
  /** @type {Map<string, Message>} */
  #newest = new Map();

  /** @param {Message} message */
  note(message) {
    const { type, slot } = message;
    if (STATES.has(type)) this.#newest.set(`${type} ${slot}`, message);
    if (type === 'telemetry') {
      this.#newest.set(type, mergeTelemetry(this.#newest.get(type), message));
    }
  }

  /** In the order in which the robot first sent their types. */
  get messages() {
    return [...this.#newest.values()];
  }
}
