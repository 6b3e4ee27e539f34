// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What the display over the picture says. Pure. */

import { levelOf } from './alarm_rules.js';

/** @typedef {import('../../client/measurements/viewer_stats.js').StatsRow} StatsRow */

/** Parts that a person can switch off, and what the options call them. */
export const PARTS = /** @type {const} */ ({
  speed: 'Speed, and the speed that you ask for',
  heading: 'Heading',
  battery: 'Battery',
  link: 'Quality of the connection',
  delay: 'Delay of the picture',
  command: 'Delay of commands',
  camera: 'Camera, where there are several',
  recording: 'Recording',
  people: 'Who drives and who watches',
});

/** @typedef {keyof typeof PARTS} Part */

/** Return the parts that are switched off. @param {string} setting `hudOff` */
export const partsOff = (setting) => new Set(setting.split(' ').filter(Boolean));

/**
 * Return the setting with a part on or off.
 * @param {string} setting `hudOff`
 * @param {string} part
 * @param {boolean} on
 */
export function withPart(setting, part, on) {
  const off = partsOff(setting);
  if (on) off.delete(part);
  else off.add(part);
  return [...off].join(' ');
}

const finite = (/** @type {any} */ value) => (Number.isFinite(value) ? Number(value) : null);
// Adding 0 turns -0 into 0.
const fixed = (/** @type {number} */ value, digits = 0) => (
  Number(value.toFixed(digits)) + 0).toFixed(digits);
const degrees = (/** @type {number} */ angle) => {
  const turned = Math.round(angle * 180 / Math.PI) % 360;
  return (turned > 180 ? turned - 360 : turned <= -180 ? turned + 360 : turned) + 0;
};

/**
 * Return a speed, or '' where none is known.
 * @param {any} odometry as the robot tells it
 */
export function speedText(odometry) {
  const speed = finite(odometry?.speed);
  return speed === null ? '' : fixed(speed, 2);
}

/**
 * Return the speed that a command asks for, as odometry counts it.
 * @param {{linear_x?: number, linear_y?: number} | null} command
 */
export function targetText(command) {
  const [x, y] = [finite(command?.linear_x), finite(command?.linear_y) ?? 0];
  return x === null ? '' : fixed((x < 0 ? -1 : 1) * Math.hypot(x, y), 2);
}

/**
 * Return the heading in degrees, counter-clockwise (REP-103), or null.
 * @param {any} odometry as the robot tells it
 */
export function headingDegrees(odometry) {
  const heading = finite(odometry?.heading);
  return heading === null ? null : degrees(heading);
}

/** The tape shows so many degrees, and has a tick each so many. */
const TAPE_DEG = 120;
const TICK_DEG = 15;
const LABEL_DEG = 45;

/**
 * Return the ticks of the tape: where they are, from -0.5 (left) to 0.5, and their labels. What is
 * to the left of the robot is to the left.
 * @param {any} odometry as the robot tells it
 */
export function tapeTicks(odometry) {
  const heading = finite(odometry?.heading);
  if (heading === null) return [];
  // Of a heading that is far too large, numbers would no longer tell one tick from the next.
  const middle = (heading % (2 * Math.PI)) * 180 / Math.PI;
  const first = Math.ceil((middle - TAPE_DEG / 2) / TICK_DEG);
  const ticks = [];
  for (let n = first; n * TICK_DEG <= middle + TAPE_DEG / 2; n++) {
    const angle = n * TICK_DEG;
    ticks.push({ place: (middle - angle) / TAPE_DEG,
      text: angle % LABEL_DEG ? '' : `${degrees(angle * Math.PI / 180)}°` });
  }
  return ticks;
}

/**
 * Return how full the battery is, from 0 to 1; null where nobody told.
 * @param {any} battery as the robot tells it
 */
export function batteryShare(battery) {
  const share = finite(battery?.percentage);
  return share === null ? null : Math.max(0, Math.min(1, share));
}

/** @param {number} value ms */
const short = (value) => value.toFixed(value < 10 ? 1 : 0);

/**
 * Return a delay with its error; '' where it is not known.
 * @param {number | null | undefined} value ms
 * @param {number | null | undefined} error ms
 */
export function delayText(value, error) {
  if (value == null) return '';
  // Its digits would say more than is known.
  return `${short(value)}${error == null ? '' : ` ± ${error < 1 ? '1' : error.toFixed(0)}`} ms`;
}

/** What bars mean, from none to four. */
export const LINK_WORDS = ['none', 'poor', 'fair', 'good', 'very good'];
// Round trips up to which there are four, three and two bars, ms.
const ROUND_TRIPS_MS = [80, 150, 300];

/**
 * Return the bars of the connection, 0 to 4: as many as its worst property allows.
 * @param {StatsRow | null} row null: no session is up
 * @param {boolean} moves pictures come, so that their rate counts
 * @param {import('./alarm_rules.js').Thresholds} thresholds
 */
export function linkBars(row, moves, thresholds) {
  if (!row) return 0;
  const bars = { red: 1, amber: 2, '': 4 };
  const { round_trip_ms: trip, lost_percent: lost, fps } = row;
  const loss = lost === null ? null : lost / 100;
  const slow = trip === null ? 0 : ROUND_TRIPS_MS.filter((limit) => trip > limit).length;
  const [amber] = thresholds.loss ?? [Infinity];
  return Math.min(4 - slow, bars[levelOf(loss, thresholds.loss)],
    (loss ?? 0) > amber / 2 ? 3 : 4, moves ? bars[levelOf(fps, thresholds.fps)] : 4);
}

/**
 * Say who drives and who watches, beside this person; '' if nobody else is there.
 * @param {object} facts
 * @param {boolean} facts.mine this page drives
 * @param {boolean} facts.taken somebody drives
 * @param {string | null} facts.holder name of the driver
 * @param {any} facts.viewers the robot's message, of all viewers
 */
export function peopleText({ mine, taken, holder, viewers }) {
  const driver = mine ? 'You drive' : taken ? `${holder || 'Somebody'} drives` : '';
  const count = finite(viewers?.count);
  const names = Array.isArray(viewers?.names)
    ? viewers.names.filter((/** @type {any} */ name) => typeof name === 'string' && name) : [];
  const others = (count ?? 1) - 1 - (taken && !mine ? 1 : 0);
  if (others <= 0) return mine ? '' : driver;
  const driving = mine ? -1 : names.indexOf(holder);
  if (driving >= 0) names.splice(driving, 1);
  const first = names.slice(0, names.length === others && others < 3 ? 2 : 1);
  const rest = others - first.length;
  const who = first.length ? first.join(' and ') + (rest ? ` and ${rest} more` : '')
    : `${others} ${others > 1 ? 'others' : 'other'}`;
  return [driver, `${who} watch${others > 1 ? '' : 'es'}`].filter(Boolean).join(' · ');
}
