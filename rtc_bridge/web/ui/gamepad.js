// @ts-check
/** Driving with a gamepad of the standard mapping (https://www.w3.org/TR/gamepad/#remapping). */

import { isNeutral, NEUTRAL } from '../client/driver.js';

/** @typedef {import('../client/driver.js').Hands} Hands */
/** @typedef {import('../client/driver.js').Pad} Pad */

export const DEAD_ZONE = 0.1;
/** Names of the buttons that may have a meaning. @type {Readonly<Record<number, string>>} */
export const BUTTONS = { 4: 'the left shoulder button', 5: 'the right shoulder button',
  6: 'the left trigger', 7: 'the right trigger', 0: 'the lower button', 1: 'the right button (B)',
  2: 'the left button (X)', 3: 'the upper button (Y)', 8: 'the left middle button (back)',
  9: 'the right middle button (start)' };

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
 * Return a pad without its dead zone: a stick that does not come back quite to its middle is at rest.
 * @param {Pad} pad
 * @returns {Pad}
 */
export function withoutDeadZone({ axes, buttons }, zone = DEAD_ZONE) {
  const sticks = axes.flatMap((axis, i) => (i % 2 ? [] : deadZone(axis, axes[i + 1] ?? 0, zone)));
  return { axes: sticks.slice(0, axes.length).map((axis) => axis + 0),
    buttons: buttons.map((value) => (value > zone ? value : 0)) };
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
  /** Button of the emergency stop; -1: none. */
  stop = -1;
  zone = DEAD_ZONE;
  /** Somebody has just pressed a button of a gamepad whose layout the browser does not know. */
  unknown = false;
  // Some devices hold one for ever.
  #pressed = false;
  #list;
  /** Those whose sticks were let go since they came. @type {Set<string>} */
  #rested = new Set();
  /** Those whose stop button was seen to be up since they came. @type {Set<string>} */
  #stopReady = new Set();
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

  /**
   * Return whether the button of the emergency stop was pressed since the last call, on any standard
   * gamepad. One that comes with the button down, as one that is stuck, does not count.
   */
  stopPressed() {
    const pads = this.#list().filter((pad) => pad?.connected && known(pad));
    const names = new Map(pads.map((pad) => [`${pad?.index} ${pad?.id}`, pad]));
    for (const name of this.#stopReady) if (!names.has(name)) this.#stopReady.delete(name);
    let pressed = false;
    for (const [name, pad] of names) {
      const button = pad?.buttons[this.stop];
      if (!button?.pressed && !((button?.value ?? 0) > 0.5)) this.#stopReady.add(name);
      else if (this.#stopReady.delete(name)) pressed = true;
    }
    return pressed;
  }

  /** What is down now does not press the emergency stop before it was let go. */
  forgetStop() {
    this.#stopReady.clear();
  }

  /** True if the dead man's button is held, so that the page is armed. @param {Pad | null} pad */
  holds(pad) {
    return !!pad && held(pad, this.enable);
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
