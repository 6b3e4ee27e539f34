// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The last minute of a value as a small curve, for those who see it. */

const MINUTE_MS = 60_000;
// Points that are kept: two for each second.
const MIN_STEP_MS = 500;
const SVG = 'http://www.w3.org/2000/svg';
const [WIDTH, HEIGHT] = [72, 18];
// The curve keeps this distance from the edges, for the width of its line.
const EDGE = 1.5;

/**
 * Return the points of a curve, `x,y x,y …`, from the oldest one to now.
 * @param {{at: number, number: number}[]} history with times in ms
 * @param {number} now ms
 */
export function curve(history, now) {
  const numbers = history.map(({ number }) => number);
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const span = high - low || 1;
  return history.map(({ at, number }) => {
    const x = WIDTH * (1 - (now - at) / MINUTE_MS);
    // A value that does not change is a line in the middle.
    const share = high === low ? 0.5 : (number - low) / span;
    return `${x.toFixed(1)},${(EDGE + (1 - share) * (HEIGHT - 2 * EDGE)).toFixed(1)}`;
  }).join(' ');
}

/**
 * Add a number to those of the last minute.
 * @param {{at: number, number: number}[]} history changed in place
 * @param {number} at ms
 * @param {number} number
 */
export function note(history, at, number) {
  const last = history.at(-1);
  if (last && at - last.at < MIN_STEP_MS) return;
  history.push({ at, number });
  while (at - history[0].at > MINUTE_MS) history.shift();
}

/** Make the element that {@link drawCurve} draws in. */
export function makeSparkline() {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute('class', 'spark');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(document.createElementNS(SVG, 'polyline'));
  return svg;
}

/**
 * @param {Element} svg
 * @param {{at: number, number: number}[]} history
 * @param {number} now ms
 */
export function drawCurve(svg, history, now) {
  svg.firstElementChild?.setAttribute('points', history.length > 1 ? curve(history, now) : '');
}
