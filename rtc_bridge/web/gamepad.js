// @ts-check
/** Driving with a gamepad of the standard mapping (https://www.w3.org/TR/gamepad/#remapping). */

import { isNeutral, NEUTRAL } from './drive.js';

/** @typedef {import('./drive.js').Hands} Hands */
/** @typedef {import('./drive.js').Pad} Pad */

export const DEAD_ZONE = 0.1;
/** Names of the buttons that may have to be held. @type {Readonly<Record<number, string>>} */
export const BUTTONS = { 4: 'the left shoulder button', 5: 'the right shoulder button',
  6: 'the left trigger', 7: 'the right trigger', 0: 'the lower button' };

/** @param {number} button */
export const buttonName = (button) => BUTTONS[button] ?? `button ${button}`;

/** Tell whether the browser knows which axes and buttons are which. @param {Gamepad | null} pad */
export const known = (pad) => pad?.mapping === 'standard';

/**
 * Take the dead zone out of a stick, by its radius: what remains grows from 0 in every direction.
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
 * Return what a pad means: the left stick drives and steers; on a robot that moves sideways it
 * does that, and the right stick steers.
 * @param {Pad} pad
 * @param {boolean} strafes
 * @returns {Hands}
 */
export function padHands({ axes }, strafes, zone = DEAD_ZONE) {
  const [left, down] = deadZone(axes[0] ?? 0, axes[1] ?? 0, zone);
  // Up and down mean nothing there, so they must not help a drift across out of its dead zone.
  const [right] = deadZone(axes[2] ?? 0, 0, zone);
  const turn = -right - (strafes ? 0 : left);
  return { x: -down + 0, y: strafes ? -left + 0 : 0, turn: Math.max(-1, Math.min(1, turn)) + 0 };
}

/**
 * The standard gamepads, of which one at a time drives: the one that is used. Each is at rest when it
 * is gone, and until its sticks were let go.
 */
export class Gamepads {
  /** Button that must be held, as teleop_twist_joy's `enable_button`; -1: none. */
  enable = -1;
  /** Button that drives at full speed, as its `enable_turbo_button`; -1: none. */
  turbo = -1;
  zone = DEAD_ZONE;
  /** Somebody has just pressed a button of a gamepad whose layout the browser does not know. */
  unknown = false;
  // Some devices hold one for ever.
  #pressed = false;
  #list;
  /** Those whose sticks were let go since they came. @type {Set<string>} */
  #rested = new Set();
  /** The one that drives. @type {string | null} */
  #current = null;

  /** @param {() => (Gamepad | null)[]} list `navigator.getGamepads`, which some pages lack */
  constructor(list = () => globalThis.navigator?.getGamepads?.() ?? []) {
    this.#list = list;
  }

  /** What they do from now on counts only after their sticks have been let go. */
  clear() {
    this.#rested.clear();
  }

  /**
   * Return the pad that drives as it is now, null if there is none to drive with.
   * @returns {Pad | null}
   */
  poll() {
    const all = this.#list().filter((pad) => pad?.connected);
    const pressed = all.some((pad) => !known(pad) && pad?.buttons.some((one) => one.pressed));
    this.unknown = pressed && !this.#pressed;
    this.#pressed = pressed;
    /** @type {Map<string, Pad>} */
    const pads = new Map();
    for (const pad of all) {
      if (!pad || !known(pad)) continue;
      pads.set(`${pad.index} ${pad.id}`,
        { axes: [...pad.axes], buttons: pad.buttons.map(({ value }) => value) });
    }
    // When the one that drives is lost, no other one goes on in its place.
    if (this.#current !== null && !pads.has(this.#current)) this.#rested.clear();
    for (const id of this.#rested) if (!pads.has(id)) this.#rested.delete(id);
    for (const [id, pad] of pads) if (!this.#pushed(pad)) this.#rested.add(id);
    const used = [...pads.keys()].filter((id) => this.#rested.has(id) && this.#used(pads.get(id)));
    if (!used.includes(this.#current ?? '')) {
      this.#current = used[0] ?? (pads.has(this.#current ?? '') ? this.#current
        : [...pads.keys()][0] ?? null);
    }
    // Nor does one that was pushed meanwhile, when the other is put down.
    for (const id of used) if (id !== this.#current) this.#rested.delete(id);
    const found = this.#current === null ? null : pads.get(this.#current);
    return found && this.#rested.has(this.#current ?? '') ? found : null;
  }

  /** True if its sticks move nothing, since the button is not held. @param {Pad | null} pad */
  waits(pad) {
    return this.#pushed(pad) && !this.#enabled(pad) && !this.fast(pad);
  }

  /** True if it drives at full speed, whatever was chosen. @param {Pad | null} pad */
  fast(pad) {
    return !!pad && held(pad, this.turbo);
  }

  /**
   * @param {Pad | null} pad
   * @param {boolean} strafes
   * @returns {Hands}
   */
  hands(pad, strafes) {
    return pad && (this.#enabled(pad) || this.fast(pad)) ? padHands(pad, strafes, this.zone)
      : NEUTRAL;
  }

  /** @param {Pad | null} pad */
  #enabled(pad) {
    return !!pad && (this.enable < 0 || held(pad, this.enable));
  }

  /** @param {Pad | null | undefined} pad */
  #pushed(pad) {
    return !!pad && !isNeutral(padHands(pad, true, this.zone));
  }

  /** @param {Pad | undefined} pad */
  #used(pad) {
    return this.#pushed(pad) || !!pad?.buttons.some((value) => value > 0.5);
  }
}

/** @param {Pad} pad @param {number} button */
const held = ({ buttons }, button) => (buttons[button] ?? 0) > 0.5;
