// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What a person drives with, joined: the keyboard, sticks on the screen, and gamepads. */

import { Emitter } from '../client/messages.js';
import { combine, NEUTRAL } from '../client/motion.js';
import { box } from './dom.js';
import { buttonName, Gamepads, padName, withoutDeadZone } from './gamepad.js';
import { Layouts } from './gamepad_layout.js';
import { KeyAssignment } from './key_assignment.js';
import { KeyState, listenToKeyboard } from './keyboard.js';
import { storage } from './settings.js';
import { Stick } from './stick.js';

/**
 * @typedef {import('../client/motion.js').Motion} Motion
 * @typedef {import('../client/motion.js').PadState} PadState
 * @typedef {import('../client/notices.js').Notice} Notice
 *
 * @typedef {object} Inputs what a person does now
 * @property {Motion} motion scaled by the chosen speed
 * @property {PadState | null} pad the gamepad that drives, without its dead zone
 * @property {boolean} held the dead man's key or button is down
 * @property {string} hint what a person should know who moves a control in vain; '': nothing
 */

const WHERE = 'Controls and keys (the button with two sliders)';

/** @param {string | undefined} id */
const unknownPadText = (id) => `This browser does not know the layout of ${padName(id)}, so that it `
  + `does not drive yet. Assign its sticks and buttons under ${WHERE}.`;

/**
 * Events: `change` when a control has changed, `stop` when the key of the emergency stop is
 * pressed, `talk` with whether the gamepad's button for talking is held, `help` when the list of
 * all controls is asked for.
 */
export class InputDevices extends Emitter {
  /** Which key does what. */
  keys = new KeyAssignment(storage());
  /** What was assigned by hand. */
  layouts = new Layouts(storage());
  pads = new Gamepads(undefined, this.layouts);
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
   * @param {import('./settings.js').Settings} settings
   */
  constructor(area, settings) {
    super();
    const changed = () => this.emit('change');
    this.#area = area;
    this.#settings = settings;
    this.#rightStick = new Stick('stick', changed);
    this.#leftStick = new Stick('stick2', changed);
    listenToKeyboard(area, this.#keyState, changed, (command) => {
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
    this.#keyState.flies = this.pads.flies = this.#flies;
    this.#keyState.deadMan = this.#settings.get('deadMan');
    this.pads.enableButton = this.#settings.get('enable');
    this.pads.turboButton = this.#settings.get('turbo');
    this.pads.stopButton = this.#settings.get('stopButton');
    // Who has given that button another meaning, before it was for talking, keeps that one.
    const talk = this.#settings.get('talkButton');
    const others = /** @type {const} */ (['enable', 'turbo', 'stopButton']);
    this.pads.talkButton = others.some((name) => this.#settings.get(name) === talk) ? -1 : talk;
    this.pads.deadZone = this.#settings.get('deadZone');
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
    if (document.hidden) this.pads.forgetStop();
    return !document.hidden && this.pads.takeStopPress();
  }

  /** Return what the person does now. @returns {Inputs} */
  read() {
    if (document.hidden || document.querySelector('dialog[open]')) {
      this.pads.clear();
      this.#talk(false);
      return { motion: NEUTRAL, pad: null, held: false, hint: '' };
    }
    // A gamepad drives the page that is looked at, since several may be open for several robots.
    const pad = document.hasFocus() ? this.pads.poll() : null;
    this.#talk(this.pads.talks(pad));
    const [speed, turning] = this.pads.isTurbo(pad) ? [1, 1]
      : [this.#settings.get('speed'), this.#settings.get('turn')];
    const { x, y, turn, up = 0 } = combine([this.#keyState.motion, this.#rightStick.motion,
      this.#leftStick.motion, this.pads.motion(pad, this.#strafes)]);
    return { motion: { x: x * speed, y: y * speed, turn: turn * turning, up: up * speed },
      pad: pad && withoutDeadZone(pad, this.pads.deadZone),
      held: this.#keyState.holdsDeadMan || this.pads.holdsDeadMan(pad), hint: this.#hint(pad) };
  }

  /** @param {boolean} held */
  #talk(held) {
    if (this.#talks === held) return;
    this.#talks = held;
    this.emit('talk', held);
  }

  /** @param {PadState | null} pad */
  #hint(pad) {
    if (this.pads.waitsForDeadMan(pad)) {
      return this.#holdButtonText(this.pads.connected.find((one) => this.pads.isCurrent(one))?.id);
    }
    if (this.pads.unknownPressed) {
      return unknownPadText(this.pads.connected.find((one) => !this.pads.isKnown(one))?.id);
    }
    return this.#keyState.waitsForDeadMan ? `Hold ${this.keys.names('hold').join(' or ')} to drive.`
      : '';
  }

  /** @param {string | undefined} id of the gamepad */
  #holdButtonText(id) {
    const assigned = id !== undefined && this.layouts.get(id)?.buttons;
    const button = assigned ? 'the button that you chose' : buttonName(this.pads.enableButton);
    return `Hold ${button} of ${padName(id)} to drive.`;
  }

  /** Say what it means that a gamepad was connected or removed. @param {GamepadEvent} event */
  gamepadText({ type, gamepad }) {
    const name = padName(gamepad?.id);
    if (type !== 'gamepadconnected') {
      return `The gamepad is gone: ${name}. What it drove has stopped.`;
    }
    if (!this.pads.isKnown(gamepad)) return unknownPadText(gamepad.id);
    return this.pads.enableButton < 0 ? `${name} drives after Drive is pressed.`
      : this.#holdButtonText(gamepad.id);
  }

  /** What keeps gamepads from driving, for as long as it is so. @returns {Notice[]} */
  get notices() {
    const unknown = this.pads.connected.filter((pad) => !this.pads.isKnown(pad))
      .map(({ id }) => ({ code: 'gamepad-layout', level: 'warn', text: unknownPadText(id) }));
    const restless = this.pads.restless().map(({ id, axis, name, value }) => ({
      code: 'gamepad-rest', level: 'warn',
      text: `${padName(id)} does not drive: axis ${axis} (${name}) is at ${value.toFixed(2)} and `
        + 'does not come to rest. Let go of it. If it stays so, take its rest position over, or '
        + `choose a larger dead zone, under ${WHERE}.` }));
    return [...unknown, ...restless];
  }

  /** Let go of all controls: a person who looks elsewhere does not drive. */
  letGo() {
    this.#keyState.clear();
    this.pads.clear();
    // This emits `change`.
    this.#clearSticks();
  }

  #clearSticks() {
    this.#rightStick.clear();
    this.#leftStick.clear();
  }
}
