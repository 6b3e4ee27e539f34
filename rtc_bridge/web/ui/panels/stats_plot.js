// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** A plot of the last minute's delays. */

import { median } from '../../client/measurements/delays.js';

/** @typedef {import('../../client/measurements/viewer_stats.js').StatsRow} StatsRow */

const MINUTE_MS = 60_000;
// Rows come each second. After a longer gap, as without a connection, a curve begins anew.
const MAX_GAP_MS = 2500;
// The scale reaches at least so far, so that small delays look small.
const MIN_SCALE_MS = 20;
const LABEL_GAP = 20;

/** Curves from the back to the front: field of a row, CSS variable of the colour, label.
 * @type {[keyof StatsRow, string, string][]} */
const CURVES = [['worst_delay_ms', '--dim', ''], ['round_trip_ms', '--wait', 'round trip'],
  ['delay_ms', '--ok', 'delay']];

/** @param {number | null} value */
const ms = (value) => (value === null ? '–' : `${value.toFixed(value < 10 ? 1 : 0)} ms`);

/**
 * Draw the last minute, and describe it for those who do not see it.
 * @param {HTMLCanvasElement} canvas
 * @param {StatsRow[]} rows the newest last
 */
export function drawDelays(canvas, rows) {
  const now = rows.at(-1)?.time ?? 0;
  const minute = rows.filter(({ time }) => now - time < MINUTE_MS);
  describe(canvas, minute);
  const pen = canvas.getContext('2d');
  if (!pen) return;
  const { width, height } = canvas;
  // The greatest delays may leave the plot, so that the rest of it can be read.
  const known = minute.flatMap(({ delay_ms: a, round_trip_ms: b }) => [a ?? 0, b ?? 0]);
  const scale = Math.max(MIN_SCALE_MS, ...known) * 1.1;
  const x = (/** @type {StatsRow} */ { time }) => width * (1 - (now - time) / MINUTE_MS);
  const y = (/** @type {number} */ value) => height - Math.min(1, value / scale) * height;
  const style = getComputedStyle(canvas);
  let left = 0;
  const write = (/** @type {string} */ text) => {
    pen.fillText(text, left, LABEL_GAP);
    left += pen.measureText(text).width + LABEL_GAP;
  };
  pen.clearRect(0, 0, width, height);
  pen.font = '20px system-ui, sans-serif';
  pen.fillStyle = style.color;
  write(`${Math.round(scale)} ms`);
  CURVES.forEach(([name, variable, label], index) => {
    pen.strokeStyle = pen.fillStyle = style.getPropertyValue(variable).trim() || style.color;
    pen.lineWidth = index ? 3 : 1;
    pen.beginPath();
    let gap = true;
    let last = 0;
    for (const row of minute) {
      const value = /** @type {number | null} */ (row[name]);
      if (row.time - last > MAX_GAP_MS || value === null) gap = true;
      last = row.time;
      if (value !== null && gap) pen.moveTo(x(row), y(value));
      else if (value !== null) pen.lineTo(x(row), y(value));
      gap = value === null;
    }
    pen.stroke();
    if (label) write(label);
  });
}

/** @param {HTMLCanvasElement} canvas @param {StatsRow[]} minute */
function describe(canvas, minute) {
  const worst = minute.flatMap(({ worst_delay_ms: value }) => value ?? []);
  const delays = minute.flatMap(({ delay_ms: value }) => value ?? []);
  canvas.setAttribute('aria-label', worst.length
    ? `The last minute. Delay of the picture: ${ms(median(delays))}, at most ${ms(Math.max(...worst))}`
    : 'The last minute. The delay of the picture is not known.');
}
