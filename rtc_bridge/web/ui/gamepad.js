// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Driving with a gamepad, in the terms of the standard mapping
 * (https://www.w3.org/TR/gamepad/#remapping).
 */

import { isNeutral, NEUTRAL } from '../client/motion.js';
import { toStandard } from './gamepad_layout.js';

/** @typedef {import('../client/motion.js').Motion} Motion */
/** @typedef {import('../client/motion.js').PadState} PadState */
/** @typedef {import('./gamepad_layout.js').Layouts} Layouts */

/** Sticks rarely come back to 0 exactly. */
export const DEAD_ZONE = 0.1;
/**
 * Names of the buttons that can be chosen for something, by number.
 * @type {Readonly<Record<number, string>>}
 */
export const BUTTONS = { 4: 'the left shoulder button', 5: 'the right shoulder button',
  6: 'the left trigger', 7: 'the right trigger', 0: 'the lower button', 1: 'the right button (B)',
  2: 'the left button (X)', 3: 'the upper button (Y)', 8: 'the left middle button (back)',
  9: 'the right middle button (start)' };

/** @param {number} button */
export const buttonName = (button) => BUTTONS[button] ?? `button ${button}`;

/** Tell whether the browser knows which axes and buttons are which. @param {Gamepad | null} pad */
export const isStandard = (pad) => pad?.mapping === 'standard';

/**
 * Take the dead zone out of a stick, by its radius: outside it the value grows from 0 in every
 * direction.
 * @param {number} x
 * @param {number} y
 * @returns {[number, number]}
 */
export function deadZone(x, y, zone = DEAD_ZONE) {
  const radius = Math.hypot(x, y);
  if (!(radius > zone)) return [0, 0];
  const scale = Math.min(1, (radius - zone) / (1 - zone)) / radius;
  return [x * scale, y * scale];
}

/**
 * @typedef {object} Abilities what the robot can do besides driving and turning
 * @property {boolean} [strafes] it moves sideways
 * @property {boolean} [flies] it moves up and down
 */

/**
 * Return the motion that a gamepad asks for. The left stick drives and turns; on a robot that
 * moves sideways it does that, and the right stick turns, and moves up and down where a robot can.
 * @param {PadState} pad
 * @param {Abilities} abilities
 * @returns {Motion}
 */
export function padMotion({ axes }, { strafes = false, flies = false }, zone = DEAD_ZONE) {
  const [left, down] = deadZone(axes[0] ?? 0, axes[1] ?? 0, zone);
  // On other robots its other axis means nothing, and must not lift a drift across out of the dead
  // zone.
  const [right, sinking] = deadZone(axes[2] ?? 0, flies ? axes[3] ?? 0 : 0, zone);
  const turn = -right - (strafes ? 0 : left);
  return { x: -down + 0, y: strafes ? -left + 0 : 0, turn: Math.max(-1, Math.min(1, turn)) + 0,
    up: -sinking + 0 };
}

/**
 * Return a gamepad's state without the dead zone of its sticks.
 * @param {PadState} pad
 * @returns {PadState}
 */
export function withoutDeadZone({ axes, buttons }, zone = DEAD_ZONE) {
  const sticks = axes.flatMap((axis, i) => (i % 2 ? [] : deadZone(axis, axes[i + 1] ?? 0, zone)));
  return { axes: sticks.slice(0, axes.length).map((axis) => axis + 0),
    buttons: buttons.map((value) => (value > zone ? value : 0)) };
}

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

/** @param {Gamepad} pad @returns {PadState} */
const rawState = ({ axes, buttons }) => ({ axes: [...axes],
  buttons: buttons.map(({ value }) => value) });

/** @param {Gamepad} pad */
const keyOf = (pad) => `${pad.index} ${pad.id}`;

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
  /** Button of the emergency stop; -1: none. */
  stopButton = -1;
  /** Button that talks as long as it is held; -1: none. */
  talkButton = -1;
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
  /** Those whose stop button was up since they came. @type {Set<string>} */
  #stopReleased = new Set();
  /** The one that drives. @type {string | null} */
  #current = null;
  /** Of those whose sticks were not released: their axes, and since when these are the same.
   * @type {Map<string, {axes: number[], since: number}>} */
  #steady = new Map();
  /** @type {(Gamepad | null)[]} */
  #all = [];

  /**
   * @param {() => (Gamepad | null)[]} list `navigator.getGamepads`, which some pages lack
   * @param {Pick<Layouts, 'get'>} layouts those that were assigned by hand
   */
  constructor(list = () => globalThis.navigator?.getGamepads?.() ?? [],
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
    for (const pad of this.connected) {
      const state = this.#stateOf(pad);
      if (state) pads.set(keyOf(pad), state);
    }
    // When the gamepad that drives is removed, another one must not go on in its place.
    if (this.#current !== null && !pads.has(this.#current)) this.#released.clear();
    for (const id of this.#released) if (!pads.has(id)) this.#released.delete(id);
    for (const [id, pad] of pads) if (!this.#pushed(pad)) this.#released.add(id);
    this.#watchSteady(pads, now);
    const used = [...pads.keys()].filter((id) => this.#released.has(id) && this.#used(pads.get(id)));
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
        this.#steady.set(id, { axes, since: now });
      }
    }
  }

  /**
   * Return the axes that keep gamepads from driving, since they do not come to rest.
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
        if (Math.abs(steady.axes[axis] ?? 0) <= this.deadZone * 0.7) continue;
        const number = own ? own[axis]?.axis ?? axis : axis;
        found.push({ id: pad.id, axis: number, name: AXIS_NAMES[axis],
          value: pad.axes[number] ?? 0 });
      }
    }
    return found;
  }

  /**
   * Return whether the button of the emergency stop was pressed since the last call, on any
   * gamepad whose layout is known. A button that is down when the gamepad comes, as a stuck one
   * is, does not count.
   */
  takeStopPress() {
    const pads = this.#list().flatMap((pad) => (pad?.connected && this.isKnown(pad) ? [pad] : []));
    const names = new Map(pads.map((pad) => [keyOf(pad), pad]));
    for (const name of this.#stopReleased) if (!names.has(name)) this.#stopReleased.delete(name);
    let pressed = false;
    for (const [name, pad] of names) {
      const assigned = this.#layouts.get(pad.id)?.buttons;
      const button = pad.buttons[assigned ? assigned[this.stopButton] ?? -1 : this.stopButton];
      if (!button?.pressed && !((button?.value ?? 0) > 0.5)) this.#stopReleased.add(name);
      else if (this.#stopReleased.delete(name)) pressed = true;
    }
    return pressed;
  }

  /** Let a button that is down now press the emergency stop only after it was released. */
  forgetStop() {
    this.#stopReleased.clear();
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
    return this.#pushed(pad) && !this.#enabled(pad) && !this.isTurbo(pad);
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
    return pad && (this.#enabled(pad) || this.isTurbo(pad))
      ? padMotion(pad, { strafes, flies: this.flies }, this.deadZone) : NEUTRAL;
  }

  /** @param {PadState | null} pad */
  #enabled(pad) {
    return !!pad && (this.enableButton < 0 || isDown(pad, this.enableButton));
  }

  /** @param {PadState | null | undefined} pad */
  #pushed(pad) {
    return !!pad && !isNeutral(
      padMotion(pad, { strafes: true, flies: this.flies }, this.deadZone));
  }

  /** @param {PadState | undefined} pad */
  #used(pad) {
    return this.#pushed(pad) || !!pad?.buttons.some((value) => value > 0.5);
  }
}

/** @param {PadState} pad @param {number} button */
const isDown = ({ buttons }, button) => (buttons[button] ?? 0) > 0.5;
