// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** How a person wants to see a robot's pictures, kept by the browser for each robot. */

import { MAX_ROBOTS } from '../settings.js';
import { LAYOUTS, readInset } from './layouts.js';
import { TURNS } from './picture_geometry.js';

// Key of localStorage.
const KEY = 'rtc_bridge.pictures';
// The name of a robot has 63 characters at most; other servers may send anything.
const MAX_NAME_LENGTH = 256;
const MAX_CAMERAS = 64;
/** Least and largest cap, kbit/s: as docs/protocol.md has them for `quality`. */
export const MIN_CAP = 150;
export const MAX_CAP = 100_000;

/**
 * @typedef {'auto' | 'save' | 'best'} QualityMode
 *
 * @typedef {object} PictureValues
 * @property {import('./layouts.js').Layout} layout
 * @property {string[]} places cameras beside the main one; '': no choice
 * @property {import('./layouts.js').Inset} inset
 * @property {Record<string, number>} turns of cameras, degrees clockwise
 * @property {boolean} labels each picture in a layout has the name of its camera
 * @property {QualityMode} quality
 * @property {number} cap of what is received while data are saved, kbit/s
 * @property {boolean} smooth pictures come later and more evenly while this person does not drive
 */

/** @param {any} list */
const names = (list) => (Array.isArray(list) ? list.slice(0, MAX_CAMERAS)
  .map((name) => (typeof name === 'string' && name.length <= MAX_NAME_LENGTH ? name : '')) : []);

/** @param {any} turns @returns {Record<string, number>} */
function readTurns(turns) {
  const all = turns && typeof turns === 'object' ? Object.entries(turns) : [];
  return Object.fromEntries(all.filter(([name, turn]) => (
    name.length <= MAX_NAME_LENGTH && turn && TURNS.includes(turn))).slice(-MAX_CAMERAS));
}

/** Return what is good of stored values. @param {any} stored @returns {PictureValues} */
export function readValues(stored) {
  return {
    layout: Object.hasOwn(LAYOUTS, stored?.layout) ? stored.layout : 'one',
    places: names(stored?.places),
    inset: readInset(stored?.inset),
    turns: readTurns(stored?.turns),
    labels: stored?.labels !== false,
    quality: ['save', 'best'].includes(stored?.quality) ? stored.quality : 'auto',
    cap: Number.isFinite(stored?.cap) ? Math.min(MAX_CAP, Math.max(MIN_CAP, stored.cap)) : 1000,
    smooth: stored?.smooth === true,
  };
}

/** Event `change` when a value has changed. */
export class PictureSettings extends EventTarget {
  values = readValues(null);
  #storage;
  #robot = '';

  /** @param {Pick<Storage, 'getItem' | 'setItem'> | null} storage */
  constructor(storage) {
    super();
    this.#storage = storage;
  }

  /** Use what was chosen for a robot. @param {string} robot its name */
  useRobot(robot) {
    if (robot === this.#robot) return;
    this.#robot = robot;
    this.values = readValues(this.#stored().find(({ id }) => id === robot));
    this.dispatchEvent(new Event('change'));
  }

  /** Those that were changed last are at the end. @returns {Record<string, any>[]} */
  #stored() {
    try {
      const stored = JSON.parse(this.#storage?.getItem(KEY) ?? 'null');
      return Array.isArray(stored) ? stored.filter((one) => typeof one?.id === 'string') : [];
    } catch {
      // Storage is forbidden, or has another program's text.
      return [];
    }
  }

  /** @param {Partial<PictureValues>} values */
  change(values) {
    this.values = readValues({ ...this.values, ...values });
    if (this.#robot && this.#robot.length <= MAX_NAME_LENGTH) {
      const others = this.#stored().filter(({ id }) => id !== this.#robot);
      try {
        this.#storage?.setItem(KEY, JSON.stringify(
          [...others, { id: this.#robot, ...this.values }].slice(-MAX_ROBOTS)));
      } catch {
        // Storage is full or forbidden: the choice holds until the page is left.
      }
    }
    this.dispatchEvent(new Event('change'));
  }

  /** How far a camera's picture is turned clockwise, degrees. @param {string | null} camera */
  turn(camera) {
    const { turns } = this.values;
    return camera !== null && Object.hasOwn(turns, camera) ? turns[camera] : 0;
  }

  /** Turn a camera's picture by a quarter. @param {string} camera */
  turnOn(camera) {
    const turn = (this.turn(camera) + 90) % 360;
    this.change({ turns: { ...this.values.turns, [camera]: turn } });
  }
}
