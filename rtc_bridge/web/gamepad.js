// @ts-check
/** Driving with a gamepad of the standard mapping (https://www.w3.org/TR/gamepad/#remapping). */

import { NEUTRAL } from './drive.js';

/** @typedef {import('./drive.js').Hands} Hands */
/** @typedef {import('./drive.js').Pad} Pad */

export const DEAD_ZONE = 0.1;
/** Names of the buttons that may have to be held. @type {Readonly<Record<number, string>>} */
export const BUTTONS = { 4: 'the left shoulder button', 5: 'the right shoulder button',
  6: 'the left trigger', 7: 'the right trigger', 0: 'the lower button' };

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
  const [right] = deadZone(axes[2] ?? 0, axes[3] ?? 0, zone);
  const turn = -right - (strafes ? 0 : left);
  return { x: -down + 0, y: strafes ? -left + 0 : 0, turn: Math.max(-1, Math.min(1, turn)) + 0 };
}

/** The first standard gamepad. At rest when it is gone, and until all sticks were let go. */
export class Gamepads {
  /** Button that must be held, as teleop_twist_joy's `enable_button`; -1: none. */
  enable = -1;
  zone = DEAD_ZONE;
  #list;
  #resting = false;
  /** @type {string | null} */
  #id = null;

  /** @param {() => (Gamepad | null)[]} list `navigator.getGamepads`, which some pages lack */
  constructor(list = () => globalThis.navigator?.getGamepads?.() ?? []) {
    this.#list = list;
  }

  /** What it does from now on counts only after its sticks have been let go. */
  clear() {
    this.#resting = false;
  }

  /**
   * Return the pad as it is now, null if there is none to drive with.
   * @returns {Pad | null}
   */
  poll() {
    const found = this.#list().find((pad) => pad?.connected && pad.mapping === 'standard');
    const id = found ? `${found.index} ${found.id}` : null;
    if (id !== this.#id) this.#resting = false;
    this.#id = id;
    if (!found) return null;
    const pad = { axes: [...found.axes], buttons: found.buttons.map((button) => button.value) };
    const hands = padHands(pad, true, this.zone);
    if (hands.x === 0 && hands.y === 0 && hands.turn === 0) this.#resting = true;
    return this.#resting ? pad : null;
  }

  /** True if its sticks move nothing, since the button is not held. @param {Pad | null} pad */
  waits(pad) {
    const { x, y, turn } = pad ? padHands(pad, true, this.zone) : NEUTRAL;
    return !!(pad && (x || y || turn)) && !this.#enabled(pad);
  }

  /**
   * @param {Pad | null} pad
   * @param {boolean} strafes
   * @returns {Hands}
   */
  hands(pad, strafes) {
    return pad && this.#enabled(pad) ? padHands(pad, strafes, this.zone) : NEUTRAL;
  }

  /** @param {Pad} pad */
  #enabled(pad) {
    return this.enable < 0 || (pad.buttons[this.enable] ?? 0) > 0.5;
  }
}
