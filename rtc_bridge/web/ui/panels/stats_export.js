// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What was measured, as files: CSV (RFC 4180) for spreadsheets, and JSON with a summary. Pure. */

import { median } from '../../client/measurements/delays.js';

/** @typedef {import('../../client/measurements/viewer_stats.js').StatsRow} StatsRow */

const NUMBERS = /** @type {const} */ (['delay_ms', 'worst_delay_ms', 'command_ms',
  'clock_error_ms', 'round_trip_ms', 'fps', 'kbit_per_s', 'lost_percent']);
const NAMES = /** @type {const} */ ([...NUMBERS, 'width', 'height', 'codec', 'route', 'camera',
  'from']);

/** @param {unknown} value */
const rounded = (value) => (typeof value === 'number' ? Math.round(value * 100) / 100 : value);

/** Return a field of CSV. A spreadsheet would run a text like `=1+1`. @param {unknown} value */
function csvField(value) {
  const text = String(value ?? '');
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * @param {string} robot
 * @param {StatsRow[]} rows
 * @param {string} browser
 */
export function toCsv(robot, rows, browser) {
  const lines = rows.map((row) => [new Date(row.time).toISOString(), robot,
    ...NAMES.map((name) => rounded(row[name])), browser]);
  return [['time', 'robot', ...NAMES, 'browser'], ...lines].map(
    (line) => `${line.map(csvField).join(',')}\r\n`).join('');
}

/**
 * Return an object for JSON.
 * @param {string} robot
 * @param {StatsRow[]} rows
 * @param {{browser: string, page: string, version: string, saved: number}} about saved: ms since
 *   1970
 */
export function toReport(robot, rows, { saved, ...about }) {
  const summary = Object.fromEntries(NUMBERS.map((name) => {
    const values = rows.map((row) => row[name]).filter((value) => value !== null);
    const sorted = values.sort((a, b) => a - b);
    return [name, sorted.length ? { median: rounded(median(sorted)), max: rounded(sorted.at(-1)),
      p95: rounded(sorted[Math.ceil(sorted.length * 0.95) - 1]), seconds: sorted.length } : null];
  }));
  return { robot, saved: new Date(saved).toISOString(), ...about, summary,
    rows: rows.map((row) => Object.fromEntries(Object.entries({ ...row,
      time: new Date(row.time).toISOString() }).map(([key, value]) => [key, rounded(value)]))) };
}
