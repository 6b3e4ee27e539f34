// @ts-check
/**
 * The measured figures: one row a second, shown with a plot of the last minute, and saved as a
 * report. A null is something that this browser or this moment does not tell.
 *
 * @typedef {{time: number, delay_ms: number | null, worst_delay_ms: number | null,
 *   command_ms: number | null, clock_error_ms: number | null, round_trip_ms: number | null,
 *   fps: number | null, kbit_per_s: number | null, lost_percent: number | null,
 *   width: number | null, height: number | null, codec: string, route: string, camera: string,
 *   from: string}} Row time: ms since 1970; from: what the delay counts from, `camera` (its
 *   stamp) or `arrival` (of the picture at the robot)
 */

import { median } from '../client/delays.js';

/** Rows that are kept: an hour. */
const KEPT = 3600;
const MINUTE = 60;
const FIELDS = /** @type {const} */ (['delay_ms', 'worst_delay_ms', 'command_ms', 'clock_error_ms',
  'round_trip_ms', 'fps', 'kbit_per_s', 'lost_percent']);

const rounded = (/** @type {any} */ value) => (
  typeof value === 'number' ? Math.round(value * 100) / 100 : value);

/** One field of CSV (RFC 4180); spreadsheets take what begins like a formula for one. */
function field(/** @type {unknown} */ value) {
  const text = String(value ?? '');
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** @param {string} robot @param {Row[]} rows @param {string} browser */
export function toCsv(robot, rows, browser) {
  const names = [...FIELDS, 'width', 'height', 'codec', 'route', 'camera', 'from'];
  const lines = rows.map((row) => [new Date(row.time).toISOString(), robot,
    ...names.map((name) => rounded(/** @type {any} */ (row)[name])), browser]);
  return [['time', 'robot', ...names, 'browser'], ...lines].map(
    (line) => `${line.map(field).join(',')}\r\n`).join('');
}

/**
 * @param {string} robot
 * @param {Row[]} rows
 * @param {{browser: string, page: string, version: string, saved: number}} about
 */
export function toReport(robot, rows, { saved, ...about }) {
  const summary = Object.fromEntries(FIELDS.map((name) => {
    const values = rows.map((row) => row[name]).filter((value) => value !== null);
    const sorted = values.sort((a, b) => a - b);
    return [name, sorted.length ? { median: rounded(median(sorted)), max: rounded(sorted.at(-1)),
      p95: rounded(sorted[Math.ceil(sorted.length * 0.95) - 1]), seconds: sorted.length } : null];
  }));
  return { robot, saved: new Date(saved).toISOString(), ...about, summary,
    rows: rows.map((row) => Object.fromEntries(Object.entries({ ...row,
      time: new Date(row.time).toISOString() }).map(([key, value]) => [key, rounded(value)]))) };
}

const one = (/** @type {number | null} */ value, digits = 0) => (
  value === null ? '–' : value.toFixed(value < 10 ? Math.max(1, digits) : digits));
const ms = (/** @type {number | null} */ value) => (value === null ? '–' : `${one(value)} ms`);

/** The lines to show, as label and text. @param {Row} row @returns {[string, string][]} */
export function lines(row) {
  const error = row.clock_error_ms === null ? '' : ` ± ${one(row.clock_error_ms)}`;
  const by = (/** @type {number | null} */ value) => (
    value === null ? '–' : `${one(value)}${error} ms`);
  return [
    [row.from === 'arrival' ? 'Robot to screen' : 'Camera to screen', by(row.delay_ms)],
    ['Command to robot', by(row.command_ms)],
    ['Round trip', ms(row.round_trip_ms)],
    ['Frames', row.fps === null ? '–' : `${one(row.fps)} a second`],
    ['Picture', row.width ? `${row.width} × ${row.height} ${row.codec}` : '–'],
    ['Rate', row.kbit_per_s === null ? '–' : `${Math.round(row.kbit_per_s)} kbit/s`],
    ['Lost', row.lost_percent === null ? '–' : `${row.lost_percent.toFixed(1)} %`],
    ['Path', { relay: 'via TURN server', direct: 'direct' }[row.route] ?? '–'],
  ];
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {string} text
 */
export function make(name, text = '') {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

/** @param {string} name @param {string} type @param {string} text */
function save(name, type, text) {
  const link = make('a');
  link.download = name;
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/** Shows the figures in an element, and keeps them. */
export class Numbers {
  /** The last hour. @type {Row[]} */
  rows = [];
  robot = '';
  version = '';
  #box;
  #list = make('dl');
  #plot = make('canvas');

  /** @param {HTMLElement} box */
  constructor(box) {
    this.#box = box;
    this.#plot.width = 480;
    this.#plot.height = 120;
    this.#plot.setAttribute('role', 'img');
    this.#plot.setAttribute('aria-label', 'The last minute');
    const buttons = ['JSON', 'CSV'].map((kind) => {
      const button = make('button', `Save ${kind}`);
      button.type = 'button';
      button.id = `save-${kind.toLowerCase()}`;
      button.addEventListener('click', () => this.#save(kind));
      return button;
    });
    const row = make('div');
    row.className = 'group';
    row.append(...buttons);
    box.prepend(make('h2', 'Connection'), this.#list, this.#plot, row);
  }

  /** @param {Row} row */
  add(row) {
    this.rows.push(row);
    this.#box.hidden = false;
    if (this.rows.length > KEPT) this.rows.shift();
    this.#draw();
  }

  #draw() {
    const row = this.rows.at(-1);
    // What nobody sees costs nothing.
    if (!row || !this.#box.getClientRects().length) return;
    const texts = lines(row);
    if (this.#list.childElementCount !== 2 * texts.length) {
      this.#list.replaceChildren(...texts.flatMap(() => [make('dt'), make('dd')]));
    }
    texts.flat().forEach((text, index) => { this.#list.children[index].textContent = text; });
    const minute = this.rows.filter(({ time }) => row.time - time < MINUTE * 1000);
    const known = minute.flatMap(({ delay_ms: a, round_trip_ms: b }) => [a ?? 0, b ?? 0]);
    // The worst may leave the plot, so that the rest of it can be read.
    const top = Math.max(20, ...known) * 1.1;
    const worst = minute.flatMap(({ worst_delay_ms: value }) => value ?? []);
    this.#plot.setAttribute('aria-label', worst.length ? 'The last minute. Delay of the picture: '
      + `${ms(median(minute.flatMap(({ delay_ms: value }) => value ?? [])))}, at most `
      + `${ms(Math.max(...worst))}` : 'The last minute. The delay of the picture is not known.');
    const pen = this.#plot.getContext('2d');
    if (!pen) return;
    const { width, height } = this.#plot;
    const x = (/** @type {Row} */ { time }) => width * (1 - (row.time - time) / MINUTE / 1000);
    const y = (/** @type {number} */ value) => height - Math.min(1, value / top) * height;
    pen.clearRect(0, 0, width, height);
    pen.font = '20px system-ui, sans-serif';
    const style = getComputedStyle(this.#box);
    /** @type {[keyof Row, string, string][]} */
    const curves = [['worst_delay_ms', '--dim', ''], ['round_trip_ms', '--wait', 'round trip'],
      ['delay_ms', '--ok', 'delay']];
    let left = 0;
    const write = (/** @type {string} */ text) => {
      pen.fillText(text, left, 20);
      left += pen.measureText(text).width + 20;
    };
    pen.fillStyle = style.color;
    write(`${Math.round(top)} ms`);
    curves.forEach(([name, variable, label], index) => {
      pen.strokeStyle = pen.fillStyle = style.getPropertyValue(variable).trim() || '#aaa';
      pen.lineWidth = index ? 3 : 1;
      pen.beginPath();
      let gap = true;
      let last = 0;
      for (const point of minute) {
        const value = /** @type {number | null} */ (point[name]);
        // While there is no connection there are no rows.
        if (point.time - last > 2500) gap = true;
        last = point.time;
        if (value === null) gap = true;
        else if (gap) pen.moveTo(x(point), y(value));
        else pen.lineTo(x(point), y(value));
        gap = value === null;
      }
      pen.stroke();
      if (label) write(label);
    });
  }

  /** @param {string} kind */
  #save(kind) {
    const robot = this.robot || 'robot';
    const saved = Date.now();
    // The link's key is in the fragment, which is no part of this.
    const page = location.origin + location.pathname;
    const name = `${robot}-${new Date(saved).toISOString().slice(0, 19).replaceAll(':', '')}`;
    if (kind === 'CSV') {
      save(`${name}.csv`, 'text/csv', toCsv(robot, this.rows, navigator.userAgent));
    } else {
      save(`${name}.json`, 'application/json', JSON.stringify(toReport(robot, this.rows,
        { browser: navigator.userAgent, page, version: this.version, saved }), null, 1));
    }
  }
}
