// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What the robot tells of itself: battery, speed, heading, and the topics that it lists. */

import { make } from './dom.js';

// Of a value that is older the panel says how old it is, ms.
const OLD_MS = 5000;
// A battery below this share is shown in red.
const LOW_BATTERY = 0.2;

const finite = (/** @type {any} */ value) => (Number.isFinite(value) ? Number(value) : null);

/**
 * Return the lines for a value, as label and text.
 * @param {string} name
 * @param {any} value
 * @returns {[string, string][]}
 */
export function readings(name, value) {
  if (name === 'battery') {
    const [share, volts] = [finite(value?.percentage), finite(value?.voltage)];
    const parts = [share === null ? '' : `${Math.round(share * 100)} %`,
      volts === null ? '' : `${volts.toFixed(1)} V`, value?.charging === true ? 'charging' : ''];
    return [['Battery', parts.filter(Boolean).join(', ') || '–']];
  }
  if (name === 'odometry') {
    const [speed, turn, heading] = [value?.speed, value?.turn, value?.heading].map(finite);
    // Adding 0 turns -0 into 0.
    const fixed = (/** @type {number} */ one, digits = 0) => (
      Number(one.toFixed(digits)) + 0).toFixed(digits);
    return [['Speed', speed === null ? '–' : `${fixed(speed, 2)} m/s`],
      ['Turning', turn === null ? '–' : `${fixed(turn * 180 / Math.PI)} °/s`],
      ['Heading', heading === null ? '–' : `${fixed(heading * 180 / Math.PI)}°`]];
  }
  // Messages as std_msgs/String have one member, `data`.
  const keys = value && typeof value === 'object' ? Object.keys(value) : [];
  const inner = keys.length === 1 && keys[0] === 'data' ? value.data : value;
  return [[name, typeof inner === 'string' ? inner : JSON.stringify(inner, null, 1) ?? '–']];
}

/** Say how old a value is; '' if it is of now. @param {number} age ms */
export function ago(age) {
  if (age < OLD_MS) return '';
  return age < 120000 ? `${Math.floor(age / 1000)} s ago` : `${Math.floor(age / 60000)} min ago`;
}

export class TelemetryPanel {
  #box;
  #list = make('dl');
  /** @type {string[]} */
  #names = [];
  /** Values by name, and when they were true. @type {Map<string, {value: any, at: number}>} */
  #values = new Map();

  /**
   * @param {import('../client/robot_connection.js').RobotConnection} connection
   * @param {HTMLElement} box
   */
  constructor(connection, box) {
    this.#box = box;
    box.append(make('h2', 'Robot'), this.#list);
    connection.handle({
      hello: ({ telemetry }) => {
        this.#names = Array.isArray(telemetry) ? telemetry.map(String) : [];
        this.#values.clear();
        this.#draw();
      },
      telemetry: ({ values, ages }) => this.#onTelemetry(values, ages),
    });
    this.#draw();
    // Values grow old.
    setInterval(() => this.#draw(), 1000);
  }

  /** @param {any} values by name @param {any} ages s, of those that are not of now */
  #onTelemetry(values, ages) {
    for (const name of this.#names) {
      if (Object.hasOwn(values ?? {}, name)) {
        this.#values.set(name, { value: values[name],
          at: performance.now() - (finite(ages?.[name]) ?? 0) * 1000 });
      }
    }
    this.#draw();
  }

  #draw() {
    const now = performance.now();
    this.#box.hidden = !this.#values.size;
    const items = this.#names.flatMap((name) => {
      const known = this.#values.get(name);
      return known ? readings(name, known.value).map(([label, text]) => (
        { label, text, old: ago(now - known.at), low: name === 'battery'
          && finite(known.value?.percentage) !== null && known.value.percentage < LOW_BATTERY })) : [];
    });
    const list = this.#list;
    if (list.childElementCount !== 2 * items.length) {
      list.replaceChildren(...items.flatMap(() => [make('dt'), make('dd')]));
    }
    items.forEach(({ label, text, old, low }, index) => {
      const [dt, dd] = [list.children[2 * index], list.children[2 * index + 1]];
      const shown = old ? `${text} (${old})` : text;
      if (dt.textContent !== label) dt.textContent = label;
      if (dd.textContent !== shown) dd.textContent = shown;
      dd.classList.toggle('old', !!old);
      dd.classList.toggle('low', low);
    });
  }
}
