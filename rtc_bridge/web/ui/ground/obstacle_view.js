// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What is shown of obstacles, without an element: levels, words, and the shapes to draw. */

/**
 * @typedef {object} Limits of the robot's `hello`
 * @property {number} amber m
 * @property {number} red m
 * @property {number} view rad, of the cameras for driving
 * @property {boolean} sensors
 *
 * @typedef {object} Seen a message `obstacles` of the robot, checked
 * @property {number[] | null} cm see docs/protocol.md
 * @property {string} reason
 * @property {string} monitor what the collision monitor does, '': nothing
 *
 * @typedef {'red' | 'amber' | 'near' | 'clear' | 'unknown'} Level
 *
 * @typedef {object} Words
 * @property {'' | 'amber' | 'red' | 'stale'} tone
 * @property {string} arrow towards the nearest obstacle
 * @property {string} text '': there is nothing to say
 * @property {string} spoken for those who do not see the shapes
 */

export const SECTORS = 72;
const STEP = 2 * Math.PI / SECTORS;
/** Values in place of a distance: nothing is there; no sensor looks there. */
const CLEAR = -1;
const UNKNOWN = -2;
const MAX_CM = 9999;
/** @type {Level[]} */
export const LEVELS = ['unknown', 'clear', 'near', 'amber', 'red'];
const ACTIONS = ['stop', 'slow down', 'approach', 'limit'];
const DIRECTIONS = [['ahead', '↑'], ['ahead left', '↖'], ['left', '←'], ['behind left', '↙'],
  ['behind', '↓'], ['behind right', '↘'], ['right', '→'], ['ahead right', '↗']];

/** Of the ring's picture, whose middle is 0 and whose edge is 100: outer edge of the shapes. */
const RING_RADIUS = 98;
/** Between two sectors of the ring, rad. */
const RING_GAP = 0.012;
/** Thickness in the ring, and height in the band, at the far and the near end of each level. */
const RING_SIZES = { unknown: [1.5, 1.5], clear: [3, 3], near: [3, 6], amber: [8, 13], red: [17, 22] };
const BAND_SIZES = { unknown: [0, 0], clear: [0, 0], near: [2, 5], amber: [8, 15], red: [19, 26] };
/** Size of the band's picture. */
export const BAND_WIDTH = 1000;
export const BAND_HEIGHT = 26;
/** A wider view is no pinhole's, rad. */
const MAX_PINHOLE = 2.4;

const positive = (/** @type {any} */ value) => Number.isFinite(value) && value > 0;

/** Read `obstacles` of a `hello`; null: the robot tells none. @param {any} value
 * @returns {Limits | null} */
export function readLimits(value) {
  const { amber, red, view, sensors } = value ?? {};
  if (!positive(amber) || !positive(red)) return null;
  return { amber, red: Math.min(red, amber), sensors: sensors !== false,
    view: positive(view) ? Math.min(view, Math.PI) : 1.25 };
}

/** Read a message `obstacles`. @param {any} message @returns {Seen} */
export function readSeen({ cm, reason, monitor }) {
  const known = Array.isArray(cm) && cm.length === SECTORS && cm.every((value) => (
    Number.isInteger(value) && value >= UNKNOWN && value <= MAX_CM));
  return { cm: known ? cm : null, reason: typeof reason === 'string' ? reason : '',
    monitor: ACTIONS.includes(monitor?.action) ? monitor.action : '' };
}

/** @param {number} cm @param {Limits} limits @returns {Level} */
export function levelOf(cm, { amber, red }) {
  if (cm === UNKNOWN) return 'unknown';
  if (cm === CLEAR || cm >= 200 * amber) return 'clear';
  if (cm >= 100 * amber) return 'near';
  return cm >= 100 * red ? 'amber' : 'red';
}

/** Return distance and sector of the nearest obstacle; null: none is seen.
 * @param {number[]} cm @returns {{cm: number, sector: number} | null} */
export function nearestOf(cm) {
  /** @type {{cm: number, sector: number} | null} */
  let found = null;
  cm.forEach((value, sector) => {
    if (value >= 0 && value < (found?.cm ?? Infinity)) found = { cm: value, sector };
  });
  return found;
}

/** Return the direction of a sector in words, and as an arrow. @param {number} sector */
export function directionOf(sector) {
  // What is just between two of them is told alike on both sides.
  const eighths = (sector + 0.5) * DIRECTIONS.length / SECTORS;
  const eighth = (sector < SECTORS / 2 ? Math.ceil(eighths - 0.5) : Math.floor(eighths + 0.5))
    % DIRECTIONS.length;
  const [words, arrow] = DIRECTIONS[eighth];
  return { words, arrow };
}

/**
 * Say what matters.
 * @param {Seen} seen
 * @param {Limits} limits
 * @param {boolean} stale what was seen is not of now
 * @returns {Words}
 */
export function describe({ cm, reason, monitor }, limits, stale) {
  const parts = monitor ? [`Collision monitor: ${monitor}`] : [];
  const monitorTone = monitor === 'stop' ? 'red' : monitor ? 'amber' : '';
  if (!limits.sensors && !stale) {
    return { tone: reason ? 'stale' : monitorTone, arrow: '', text: parts.join('') || reason,
      spoken: parts.join('') || reason };
  }
  if (stale || !cm) {
    const text = [...parts, reason ? `No obstacle data: ${reason}` : 'No obstacle data'].join(' · ');
    return { tone: 'stale', arrow: '', text, spoken: text };
  }
  const nearest = nearestOf(cm);
  const level = nearest ? levelOf(nearest.cm, limits) : 'clear';
  const isClose = level === 'amber' || level === 'red';
  const { words, arrow } = directionOf(nearest?.sector ?? 0);
  const distance = nearest ? `${(nearest.cm / 100).toFixed(2)} m ${words}` : '';
  if (isClose) parts.push(distance);
  if (reason) parts.push(`Not all obstacles are seen: ${reason}`);
  const spoken = [distance ? `nearest ${distance}` : 'none is seen', ...parts.filter(
    (one) => one !== distance)].join('. ');
  const tone = level === 'red' || monitorTone === 'red' ? 'red'
    : isClose || monitorTone || reason ? 'amber' : '';
  return { tone, arrow: isClose ? arrow : '', text: parts.join(' · '),
    spoken: `Obstacles: ${spoken}` };
}

/**
 * Return how thick the shape of a distance is: the nearer, the thicker.
 * @param {number} cm
 * @param {Level} level
 * @param {Limits} limits
 * @param {Record<Level, number[]>} sizes
 */
function sizeOf(cm, level, { amber, red }, sizes) {
  const [far, near] = sizes[level];
  const [from, to] = level === 'red' ? [red, 0] : level === 'amber' ? [amber, red]
    : [2 * amber, amber];
  const share = cm < 0 || from === to ? 0 : (100 * from - cm) / (100 * (from - to));
  return far + (near - far) * Math.min(Math.max(share, 0), 1);
}

const fixed = (/** @type {number} */ value) => String(Number(value.toFixed(1)));

/** @returns {Record<Level, string>} */
const noPaths = () => ({ unknown: '', clear: '', near: '', amber: '', red: '' });

/**
 * Return the paths of the ring by level; ahead is up, and left is left.
 * @param {number[]} cm
 * @param {Limits} limits
 */
export function ringPaths(cm, limits) {
  const paths = noPaths();
  cm.forEach((value, sector) => {
    const level = levelOf(value, limits);
    const inner = RING_RADIUS - sizeOf(value, level, limits, RING_SIZES);
    const [from, to] = [sector * STEP + RING_GAP, (sector + 1) * STEP - RING_GAP];
    const at = (/** @type {number} */ radius, /** @type {number} */ angle) => (
      `${fixed(-radius * Math.sin(angle))} ${fixed(-radius * Math.cos(angle))}`);
    paths[level] += `M${at(RING_RADIUS, from)}L${at(RING_RADIUS, to)}L${at(inner, to)}`
      + `L${at(inner, from)}Z`;
  });
  return paths;
}

/**
 * Return the paths of the band by level: what is ahead, as far as the camera sees it, from left
 * to right.
 * @param {number[]} cm
 * @param {Limits} limits
 */
export function bandPaths(cm, limits) {
  const paths = noPaths();
  const half = limits.view / 2;
  const project = limits.view < MAX_PINHOLE ? Math.tan : (/** @type {number} */ angle) => angle;
  const x = (/** @type {number} */ angle) => BAND_WIDTH * (1 - project(angle) / project(half)) / 2;
  cm.forEach((value, sector) => {
    const start = (sector < SECTORS / 2 ? sector : sector - SECTORS) * STEP;
    const [right, left] = [Math.max(start, -half), Math.min(start + STEP, half)];
    const level = levelOf(value, limits);
    const height = sizeOf(value, level, limits, BAND_SIZES);
    if (right >= left || !height) return;
    const [from, to] = [x(left) + 1, x(right) - 1];
    const top = fixed(BAND_HEIGHT - height);
    paths[level] += `M${fixed(from)} ${BAND_HEIGHT}V${top}H${fixed(to)}V${BAND_HEIGHT}Z`;
  });
  return paths;
}

/**
 * Return where a picture is within the stage, in px.
 * @param {{left: number, bottom: number}} stage
 * @param {{left: number, bottom: number, width: number, height: number}} place of the stage, in
 *   which the picture is shown whole
 * @param {number} width of the picture, 0: all of the place
 * @param {number} height
 */
export function pictureBox(stage, place, width, height) {
  const scale = width > 0 && height > 0 ? Math.min(place.width / width, place.height / height) : 0;
  const [shown, free] = scale ? [width * scale, place.height - height * scale] : [place.width, 0];
  return { left: place.left - stage.left + (place.width - shown) / 2, width: shown,
    below: stage.bottom - place.bottom + free / 2 };
}
