// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What a person drives with, joined: the keyboard, sticks on the screen, and gamepads, which come
 * later: browsers show none before one of its buttons was pressed.
 */

import { Emitter } from '../../client/messages.js';
import { combine, NEUTRAL } from '../../client/driving/motion.js';
import { box } from '../dom.js';
import { storage } from '../settings.js';
import { KeyAssignment } from './key_assignment.js';
import { KeyState, listenToKeyboard } from './keyboard.js';
import { Stick } from './stick.js';

/**
 * @typedef {import('../../client/driving/motion.js').Motion} Motion
 * @typedef {import('../../client/driving/motion.js').PadState} PadState
 * @typedef {import('../../client/driving/notices.js').Notice} Notice
 *
 * @typedef {object} Inputs what a person does now
 * @property {Motion} motion scaled by the chosen speed
 * @property {PadState | null} pad the gamepad that drives, without its dead zone
 * @property {boolean} held the dead man's key or button is down
 * @property {string} hint what a person should know who moves a control in vain; '': nothing
 */

/** @type {import('../gamepad/gamepad_input.js').PadInput} */
const NO_GAMEPAD = { motion: NEUTRAL, pad: null, held: false, isTurbo: false, talks: false,
  hint: '' };

/**
 * Events: `change` when a control has changed, `talk` with whether the gamepad's button for talking
 * is held, `help` when the list of all controls is asked for.
 */
export class InputDevices extends Emitter {
  /** Which key does what. */
  keys = new KeyAssignment(storage());
  /** Once it is loaded. @type {import('../gamepad/gamepad_input.js').GamepadInput | null} */
  gamepads = null;
  #keyState = new KeyState(this.keys);
  #rightStick;
  #leftStick;
  #settings;
  #area;
  #touch = matchMedia('(pointer: coarse)');
  #shown = false;
  #strafes = false;
  #flies = false;
  #talks = false;

  /**
   * @param {HTMLElement} area that has to have the focus for the keys to drive
   * @param {import('../settings.js').Settings} settings
   */
  constructor(area, settings) {
    super();
    const changed = () => this.emit('change');
    this.#area = area;
    this.#settings = settings;
    this.#rightStick = new Stick('stick', changed);
    this.#leftStick = new Stick('stick2', changed);
    listenToKeyboard(area, this.#keyState, changed, (command) => {
      if (command === 'let-go') this.letGo();
      else settings.changeSpeed(command === 'faster' ? 1 : -1);
    });
    settings.addEventListener('change', () => this.#arrange());
    this.#touch.addEventListener('change', () => this.#arrange());
    addEventListener('gamepaddisconnected', changed);
    // While a menu is open, the page is not told of keys that are released.
    addEventListener('contextmenu', (event) => !event.defaultPrevented && this.letGo());
    this.#arrange();
  }

  /**
   * Show the sticks.
   * @param {boolean} shown
   * @param {{strafes: boolean, flies: boolean}} abilities the robot can move sideways, and up and
   *   down
   */
  show(shown, { strafes, flies }) {
    if (shown === this.#shown && strafes === this.#strafes && flies === this.#flies) return;
    this.#shown = shown;
    this.#strafes = strafes;
    this.#flies = flies;
    this.#arrange();
  }

  /** The robot moves up and down. */
  get flies() {
    return this.#flies;
  }

  #arrange() {
    const choice = this.#settings.get('sticks');
    // One stick has no direction left for up and down.
    const two = choice === 'two' || (choice === 'auto' && (this.#touch.matches || this.#flies));
    const off = !this.#shown || choice === 'off';
    const [right, left] = [box('stick'), box('stick2')];
    right.hidden = off;
    left.hidden = off || !two;
    if (off) this.#clearSticks();
    right.setAttribute('aria-label', two
      ? `Right stick: turn${this.#flies ? ', and up and down' : ''}` : 'Stick: drive and turn');
    left.setAttribute('aria-label',
      `Left stick: forward and back${this.#strafes ? ', and sideways' : ''}`);
    const second = this.#flies ? 'climb' : 'turn';
    this.#rightStick.kind = two ? second : 'all';
    this.#leftStick.kind = this.#strafes ? 'slide' : 'move';
    this.#keyState.strafes = this.#strafes;
    this.#keyState.flies = this.#flies;
    this.#keyState.deadMan = this.#settings.get('deadMan');
  }

  /** The keys drive. */
  get focused() {
    return document.activeElement === this.#area && document.hasFocus();
  }

  /** Let gamepads tell of the buttons that were pressed since the last call; return whether that of
   * the emergency stop was. */
  pollButtons() {
    return this.gamepads?.pollButtons() ?? false;
  }

  /** Return what the person does now. @returns {Inputs} */
  read() {
    if (document.hidden || document.querySelector('dialog[open]')) {
      this.gamepads?.letGo();
      this.#talk(false);
      return { motion: NEUTRAL, pad: null, held: false, hint: '' };
    }
    const { motion, pad, held, isTurbo, talks, hint } = this.gamepads?.read(
      { strafes: this.#strafes, flies: this.#flies }) ?? NO_GAMEPAD;
    this.#talk(talks);
    const [speed, turning] = isTurbo ? [1, 1]
      : [this.#settings.get('speed'), this.#settings.get('turn')];
    const { x, y, turn, up = 0 } = combine([this.#keyState.motion, this.#rightStick.motion,
      this.#leftStick.motion, motion]);
    return { motion: { x: x * speed, y: y * speed, turn: turn * turning, up: up * speed },
      pad, held: this.#keyState.holdsDeadMan || held, hint: hint || this.#keyHint };
  }

  /** @param {boolean} held */
  #talk(held) {
    if (this.#talks === held) return;
    this.#talks = held;
    this.emit('talk', held);
  }

  get #keyHint() {
    return this.#keyState.waitsForDeadMan ? `Hold ${this.keys.names('hold').join(' or ')} to drive.`
      : '';
  }

  /** What keeps gamepads from driving, for as long as it is so. @returns {Notice[]} */
  get notices() {
    return this.gamepads?.notices ?? [];
  }

  /** Let go of all controls: a person who looks elsewhere does not drive. */
  letGo() {
    this.#keyState.clear();
    this.gamepads?.letGo();
    // This emits `change`.
    this.#clearSticks();
  }

  #clearSticks() {
    this.#rightStick.clear();
    this.#leftStick.clear();
  }
}
