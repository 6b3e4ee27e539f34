// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Which of a gamepad's axes and buttons are which, where a person has assigned them by hand: many
 * gamepads have another layout than the standard one (Firefox on Linux, several by Bluetooth), or
 * sticks that do not rest in the middle.
 */

/**
 * @typedef {import('../client/motion.js').PadState} PadState
 *
 * @typedef {object} AxisUse one axis of the gamepad
 * @property {number} axis its number
 * @property {1 | -1} sign -1: the other way round
 * @property {number} rest its value when it is let go, -1 to 1
 *
 * @typedef {object} Layout
 * @property {(AxisUse | null)[]} axes for each axis of the standard mapping (left x and y, right x
 *   and y, positive to the right and down) the gamepad's own; null: it has none
 * @property {Record<number, number> | null} buttons for a button's number in the standard mapping
 *   the gamepad's own; null: they are the same
 */

// Key of localStorage.
const KEY = 'rtc_bridge.gamepads';
/** For so many gamepads layouts are kept; then the one that was stored first is forgotten. */
export const MAX_LAYOUTS = 20;
const MAX_ID_LENGTH = 256;
const AXES = 4;
const BUTTONS = 17;
// Numbers of axes and buttons that a gamepad may have, more than any has.
const MAX_INDEX = 64;

/**
 * Return a stick's value with its rest position in the middle, -1 to 1.
 * @param {number} value
 * @param {number} rest
 */
export function centred(value, rest) {
  const reach = value >= rest ? 1 - rest : 1 + rest;
  // A rest position at an end leaves nothing on that side.
  const share = reach > 0.05 ? (value - rest) / reach : 0;
  return Math.max(-1, Math.min(1, Number.isFinite(share) ? share : 0));
}

/**
 * Return a gamepad's state in the standard mapping.
 * @param {PadState} raw as the browser has it
 * @param {Layout} layout
 * @returns {PadState}
 */
export function toStandard(raw, { axes, buttons }) {
  return {
    axes: axes.map((use) => (use
      ? use.sign * centred(raw.axes[use.axis] ?? use.rest, use.rest) + 0 : 0)),
    buttons: buttons === null ? raw.buttons : Array.from({ length: BUTTONS }, (_, n) => (
      raw.buttons[buttons[n] ?? -1] ?? 0)),
  };
}

/**
 * Return the standard mapping with the rest positions that a gamepad has now.
 * @param {number[]} axes their values while nobody touches them
 * @returns {Layout}
 */
export const restingLayout = (axes) => ({ buttons: null,
  axes: Array.from({ length: AXES }, (_, axis) => (axis in axes
    ? { axis, sign: 1, rest: rounded(axes[axis]) } : null)) });

/** @param {number} value */
const rounded = (value) => Math.max(-1, Math.min(1, Math.round(value * 1000) / 1000)) + 0;

/** @param {any} value @param {number} limit */
const isIndex = (value, limit) => Number.isInteger(value) && value >= 0 && value < limit;

/** Return a layout from storage if it is one. @param {any} value @returns {Layout | null} */
export function readLayout(value) {
  const { axes, buttons } = value ?? {};
  const good = Array.isArray(axes) && axes.length === AXES && axes.every((use) => use === null
    || (isIndex(use?.axis, MAX_INDEX) && (use.sign === 1 || use.sign === -1)
      && Math.abs(use.rest) <= 1))
    && (buttons === null || (typeof buttons === 'object' && Object.entries(buttons).every(
      ([name, number]) => isIndex(Number(name), BUTTONS) && isIndex(number, MAX_INDEX))));
  return good ? { axes, buttons } : null;
}

/** The layouts of this browser, by `Gamepad.id`. */
export class Layouts {
  /** @type {Map<string, Layout>} */
  #layouts = new Map();
  #storage;

  /** @param {Pick<Storage, 'getItem' | 'setItem'> | null} storage */
  constructor(storage = null) {
    this.#storage = storage;
    this.#read();
  }

  /** @param {string} id @returns {Layout | null} */
  get(id) {
    return this.#layouts.get(id) ?? null;
  }

  /** Keep a layout; null forgets it. @param {string} id @param {Layout | null} layout */
  set(id, layout) {
    // Another tab may have stored others meanwhile.
    this.#read();
    this.#layouts.delete(id);
    if (layout && id.length <= MAX_ID_LENGTH) this.#layouts.set(id, layout);
    const kept = [...this.#layouts].slice(-MAX_LAYOUTS);
    try {
      this.#storage?.setItem(KEY, JSON.stringify(kept.map(([name, one]) => ({ id: name, ...one }))));
    } catch {
      // Storage is full or forbidden: the layout holds until the page is left.
    }
  }

  #read() {
    try {
      const stored = JSON.parse(this.#storage?.getItem(KEY) ?? 'null');
      if (!Array.isArray(stored)) return;
      this.#layouts = new Map();
      for (const one of stored.slice(-MAX_LAYOUTS)) {
        const layout = readLayout(one);
        if (layout && typeof one.id === 'string') this.#layouts.set(one.id, layout);
      }
    } catch {
      // Storage is forbidden, or has another program's text.
    }
  }
}
