// @ts-check
/**
 * Driving with the keyboard, by the keys' places: WASD, the arrows, and the movement keys of
 * teleop_twist_keyboard. With Shift what turns goes sideways, as there, on robots that can.
 */

import { NEUTRAL } from '../client/driver.js';

/** @typedef {import('../client/driver.js').Hands} Hands */

/** Forward, turn, and sideways with Shift. @type {Readonly<Record<string, number[]>>} */
const KEYS = {
  KeyW: [1, 0, 0], ArrowUp: [1, 0, 0],
  KeyS: [-1, 0, 0], ArrowDown: [-1, 0, 0],
  KeyA: [0, 1, 1], ArrowLeft: [0, 1, 1],
  KeyD: [0, -1, -1], ArrowRight: [0, -1, -1],
  KeyU: [1, 1, 1], KeyI: [1, 0, 0], KeyO: [1, -1, -1],
  KeyJ: [0, 1, 1], KeyL: [0, -1, -1],
  KeyM: [-1, -1, 1], Comma: [-1, 0, 0], Period: [-1, 1, -1],
};
const DEAD_MAN = ['KeyF', 'Enter'];
/** @typedef {'halt' | 'faster' | 'slower' | 'emergency'} Command */
/** @type {ReadonlyMap<string, Command>} */
const COMMANDS = new Map([['Space', 'halt'], ['KeyK', 'halt'], ['KeyQ', 'faster'], ['KeyZ', 'slower'],
  ['NumpadAdd', 'faster'], ['NumpadSubtract', 'slower']]);
/** These are elsewhere on each keyboard. @type {ReadonlyMap<string, Command>} */
const SIGNS = new Map([['+', 'faster'], ['=', 'faster'], ['-', 'slower'], ['_', 'slower']]);
const EMERGENCY = ['Escape', 'Backspace'];
// What is typed into.
const FIELDS = 'textarea, [contenteditable]:not([contenteditable=false]), '
  + 'input:not([type=range], [type=checkbox], [type=radio], [type=button], [type=submit])';

/**
 * Return what a key asks for that does not drive.
 * @param {string} code `KeyboardEvent.code`: its place
 * @param {string} key `KeyboardEvent.key`: what is written on it
 * @returns {Command | undefined}
 */
export const commandOf = (code, key) => COMMANDS.get(code) ?? SIGNS.get(key);

/** Which driving keys are down. */
export class KeyState {
  /** Only while F or Enter is held. */
  deadMan = false;
  /** The robot can go sideways. */
  strafes = false;
  shift = false;
  /** @type {Set<string>} */
  #down = new Set();

  /**
   * Take a key; false if it does not drive.
   * @param {string} code `KeyboardEvent.code`
   * @param {boolean} repeat
   */
  press(code, repeat = false) {
    if (!Object.hasOwn(KEYS, code) && !(this.deadMan && DEAD_MAN.includes(code))) return false;
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

  /** True if keys are held that drive nothing, since the dead-man key is not. */
  get waits() {
    return this.deadMan && this.#down.size > 0 && !DEAD_MAN.some((code) => this.#down.has(code));
  }

  /** True while the dead-man key is held, so that the page is armed. */
  get holds() {
    return this.deadMan && DEAD_MAN.some((code) => this.#down.has(code));
  }

  /** @returns {Hands} */
  get hands() {
    if (!this.#down.size || this.waits) return NEUTRAL;
    const sum = [0, 0, 0];
    for (const code of this.#down) KEYS[code]?.forEach((value, i) => { sum[i] += value; });
    const [x, turn, side] = sum.map((value) => Math.max(-1, Math.min(1, value)));
    return this.shift && this.strafes ? { x, y: side, turn: 0 } : { x, y: 0, turn };
  }
}

/**
 * Follow the keyboard: driving while an element has the focus, the emergency stop from all of the
 * page but where a person types.
 * @param {HTMLElement} area
 * @param {KeyState} keys
 * @param {() => void} changed
 * @param {(command: Command) => void} command
 * @param {AbortSignal} signal
 */
export function listenToKeyboard(area, keys, changed, command, signal) {
  area.addEventListener('keydown', (event) => {
    // macOS tells of no key that is let go while Cmd is down, nor Firefox while its menu bar has the
    // keyboard (Alt, F10): better none than one too many.
    if (event.metaKey || event.altKey || event.code === 'F10') {
      keys.clear();
      changed();
    }
    if (event.target === area && event.key === 'Alt') event.preventDefault();
    if (event.target !== area || event.ctrlKey || event.metaKey || event.altKey) return;
    keys.shift = event.shiftKey;
    const taken = keys.press(event.code, event.repeat);
    const other = taken ? undefined : commandOf(event.code, event.key);
    if (taken || other) event.preventDefault();
    if (other) command(other);
    else if ((taken && !event.repeat) || event.key === 'Shift') changed();
  }, { signal });
  addEventListener('keydown', (event) => {
    const [target] = event.composedPath();
    if (!EMERGENCY.includes(event.code) || event.isComposing) return;
    if (target instanceof Element && target.closest(FIELDS)) return;
    // Escape closes a dialog, which stops the robot, too, but not for good.
    if (event.code === 'Escape' && document.querySelector('dialog[open]')) return;
    event.preventDefault();
    if (!event.repeat) command('emergency');
  }, { signal });
  addEventListener('keyup', (event) => {
    keys.shift = event.shiftKey;
    if (event.key === 'Meta') keys.clear();
    else keys.release(event.code);
    changed();
  }, { signal });
  area.addEventListener('blur', () => {
    keys.clear();
    changed();
  }, { signal });
}
