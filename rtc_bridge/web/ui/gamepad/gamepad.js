// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The gamepads that there are, and the one that drives. */

import { isNeutral, NEUTRAL } from '../../client/driving/motion.js';
import { DEAD_ZONE } from '../driving/stick_curve.js';
import { isPressed, toStandard } from './gamepad_layout.js';
import { padMotion, withoutDeadZone } from './gamepad_motion.js';

/** @typedef {import('../../client/driving/motion.js').Motion} Motion */
/** @typedef {import('../../client/driving/motion.js').PadState} PadState */
/** @typedef {import('./gamepad_layout.js').Layouts} Layouts */

/** Tell whether the browser knows which axes and buttons are which. @param {Gamepad | null} pad */
export const isStandard = (pad) => pad?.mapping === 'standard';

/** Return a gamepad's name without the numbers of its maker. @param {string | undefined} id */
export const padName = (id) => String(id ?? '').replace(/\s*\(.*\)\s*/, ' ').trim().slice(0, 60)
  || 'a gamepad';

/** Names of the axes of the standard mapping. */
const AXIS_NAMES = ['left stick, sideways', 'left stick, up and down', 'right stick, sideways',
  'right stick, up and down'];
// A stick that was never at rest, and has not changed by more than this for so long, is not held
// by a person.
const STEADY = 0.04;
const STEADY_TIME_MS = 1500;

/**
 * Return the gamepads that the browser shows to this page: none by http, nor in a frame that is not
 * allowed to see them.
 * @returns {readonly (Gamepad | null)[]}
 */
export function listGamepads() {
  try {
    return globalThis.navigator?.getGamepads?.() ?? [];
  } catch {
    return [];
  }
}

/** @param {Gamepad} pad @returns {PadState} */
const rawState = ({ axes, buttons }) => ({ axes: [...axes],
  buttons: buttons.map(({ value }) => value) });

/** Return what tells two gamepads of one kind apart. @param {Pick<Gamepad, 'index' | 'id'>} pad */
export const keyOf = ({ index, id }) => `${index} ${id}`;

/**
 * The gamepads whose layout is known: those of the standard mapping, and those that a person has
 * assigned by hand. One at a time drives: the one that is used. Each counts only from the moment on
 * when its sticks were released, and no more when it is removed.
 */
export class Gamepads {
  /** Button that has to be held for driving, as teleop_twist_joy's `enable_button`; -1: none. */
  enableButton = -1;
  /** Button that drives at full speed, as its `enable_turbo_button`; -1: none. */
  turboButton = -1;
  /** Button that talks as long as it is held; -1: none. */
  talkButton = -1;
  /** Of sticks whose own was not measured. */
  deadZone = DEAD_ZONE;
  /** The right stick moves the robot up and down. */
  flies = false;
  /** A button of a gamepad was just pressed whose layout is not known. */
  unknownPressed = false;
  // Some devices show a button as pressed all the time.
  #unknownDown = false;
  #list;
  #layouts;
  /** Those whose sticks were released since they came. @type {Set<string>} */
  #released = new Set();
  /** The one that drives. @type {string | null} */
  #current = null;
  /** Of those whose sticks were not released: their axes, those as the browser has them, and since
   * when these are the same. @type {Map<string, {axes: number[], raw: readonly number[],
   * since: number}>} */
  #steady = new Map();
  /** @type {(Gamepad | null)[]} */
  #all = [];

  /**
   * @param {() => readonly (Gamepad | null)[]} list
   * @param {Pick<Layouts, 'get'>} layouts those that were assigned by hand
   */
  constructor(list = listGamepads,
    layouts = { get: () => null }) {
    this.#list = list;
    this.#layouts = layouts;
  }

  /** Let them count only from the moment on when their sticks are released. */
  clear() {
    this.#released.clear();
    this.#steady.clear();
  }

  /** The gamepads that are connected, as of the last poll. @returns {Gamepad[]} */
  get connected() {
    return this.#all.flatMap((pad) => (pad ? [pad] : []));
  }

  /** Tell whether a gamepad's layout is known. @param {Gamepad} pad */
  isKnown(pad) {
    return isStandard(pad) || this.#layouts.get(pad.id) !== null;
  }

  /** Tell whether a gamepad is the one that drives. @param {Gamepad} pad */
  isCurrent(pad) {
    return keyOf(pad) === this.#current;
  }

  /** Return the state in the standard mapping; null if the layout is not known.
   * @param {Gamepad} pad @returns {PadState | null} */
  #stateOf(pad) {
    const layout = this.#layouts.get(pad.id);
    if (layout) return toStandard(rawState(pad), layout);
    return isStandard(pad) ? rawState(pad) : null;
  }

  /**
   * Return the state of the gamepad that drives; null if none can.
   * @param {number} now ms
   * @returns {PadState | null}
   */
  poll(now = performance.now()) {
    this.#all = this.#list().filter((pad) => pad?.connected);
    const pressed = this.connected.some((pad) => !this.isKnown(pad)
      && pad.buttons.some((one) => one.pressed));
    this.unknownPressed = pressed && !this.#unknownDown;
    this.#unknownDown = pressed;
    /** @type {Map<string, PadState>} */
    const pads = new Map();
    const ids = new Map(this.connected.map((pad) => [keyOf(pad), pad.id]));
    for (const pad of this.connected) {
      const state = this.#stateOf(pad);
      if (state) pads.set(keyOf(pad), state);
    }
    // When the gamepad that drives is removed, another one must not go on in its place.
    if (this.#current !== null && !pads.has(this.#current)) this.#released.clear();
    for (const id of this.#released) if (!pads.has(id)) this.#released.delete(id);
    for (const [id, pad] of pads) if (!this.#pushed(pad, ids.get(id))) this.#released.add(id);
    this.#watchSteady(pads, now);
    const used = [...pads.keys()].filter((id) => this.#released.has(id)
      && this.#used(pads.get(id), ids.get(id) ?? ''));
    if (!used.includes(this.#current ?? '')) {
      this.#current = used[0] ?? (pads.has(this.#current ?? '') ? this.#current
        : [...pads.keys()][0] ?? null);
    }
    // Nor may one that was pushed meanwhile, when the other one is put down.
    for (const id of used) if (id !== this.#current) this.#released.delete(id);
    const found = this.#current === null ? null : pads.get(this.#current);
    return found && this.#released.has(this.#current ?? '') ? found : null;
  }

  /** @param {Map<string, PadState>} pads @param {number} now ms */
  #watchSteady(pads, now) {
    for (const id of this.#steady.keys()) if (!pads.has(id)) this.#steady.delete(id);
    for (const [id, { axes }] of pads) {
      const before = this.#steady.get(id);
      if (this.#released.has(id)) this.#steady.delete(id);
      else if (!before || axes.some((axis, n) => Math.abs(axis - before.axes[n]) > STEADY)) {
        const raw = this.connected.find((pad) => keyOf(pad) === id)?.axes ?? [];
        this.#steady.set(id, { axes, raw: [...raw], since: now });
      }
    }
  }

  /**
   * Return the axes that keep gamepads from driving, since they do not come to rest, with the value
   * since when they are the same: the present one may tremble.
   * @param {number} now ms
   * @returns {{id: string, axis: number, name: string, value: number}[]} axis: the gamepad's own
   *   number
   */
  restless(now = performance.now()) {
    const found = [];
    for (const pad of this.connected) {
      const steady = this.#steady.get(keyOf(pad));
      if (!steady || now - steady.since < STEADY_TIME_MS) continue;
      const own = this.#layouts.get(pad.id)?.axes;
      for (const axis of this.flies ? [0, 1, 2, 3] : [0, 1, 2]) {
        // The radius of the left stick counts: its larger axis is named, or both.
        if (Math.abs(steady.axes[axis] ?? 0) <= this.#shape(pad.id).zone * 0.7) continue;
        const number = own ? own[axis]?.axis ?? axis : axis;
        found.push({ id: pad.id, axis: number, name: AXIS_NAMES[axis],
          value: steady.raw[number] ?? 0 });
      }
    }
    return found;
  }

  /**
   * Return what is pressed now on each gamepad whose layout is known.
   * @returns {{key: string, isDown: (button: number) => boolean}[]} button: its number in the
   *   standard mapping
   */
  look() {
    return this.#list().flatMap((pad) => (pad?.connected && this.isKnown(pad)
      ? [{ key: keyOf(pad), isDown: (button) => isPressed(pad, this.#layouts.get(pad.id), button) }]
      : []));
  }

  /** The gamepad that drives, or would. */
  get current() {
    return this.connected.find((pad) => this.isCurrent(pad)) ?? null;
  }

  /** How the sticks of a gamepad are read. @param {string | undefined} id `Gamepad.id` */
  #shape(id) {
    const layout = id === undefined ? null : this.#layouts.get(id);
    return { zone: layout?.zone ?? this.deadZone, curve: layout?.curve ?? 0 };
  }

  /** Return the state of the gamepad that drives without the dead zone of its sticks.
   * @param {PadState} pad */
  withoutDeadZone(pad) {
    return withoutDeadZone(pad, this.#shape(this.current?.id).zone);
  }

  /** True if the dead man's button is held, which arms the page. @param {PadState | null} pad */
  holdsDeadMan(pad) {
    return !!pad && isDown(pad, this.enableButton);
  }

  /**
   * True if its sticks move nothing, since the button is not held.
   * @param {PadState | null} pad
   */
  waitsForDeadMan(pad) {
    return this.#pushed(pad, this.current?.id) && !this.#enabled(pad) && !this.isTurbo(pad);
  }

  /** True if the button for talking is held. @param {PadState | null} pad */
  talks(pad) {
    return !!pad && isDown(pad, this.talkButton);
  }

  /** True if it drives at full speed, whatever was chosen. @param {PadState | null} pad */
  isTurbo(pad) {
    return !!pad && isDown(pad, this.turboButton);
  }

  /**
   * @param {PadState | null} pad
   * @param {boolean} strafes
   * @returns {Motion}
   */
  motion(pad, strafes) {
    const { zone, curve } = this.#shape(this.current?.id);
    return pad && (this.#enabled(pad) || this.isTurbo(pad))
      ? padMotion(pad, { strafes, flies: this.flies }, zone, curve) : NEUTRAL;
  }

  /** @param {PadState | null} pad */
  #enabled(pad) {
    return !!pad && (this.enableButton < 0 || isDown(pad, this.enableButton));
  }

  /** @param {PadState | null | undefined} pad @param {string | undefined} id `Gamepad.id` */
  #pushed(pad, id) {
    return !!pad && !isNeutral(
      padMotion(pad, { strafes: true, flies: this.flies }, this.#shape(id).zone));
  }

  /** @param {PadState | undefined} pad @param {string} id `Gamepad.id` */
  #used(pad, id) {
    return this.#pushed(pad, id) || !!pad?.buttons.some((value) => value > 0.5);
  }
}

/** @param {PadState} pad @param {number} button */
const isDown = ({ buttons }, button) => (buttons[button] ?? 0) > 0.5;
