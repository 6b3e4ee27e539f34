// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What the robot tells of itself: battery, speed, heading, and the topics that it lists. */

import { loadStyle, make } from '../dom.js';
import { finite, readDisplay, readings } from './readings.js';
import { drawCurve, makeSparkline, note } from './sparkline.js';

// A value is old after this time, ms, or earlier if its topic is faster: after 2.5 periods.
const OLD_MS = 5000;
const SOONEST_OLD_MS = 1000;
const OLD_PERIODS = 2.5;
// Share of the newest period in the usual one.
const NEWEST_SHARE = 0.3;
const DRAW_MS = 500;
// A sign and a word for each level, besides the colour.
const LEVELS = { amber: '▲ warning', red: '■ alarm' };

/**
 * @typedef {import('./readings.js').Reading} Reading
 * @typedef {{set(code: string, alarm: {level: 'amber' | 'red', text: string} | null): void}} Alarms
 *
 * @typedef {object} Known what is known of a name
 * @property {any} value
 * @property {number} at when it was true, ms
 * @property {number | null} period usual time between two values, ms
 * @property {{at: number, number: number}[]} history
 */

/**
 * Say how old a value is; '' if it is of now.
 * @param {number} age ms
 * @param {number} [limit] from which on it is old, ms
 */
export function ago(age, limit = OLD_MS) {
  if (age < limit) return '';
  return age < 120000 ? `${Math.floor(age / 1000)} s ago` : `${Math.floor(age / 60000)} min ago`;
}

/** Return the age from which on a value is old, ms. @param {number | null} period ms */
export function oldAfter(period) {
  return period === null ? OLD_MS
    : Math.min(OLD_MS, Math.max(SOONEST_OLD_MS, OLD_PERIODS * period));
}

export class TelemetryPanel {
  #box;
  #alarms;
  #list = make('dl');
  /** @type {string[]} */
  #names = [];
  /** @type {Record<string, import('./readings.js').Display>} */
  #displays = {};
  /** @type {Map<string, Known>} */
  #values = new Map();
  /** Names of which an alarm is set. @type {Set<string>} */
  #alarmed = new Set();
  #connected = true;

  /**
   * @param {import('../../client/robot_connection.js').RobotConnection} connection
   * @param {HTMLElement} box
   * @param {Alarms | null} [alarms] takes values beyond their thresholds
   */
  constructor(connection, box, alarms = null) {
    loadStyle('panels/telemetry_panel.css');
    this.#box = box;
    this.#alarms = alarms;
    box.append(make('h2', 'Robot'), this.#list);
    connection.handle({
      hello: ({ telemetry, telemetry_display: displays }) => {
        this.#names = Array.isArray(telemetry) ? telemetry.map(String) : [];
        this.#displays = Object.fromEntries(this.#names.map((name) => [
          name, readDisplay(Object.hasOwn(displays ?? {}, name) ? displays[name] : {})]));
        this.#values.clear();
        this.#connected = true;
        this.#draw();
      },
      telemetry: ({ values, ages }) => this.#onTelemetry(values, ages),
    });
    connection.addEventListener('change', () => this.#onConnection(
      connection.session?.state === 'up'));
    this.#draw();
    // Values grow old.
    setInterval(() => this.#draw(), DRAW_MS);
  }

  /** @param {boolean} connected */
  #onConnection(connected) {
    if (connected === this.#connected) return;
    this.#connected = connected;
    this.#draw();
  }

  /** @param {any} values by name @param {any} ages s, of those that are not of now */
  #onTelemetry(values, ages) {
    for (const name of this.#names) {
      if (Object.hasOwn(values ?? {}, name)) this.#note(name, values[name], finite(ages?.[name]));
    }
    this.#draw();
  }

  /** @param {string} name @param {any} value @param {number | null} age s */
  #note(name, value, age) {
    const at = performance.now() - (age ?? 0) * 1000;
    const before = this.#values.get(name);
    const history = before?.history ?? [];
    let period = before?.period ?? null;
    if (before && age === null && at - before.at < OLD_MS) {
      period = period === null ? at - before.at
        : period + NEWEST_SHARE * (at - before.at - period);
    }
    const [{ number }] = readings(name, value, this.#displays[name]);
    if (number !== null && this.#displays[name]?.sparkline) note(history, at, number);
    this.#values.set(name, { value, at, period, history });
  }

  #draw() {
    const now = performance.now();
    this.#box.hidden = !this.#values.size;
    const items = this.#names.flatMap((name) => {
      const known = this.#values.get(name);
      if (!known) return [];
      const { value, at, period, history } = known;
      // Without a connection nothing is of now.
      const old = ago(now - at, this.#connected ? oldAfter(period) : 0);
      const lines = readings(name, value, this.#displays[name]);
      this.#alarm(name, old ? undefined : lines.find(({ level }) => level));
      return lines.map((line) => ({ ...line, old,
        history: this.#displays[name]?.sparkline ? history : null }));
    });
    const list = this.#list;
    if (list.childElementCount !== 2 * items.length) {
      list.replaceChildren(...items.flatMap(() => [make('dt'), make('dd', [
        make('span'), make('b'), make('i')])]));
    }
    items.forEach((item, index) => this.#drawItem(
      /** @type {HTMLElement} */ (list.children[2 * index]),
      /** @type {HTMLElement} */ (list.children[2 * index + 1]), item, now));
  }

  /**
   * @param {HTMLElement} dt
   * @param {HTMLElement} dd
   * @param {Reading & {old: string, history: Known['history'] | null}} item
   * @param {number} now ms
   */
  #drawItem(dt, dd, { label, text, level, bars, old, history }, now) {
    const [shown, sign, drawn] = dd.children;
    if (dt.textContent !== label) dt.textContent = label;
    const words = old ? `${text} (${old})` : text;
    if (shown.textContent !== words) shown.textContent = words;
    const levelText = level ? LEVELS[level] : '';
    if (sign.textContent !== levelText) sign.textContent = levelText;
    dd.classList.toggle('old', !!old);
    dd.classList.toggle('amber', level === 'amber');
    dd.classList.toggle('low', level === 'red');
    if (bars === null) delete dd.dataset.bars;
    else dd.dataset.bars = String(bars);
    if (history && !drawn.firstChild) drawn.append(makeSparkline());
    else if (!history) drawn.replaceChildren();
    if (history && drawn.firstElementChild) drawCurve(drawn.firstElementChild, history, now);
  }

  /** @param {string} name @param {Reading | undefined} line that is a warning or an alarm */
  #alarm(name, line) {
    // The battery has thresholds of its own where alarms are made.
    if (!this.#alarms || name === 'battery' || (!line && !this.#alarmed.has(name))) return;
    const { level, label, text } = line ?? {};
    this.#alarms.set(`telemetry ${name}`, level ? { level, text: `${label}: ${text}` } : null);
    if (line) this.#alarmed.add(name);
    else this.#alarmed.delete(name);
  }
}
