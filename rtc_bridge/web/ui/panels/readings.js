// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Values of the robot as lines of text, with what is drawn beside them. */

import { charge, levelOf } from '../display/alarm_rules.js';

/**
 * @typedef {object} Display how the robot's owner wants a value to be shown
 * @property {string} [label]
 * @property {string} [unit]
 * @property {number} [digits] after the point
 * @property {boolean} [sparkline]
 *
 * @typedef {object} Reading one line
 * @property {string} label
 * @property {string} text
 * @property {'amber' | 'red' | ''} level
 * @property {number | null} number what a sparkline shows
 * @property {number | null} bars 0 to 4, of a radio's signal
 */

// From how many dBm on a signal has 1, 2, 3, 4 bars: received power of Wi-Fi, and of LTE (RSRP).
const BARS = [-85, -75, -65, -55];
const BARS_RSRP = [-120, -110, -100, -90];
const MAX_DIGITS = 9;
// Digits of degrees: metres, and for positions that are better than that.
const [DEGREES, FINE_DEGREES] = [5, 7];
const FINE_M = 1;

/** @param {any} value */
export const finite = (value) => (Number.isFinite(value) ? Number(value) : null);

/** Adding 0 turns -0 into 0. @param {number} value */
const fixed = (value, digits = 0) => (Number(value.toFixed(digits)) + 0).toFixed(digits);

/** @param {any} rad */
const degrees = (rad) => (finite(rad) === null ? '–' : `${fixed(rad * 180 / Math.PI)}°`);

/**
 * Return what can be used of a display that the robot has sent.
 * @param {any} given
 * @returns {Display}
 */
export function readDisplay(given) {
  const { label, unit, digits, sparkline } = given ?? {};
  return {
    ...(typeof label === 'string' && label && { label }),
    ...(typeof unit === 'string' && unit && { unit }),
    ...(Number.isInteger(digits) && digits >= 0 && digits <= MAX_DIGITS && { digits }),
    sparkline: sparkline === true,
  };
}

/**
 * Return how many of four bars a signal has.
 * @param {number} dbm
 * @param {string} unit `dBm`, or `dBm RSRP` for LTE
 */
export function signalBars(dbm, unit) {
  return (/rsrp/i.test(unit) ? BARS_RSRP : BARS).filter((least) => dbm >= least).length;
}

/** @param {any} value */
function batteryText(value) {
  const [share, volts] = [finite(value?.percentage), finite(value?.voltage)];
  const parts = [share === null ? '' : `${Math.round(share * 100)} %`,
    volts === null ? '' : `${volts.toFixed(1)} V`, value?.charging === true ? 'charging' : ''];
  return parts.filter(Boolean).join(', ') || '–';
}

/** @param {any} value @param {Display} display */
function fixText({ latitude, longitude, accuracy, fix }, { digits }) {
  const [north, east, error] = [latitude, longitude, accuracy].map(finite);
  const word = typeof fix === 'string' ? fix : '';
  if (north === null || east === null) return word || '–';
  const places = digits ?? (error !== null && error < FINE_M ? FINE_DEGREES : DEGREES);
  const place = `${fixed(Math.abs(north), places)}° ${north < 0 ? 'S' : 'N'}, `
    + `${fixed(Math.abs(east), places)}° ${east < 0 ? 'W' : 'E'}`;
  return [place, word, error === null ? '' : `±${fixed(error, error < 1 ? 2 : 0)} m`]
    .filter(Boolean).join(', ');
}

/** @param {any} value */
function imuText({ heading, roll, pitch, turn }) {
  if (finite(heading) !== null) {
    return `heading ${degrees(heading)}, roll ${degrees(roll)}, pitch ${degrees(pitch)}`;
  }
  return `no orientation, turning ${degrees(turn)}/s`;
}

/** @param {any} value */
function diagnosticsText({ counts, worst }) {
  /** @type {[string, string, string][]} */
  const words = [['error', 'error', 'errors'], ['warn', 'warning', 'warnings'],
    ['stale', 'silent', 'silent'], ['ok', 'ok', 'ok']];
  const found = words.flatMap(([name, one, many]) => {
    const count = finite(counts?.[name]);
    return count ? [`${count} ${count === 1 ? one : many}`] : [];
  });
  const pairs = (Array.isArray(worst) ? worst : []).filter(Array.isArray);
  // There is room for what one of them says.
  const names = pairs.map(([name, message]) => (pairs.length === 1 && message
    ? `${name} (${message})` : String(name)));
  return (found.join(', ') || 'nothing reported') + (names.length ? `: ${names.join('; ')}` : '');
}

/**
 * @param {any} value of a reading of the kind `value`
 * @param {Display} display
 * @returns {{text: string, number: number | null, bars: number | null}}
 */
function valueText({ value, unit: usual, digits: usualDigits }, display) {
  const unit = display.unit ?? (typeof usual === 'string' ? usual : '');
  const digits = display.digits ?? readDisplay({ digits: usualDigits }).digits;
  const number = finite(value);
  if (number !== null) {
    const text = digits === undefined ? String(number + 0) : fixed(number, digits);
    return { text: `${text}${unit ? ` ${unit}` : ''}`, number,
      bars: /^dBm\b/.test(unit) ? signalBars(number, unit) : null };
  }
  const text = value === null || value === undefined ? '–'
    : typeof value === 'object' ? JSON.stringify(value, null, 1) : String(value);
  return { text, number: null, bars: null };
}

/**
 * Return the lines for a value.
 * @param {string} name
 * @param {any} value
 * @param {Display} [display]
 * @param {import('../display/alarm_rules.js').Pair | null} [batteryPair] thresholds of batteries
 * @returns {Reading[]}
 */
export function readings(name, value, display = {}, batteryPair = null) {
  const label = display.label ?? name;
  const level = value?.level === 'amber' || value?.level === 'red' ? value.level : '';
  /** @param {string} text @param {Partial<Reading>} [more] @returns {Reading} */
  const line = (text, more) => ({ label, text, level, number: null, bars: null, ...more });
  if (name === 'battery' || value?.$ === 'battery') {
    const share = finite(value?.percentage);
    return [line(batteryText(value), {
      label: display.label ?? (name === 'battery' ? 'Battery' : name),
      level: levelOf(charge(value), batteryPair), number: share === null ? null : share * 100 })];
  }
  if (name === 'odometry') {
    const [speed, turn, heading] = [value?.speed, value?.turn, value?.heading].map(finite);
    return [line(speed === null ? '–' : `${fixed(speed, 2)} m/s`, { label: 'Speed' }),
      line(turn === null ? '–' : `${degrees(turn)}/s`.replace('°', ' °'), { label: 'Turning' }),
      line(degrees(heading), { label: 'Heading' })];
  }
  switch (value?.$) {
    case 'value': return [line('', valueText(value, display))];
    case 'fix': return [line(fixText(value, display))];
    case 'imu': return [line(imuText(value))];
    case 'diagnostics': return [line(diagnosticsText(value))];
    case 'problem': return [line(String(value.text))];
    default:
  }
  // Messages as std_msgs/String have one member, `data`.
  const keys = value && typeof value === 'object' ? Object.keys(value) : [];
  const inner = keys.length === 1 && keys[0] === 'data' ? value.data : value;
  if (finite(inner) !== null) return [line('', valueText({ value: inner }, display))];
  return [line(typeof inner === 'string' ? inner : JSON.stringify(inner, null, 1) ?? '–')];
}
