// @ts-check
/** Driving with the keyboard: WASD by position on the keyboard, and the arrows. */

import { combine, NEUTRAL } from './drive.js';

/** @typedef {import('./drive.js').Hands} Hands */

/** @type {Readonly<Record<string, Hands>>} */
const KEYS = {
  KeyW: { x: 1, y: 0, turn: 0 },
  ArrowUp: { x: 1, y: 0, turn: 0 },
  KeyS: { x: -1, y: 0, turn: 0 },
  ArrowDown: { x: -1, y: 0, turn: 0 },
  KeyA: { x: 0, y: 0, turn: 1 },
  ArrowLeft: { x: 0, y: 0, turn: 1 },
  KeyD: { x: 0, y: 0, turn: -1 },
  ArrowRight: { x: 0, y: 0, turn: -1 },
  // Sideways, for robots that can.
  KeyQ: { x: 0, y: 1, turn: 0 },
  KeyE: { x: 0, y: -1, turn: 0 },
};

/** Which driving keys are down. */
export class KeyState {
  /** @type {Set<string>} */
  #down = new Set();

  /**
   * Take a key; false if it does not drive.
   * @param {string} code `KeyboardEvent.code`
   * @param {boolean} repeat
   */
  press(code, repeat = false) {
    if (code === 'Space') {
      this.#down.clear();
      return true;
    }
    if (!Object.hasOwn(KEYS, code)) return false;
    // The repeats of a key that was stopped or cleared must not start it again.
    if (!repeat) this.#down.add(code);
    return true;
  }

  /** @param {string} code */
  release(code) {
    this.#down.delete(code);
  }

  clear() {
    this.#down.clear();
  }

  /** @returns {Hands} */
  get hands() {
    return this.#down.size ? combine([...this.#down].map((code) => KEYS[code])) : NEUTRAL;
  }
}

/**
 * True if a key pressed there belongs to that element and not to driving.
 * @param {EventTarget | null} target
 * @param {string} code
 */
function isTaken(target, code) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return true;
  return code === 'Space' && /^(BUTTON|SUMMARY)$/.test(target.tagName);
}

/**
 * Follow the keyboard.
 * @param {KeyState} keys
 * @param {() => void} changed
 * @param {AbortSignal} signal
 */
export function listenToKeyboard(keys, changed, signal) {
  addEventListener('keydown', (event) => {
    // macOS tells of no key that is let go while Cmd is down: better none than one too many.
    if (event.metaKey) {
      keys.clear();
      changed();
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTaken(event.target, event.code)) return;
    if (!keys.press(event.code, event.repeat)) return;
    event.preventDefault();
    if (!event.repeat) changed();
  }, { signal });
  addEventListener('keyup', (event) => {
    if (event.key === 'Meta') keys.clear();
    else keys.release(event.code);
    changed();
  }, { signal });
}
