// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What a person drives with, joined: the keyboard, sticks on the screen, and gamepads. */

import { Emitter } from '../client/messages.js';
import { combine, NEUTRAL } from '../client/motion.js';
import { box } from './dom.js';
import { buttonName, Gamepads, isStandard, withoutDeadZone } from './gamepad.js';
import { KeyState, listenToKeyboard } from './keyboard.js';
import { Stick } from './stick.js';

/**
 * @typedef {import('../client/motion.js').Motion} Motion
 * @typedef {import('../client/motion.js').PadState} PadState
 *
 * @typedef {object} Inputs what a person does now
 * @property {Motion} motion scaled by the chosen speed
 * @property {PadState | null} pad the gamepad that drives, without its dead zone
 * @property {boolean} held the dead man's key or button is down
 * @property {string} hint what a person should know who moves a control in vain; '': nothing
 */

const UNKNOWN_PAD = 'This browser does not know the layout of this gamepad, so it cannot drive.';

/**
 * Events: `change` when a control has changed, `stop` when the key of the emergency stop is
 * pressed.
 */
export class InputDevices extends Emitter {
  #keys = new KeyState();
  #pads = new Gamepads();
  #rightStick;
  #leftStick;
  #settings;
  #area;
  #touch = matchMedia('(pointer: coarse)');
  #shown = false;
  #strafes = false;

  /**
   * @param {HTMLElement} area that has to have the focus for the keys to drive
   * @param {import('./settings.js').Settings} settings
   */
  constructor(area, settings) {
    super();
    const changed = () => this.emit('change');
    this.#area = area;
    this.#settings = settings;
    this.#rightStick = new Stick('stick', changed);
    this.#leftStick = new Stick('stick2', changed);
    listenToKeyboard(area, this.#keys, changed, (command) => {
      if (command === 'emergency-stop') this.emit('stop');
      else if (command === 'let-go') this.letGo();
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
   * @param {boolean} strafes the robot can move sideways
   */
  show(shown, strafes) {
    if (shown === this.#shown && strafes === this.#strafes) return;
    this.#shown = shown;
    this.#strafes = strafes;
    this.#arrange();
  }

  #arrange() {
    const choice = this.#settings.get('sticks');
    const two = choice === 'two' || (choice === 'auto' && this.#touch.matches);
    const off = !this.#shown || choice === 'off';
    const [right, left] = [box('stick'), box('stick2')];
    right.hidden = off;
    left.hidden = off || !two;
    if (off) this.#clearSticks();
    right.setAttribute('aria-label', two ? 'Right stick: turn' : 'Stick: drive and turn');
    left.setAttribute('aria-label',
      `Left stick: forward and back${this.#strafes ? ', and sideways' : ''}`);
    this.#rightStick.kind = two ? 'turn' : 'all';
    this.#leftStick.kind = this.#strafes ? 'slide' : 'move';
    this.#keys.strafes = this.#strafes;
    this.#keys.deadMan = this.#settings.get('deadMan');
    this.#pads.enableButton = this.#settings.get('enable');
    this.#pads.turboButton = this.#settings.get('turbo');
    this.#pads.stopButton = this.#settings.get('stopButton');
    this.#pads.deadZone = this.#settings.get('deadZone');
  }

  /** The keys drive. */
  get focused() {
    return document.activeElement === this.#area && document.hasFocus();
  }

  /**
   * Return whether a gamepad's button of the emergency stop was pressed since the last call: also
   * under a dialog and without the focus, but not in a hidden page, where browsers tell nothing
   * new of gamepads.
   */
  takeStopPress() {
    if (document.hidden) this.#pads.forgetStop();
    return !document.hidden && this.#pads.takeStopPress();
  }

  /** Return what the person does now. @returns {Inputs} */
  read() {
    if (document.hidden || document.querySelector('dialog[open]')) {
      this.#pads.clear();
      return { motion: NEUTRAL, pad: null, held: false, hint: '' };
    }
    // A gamepad drives the page that is looked at, since several may be open for several robots.
    const pad = document.hasFocus() ? this.#pads.poll() : null;
    const [speed, turning] = this.#pads.isTurbo(pad) ? [1, 1]
      : [this.#settings.get('speed'), this.#settings.get('turn')];
    const { x, y, turn } = combine([this.#keys.motion, this.#rightStick.motion,
      this.#leftStick.motion, this.#pads.motion(pad, this.#strafes)]);
    return { motion: { x: x * speed, y: y * speed, turn: turn * turning },
      pad: pad && withoutDeadZone(pad, this.#pads.deadZone),
      held: this.#keys.holdsDeadMan || this.#pads.holdsDeadMan(pad), hint: this.#hint(pad) };
  }

  /** @param {PadState | null} pad */
  #hint(pad) {
    if (this.#pads.waitsForDeadMan(pad)) return this.#holdButtonText;
    if (this.#pads.unknownPressed) return UNKNOWN_PAD;
    return this.#keys.waitsForDeadMan ? 'Hold F or Enter to drive.' : '';
  }

  get #holdButtonText() {
    return `Hold ${buttonName(this.#pads.enableButton)} of the gamepad to drive.`;
  }

  /** Say what it means that a gamepad was connected or removed. @param {GamepadEvent} event */
  gamepadText({ type, gamepad }) {
    if (!isStandard(gamepad)) return type === 'gamepadconnected' ? UNKNOWN_PAD : '';
    if (type !== 'gamepadconnected') return 'The gamepad is gone.';
    return this.#pads.enableButton < 0 ? 'The gamepad drives after Drive is pressed.'
      : this.#holdButtonText;
  }

  /** Let go of all controls: a person who looks elsewhere does not drive. */
  letGo() {
    this.#keys.clear();
    this.#pads.clear();
    // This emits `change`.
    this.#clearSticks();
  }

  #clearSticks() {
    this.#rightStick.clear();
    this.#leftStick.clear();
  }
}
