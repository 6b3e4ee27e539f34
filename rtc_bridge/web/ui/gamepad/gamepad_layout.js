// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Which of a gamepad's axes and buttons are which, where a person has assigned them by hand: many
 * gamepads have another layout than the standard one (Firefox on Linux, several by Bluetooth), or
 * sticks that do not rest in the middle. Also how its sticks are read.
 */

/**
 * @typedef {import('../../client/driving/motion.js').PadState} PadState
 *
 * @typedef {object} AxisUse one axis of the gamepad
 * @property {number} axis its number
 * @property {1 | -1} sign -1: the other way round
 * @property {number} rest its value when it is let go, -1 to 1
 *
 * @typedef {object} AxisButton a button that the gamepad has as an axis, as triggers and crosses
 *   (hats) are on some
 * @property {number} axis its number
 * @property {number} rest its value when it is let go; browsers have values above 1 for hats
 * @property {number} at its value when it is pressed
 *
 * @typedef {object} Layout
 * @property {(AxisUse | null)[]} axes for each axis of the standard mapping (left x and y, right x
 *   and y, positive to the right and down) the gamepad's own; null: it has none
 * @property {Record<number, number | AxisButton> | null} buttons for a button's number in the
 *   standard mapping the gamepad's own; null: they are the same
 * @property {number | null} [zone] dead zone of its sticks, 0 to 0.5; null: that of the settings
 * @property {number} [curve] of its sticks, 0 (straight) to 1; 0 by default
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
/** Larger values are of a cross (hat) that is coded as one axis. */
export const LARGEST = 1.05;
// The eight directions of a hat are 2/7 apart.
const HAT_STEP = 0.1;
// Browsers give values of hats up to 9/7, and some up to 3.3.
const MAX_VALUE = 4;

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
 * Return how far a button is pressed that is an axis, 0 to 1.
 * @param {number} value of the axis
 * @param {AxisButton} use
 */
export function axisShare(value, { rest, at }) {
  if (Math.abs(rest) > LARGEST) return Math.abs(value - at) < HAT_STEP ? 1 : 0;
  const share = (value - rest) / (at - rest);
  return Math.abs(value) <= LARGEST ? Math.max(0, Math.min(1, share)) : 0;
}

/**
 * Return how far a button is pressed, 0 to 1.
 * @param {PadState} raw as the browser has it
 * @param {number | AxisButton | undefined} use
 */
const shareOf = (raw, use) => (typeof use === 'object' ? axisShare(raw.axes[use.axis] ?? use.rest, use)
  : raw.buttons[use ?? -1] ?? 0);

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
    buttons: buttons === null ? raw.buttons
      : Array.from({ length: BUTTONS }, (_, n) => shareOf(raw, buttons[n])),
  };
}

/**
 * Tell whether a button is pressed.
 * @param {Pick<Gamepad, 'axes' | 'buttons'>} pad
 * @param {Layout | null} layout
 * @param {number} button its number in the standard mapping
 */
export function isPressed(pad, layout, button) {
  const use = layout?.buttons ? layout.buttons[button] : button;
  if (typeof use === 'object') return axisShare(pad.axes[use.axis] ?? use.rest, use) > 0.5;
  const own = pad.buttons[use ?? -1];
  return !!own && (own.pressed || own.value > 0.5);
}

/**
 * Return the standard mapping with the rest positions that a gamepad has now.
 * @param {number[]} axes their values while nobody touches them
 * @returns {Layout}
 */
export const restingLayout = (axes) => ({ buttons: null,
  axes: Array.from({ length: AXES }, (_, axis) => (axis in axes
    ? { axis, sign: 1, rest: rounded(axes[axis]) } : null)) });

/** The standard mapping. @returns {Layout} */
export const standardLayout = () => restingLayout(Array(AXES).fill(0));

/** @param {number} value */
const rounded = (value) => Math.max(-1, Math.min(1, Math.round(value * 1000) / 1000)) + 0;

/** @param {any} value @param {number} limit */
const isIndex = (value, limit) => Number.isInteger(value) && value >= 0 && value < limit;

/** @param {any} value @param {number} low @param {number} high */
const isWithin = (value, low, high) => typeof value === 'number' && value >= low && value <= high;

/** @param {any} use */
const isButton = (use) => isIndex(use, MAX_INDEX) || (isIndex(use?.axis, MAX_INDEX)
  && isWithin(use.rest, -MAX_VALUE, MAX_VALUE) && isWithin(use.at, -MAX_VALUE, MAX_VALUE)
  && use.rest !== use.at);

/** Return a layout from storage if it is one. @param {any} value @returns {Layout | null} */
export function readLayout(value) {
  const { axes, buttons, zone, curve } = value ?? {};
  const good = Array.isArray(axes) && axes.length === AXES && axes.every((use) => use === null
    || (isIndex(use?.axis, MAX_INDEX) && (use.sign === 1 || use.sign === -1)
      && isWithin(use.rest, -1, 1)))
    && (buttons === null || (typeof buttons === 'object' && Object.entries(buttons).every(
      ([name, use]) => isIndex(Number(name), BUTTONS) && isButton(use))));
  return good ? { axes, buttons, ...(isWithin(zone, 0, 0.5) && { zone }),
    ...(isWithin(curve, 0, 1) && { curve }) } : null;
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
