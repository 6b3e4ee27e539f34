// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What the robot tells of itself: battery, speed, heading, and the topics that it lists. */

import { make } from '../dom.js';
import { readDisplay, readings } from './readings.js';
import { drawCurve, makeSparkline, note } from './sparkline.js';

const DRAW_MS = 500;
// A sign and a word for each level, besides the colour.
const LEVELS = { amber: '▲ warning', red: '■ alarm' };

/**
 * @typedef {import('./readings.js').Reading} Reading
 * @typedef {{set(code: string, alarm: {level: 'amber' | 'red', text: string} | null): void}} Alarms
 * @typedef {{at: number, number: number}[]} History of a value, times in ms
 * @typedef {Reading & {old: string, history: History | null}} Item old: '' if it is of now
 */

/** A value can be a warning, as the robot says or as a battery. @param {any} value */
const mayWarn = (value) => !!value?.level || value?.$ === 'battery';

/** Say how old a value is. @param {number} age s */
export const ago = (age) => (
  age < 120 ? `${Math.floor(age)} s ago` : `${Math.floor(age / 60)} min ago`);

export class TelemetryPanel {
  #box;
  #telemetry;
  #measured;
  #alarms;
  #list = make('dl');
  /** @type {string[]} */
  #names = [];
  /** @type {Record<string, import('./readings.js').Display>} */
  #displays = {};
  /** Those of which a curve is drawn. @type {Map<string, History>} */
  #histories = new Map();
  /** Names of which an alarm is set. @type {Set<string>} */
  #alarmed = new Set();
  #link = '';

  /**
   * @param {object} parts
   * @param {import('../../client/robot_connection.js').RobotConnection} parts.connection
   * @param {HTMLElement} parts.box
   * @param {import('../display/latest_telemetry.js').LatestTelemetry} parts.telemetry
   * @param {import('../display/measured_alarms.js').MeasuredAlarms} parts.measured
   * @param {Alarms} parts.alarms takes values beyond their thresholds
   */
  constructor({ connection, box, telemetry, measured, alarms }) {
    this.#box = box;
    this.#telemetry = telemetry;
    this.#measured = measured;
    this.#alarms = alarms;
    box.append(make('h2', 'Robot'), this.#list);
    connection.handle({
      hello: ({ telemetry, telemetry_display: displays }) => {
        this.#names = Array.isArray(telemetry) ? telemetry.map(String) : [];
        this.#displays = Object.fromEntries(this.#names.map((name) => [
          name, readDisplay(Object.hasOwn(displays ?? {}, name) ? displays[name] : {})]));
        this.#histories.clear();
        this.#draw();
      },
      telemetry: ({ values }) => this.#onTelemetry(values),
    });
    connection.addEventListener('change', () => this.#onLink(connection.link));
    this.#draw();
    // Values grow old.
    setInterval(() => this.#draw(), DRAW_MS);
  }

  /** @param {string} link */
  #onLink(link) {
    if (link === this.#link) return;
    this.#link = link;
    this.#draw();
  }

  /** @param {any} values by name */
  #onTelemetry(values) {
    for (const name of this.#names) {
      if (this.#displays[name]?.sparkline && Object.hasOwn(values ?? {}, name)) this.#note(name);
    }
    this.#draw();
  }

  /** @param {string} name */
  #note(name) {
    const history = this.#histories.get(name) ?? [];
    this.#histories.set(name, history);
    const [{ number }] = readings(name, this.#telemetry.get(name), this.#displays[name]);
    const age = this.#telemetry.age(name) ?? 0;
    if (number !== null) note(history, performance.now() - age * 1000, number);
  }

  #draw() {
    const shown = this.#names.filter((name) => this.#telemetry.age(name) !== null);
    this.#box.hidden = !shown.length;
    // Nobody sees it; alarms are raised all the same.
    const isSeen = this.#box.getClientRects().length > 0;
    const items = shown.filter((name) => isSeen || mayWarn(this.#telemetry.get(name))
      || this.#alarmed.has(name)).flatMap((name) => this.#read(name));
    if (isSeen) this.#drawItems(items);
  }

  /** Return the lines for a value, and say whether it is an alarm. @param {string} name
   * @returns {Item[]} */
  #read(name) {
    const old = this.#measured.isOld(name) ? ago(this.#telemetry.age(name) ?? 0) : '';
    const lines = readings(name, this.#telemetry.get(name), this.#displays[name],
      this.#measured.thresholds.battery);
    this.#alarm(name, old ? undefined : lines.find(({ level }) => level));
    return lines.map((line) => ({ ...line, old, history: this.#histories.get(name) ?? null }));
  }

  /** @param {Item[]} items */
  #drawItems(items) {
    const now = performance.now();
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
   * @param {Item} item
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
    if (name === 'battery' || (!line && !this.#alarmed.has(name))) return;
    const { level, label, text } = line ?? {};
    this.#alarms.set(`telemetry ${name}`, level ? { level, text: `${label}: ${text}` } : null);
    if (line) this.#alarmed.add(name);
    else this.#alarmed.delete(name);
  }
}
