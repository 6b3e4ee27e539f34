// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Driving with the keyboard, by the places of the keys: WASD, the arrows, and the movement keys of
 * teleop_twist_keyboard, or those that a person has assigned. As there, Shift turns turning into
 * sideways motion, on robots that can, and T and B move up and down.
 */

import { NEUTRAL } from '../../client/driving/motion.js';
import { KeyAssignment } from './key_assignment.js';

/** @typedef {import('../../client/driving/motion.js').Motion} Motion */

/** @typedef {'let-go' | 'faster' | 'slower'} KeyCommand */
/** @type {Readonly<Record<string, KeyCommand>>} */
const COMMANDS = { stop: 'let-go', faster: 'faster', slower: 'slower' };
/** The places of these differ between keyboards. @type {ReadonlyMap<string, KeyCommand>} */
const COMMANDS_BY_SIGN = new Map([['+', 'faster'], ['=', 'faster'], ['-', 'slower'],
  ['_', 'slower']]);

/**
 * Return the command of a key that does not drive.
 * @param {string} code `KeyboardEvent.code`: its place
 * @param {string} key `KeyboardEvent.key`: what is written on it
 * @param {KeyAssignment} assignment
 * @returns {KeyCommand | undefined}
 */
export function commandOf(code, key, assignment = new KeyAssignment()) {
  const action = assignment.actionOf(code);
  return action === undefined ? COMMANDS_BY_SIGN.get(key) : COMMANDS[action];
}

/** Which driving keys are down. */
export class KeyState {
  /** Keys drive only while a dead man's key, F or Enter at first, is held. */
  deadMan = false;
  /** The robot can move sideways. */
  strafes = false;
  /** The robot can move up and down. */
  flies = false;
  shift = false;
  /** @type {Set<string>} */
  #down = new Set();
  assignment;

  constructor(assignment = new KeyAssignment()) {
    this.assignment = assignment;
    // What is held must not get another meaning.
    assignment.addEventListener('change', () => this.clear());
  }

  /**
   * Note that a key is down; return false if it does not drive.
   * @param {string} code `KeyboardEvent.code`
   * @param {boolean} repeat
   */
  press(code, repeat = false) {
    const motion = this.assignment.motionOf(code);
    const moves = motion && (this.flies || !motion[3]);
    if (!moves && !this.#arms(code)) return false;
    // Repeats of a key that is held must not start motion again after `clear`.
    if (!repeat) this.#down.add(code);
    return true;
  }

  /** @param {string} code */
  #arms(code) {
    return this.deadMan && this.assignment.actionOf(code) === 'hold';
  }

  /** @param {string} code */
  release(code) {
    this.#down.delete(code);
  }

  clear() {
    this.#down.clear();
  }

  /** True if keys are down that move nothing, since no dead man's key is. */
  get waitsForDeadMan() {
    return this.deadMan && this.#down.size > 0 && !this.holdsDeadMan;
  }

  /** True while a dead man's key is down, which arms the page. */
  get holdsDeadMan() {
    return [...this.#down].some((code) => this.#arms(code));
  }

  /** @returns {Motion} */
  get motion() {
    if (!this.#down.size || this.waitsForDeadMan) return NEUTRAL;
    const sum = [0, 0, 0, 0];
    for (const code of this.#down) {
      this.assignment.motionOf(code)?.forEach((value, i) => { sum[i] += value; });
    }
    const [x, turn, side, up] = sum.map((value) => Math.max(-1, Math.min(1, value)));
    return this.shift && this.strafes ? { x, y: side, turn: 0, up } : { x, y: 0, turn, up };
  }
}

/**
 * Follow the keyboard: driving while an element has the focus, the emergency stop everywhere on
 * the page but where a person types.
 * @param {HTMLElement} area that has to have the focus for driving
 * @param {KeyState} keys
 * @param {() => void} changed is called when driving keys have changed
 * @param {(command: KeyCommand) => void} command
 */
export function listenToKeyboard(area, keys, changed, command) {
  area.addEventListener('keydown', (event) => {
    // While Cmd is down, macOS does not tell which keys are released, and neither does Firefox
    // while its menu bar has the keyboard (Alt, F10). A key that seems to be held would go on
    // driving.
    if (event.metaKey || event.altKey || event.code === 'F10') {
      keys.clear();
      changed();
    }
    if (event.target === area && event.key === 'Alt') event.preventDefault();
    if (event.target !== area || event.ctrlKey || event.metaKey || event.altKey) return;
    keys.shift = event.shiftKey;
    const taken = keys.press(event.code, event.repeat);
    const other = taken ? undefined : commandOf(event.code, event.key, keys.assignment);
    if (taken || other) event.preventDefault();
    if (other) command(other);
    else if ((taken && !event.repeat) || event.key === 'Shift') changed();
  });
  addEventListener('keyup', (event) => {
    keys.shift = event.shiftKey;
    if (event.key === 'Meta') keys.clear();
    else keys.release(event.code);
    changed();
  });
  area.addEventListener('blur', () => {
    keys.clear();
    changed();
  });
}
