// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Gamepads among what a person drives with, and what the page says of them. */

import { Emitter } from '../../client/messages.js';
import { Gamepads, padName } from './gamepad.js';
import { buttonName, ButtonPresses, buttonsOf, COMMANDS } from './gamepad_buttons.js';
import { Layouts } from './gamepad_layout.js';
import { padOptions } from './gamepad_options.js';

/**
 * @typedef {import('../../client/driving/motion.js').Motion} Motion
 * @typedef {import('../../client/driving/motion.js').PadState} PadState
 * @typedef {import('../../client/driving/notices.js').Notice} Notice
 * @typedef {import('./gamepad_motion.js').Abilities} Abilities
 *
 * @typedef {object} PadInput what a person does with a gamepad
 * @property {Motion} motion
 * @property {PadState | null} pad the gamepad that drives, without its dead zone and without the
 *   buttons that are for this page
 * @property {boolean} held the dead man's button is down
 * @property {boolean} isTurbo it drives at full speed, whatever was chosen
 * @property {boolean} talks the button to talk is held
 * @property {string} hint why a stick that is pushed moves nothing; '': no reason
 */

const WHERE = 'Controls and keys (the button with two sliders)';
// From here on an axis is at its end, as that of a trigger is that is let go.
const END = 0.95;

/** @param {string | undefined} id */
const unknownPadText = (id) => `This browser does not know the layout of ${padName(id)}, so that it `
  + `does not drive yet. Assign its sticks and buttons under ${WHERE}.`;

/** Events: `press` with a `PadCommand` whose button was pressed. */
export class GamepadInput extends Emitter {
  /** What was assigned by hand. */
  layouts;
  pads;
  /** The button of each setting; -1: none. */
  buttons;
  #presses = new ButtonPresses();
  #settings;

  /**
   * @param {import('../settings.js').Settings} settings
   * @param {Pick<Storage, 'getItem' | 'setItem'> | null} storage
   */
  constructor(settings, storage) {
    super();
    this.#settings = settings;
    this.layouts = new Layouts(storage);
    this.pads = new Gamepads(undefined, this.layouts);
    this.buttons = buttonsOf((name) => settings.get(name));
    settings.addEventListener('change', () => this.#arrange());
    this.#arrange();
  }

  #arrange() {
    this.buttons = buttonsOf((name) => this.#settings.get(name));
    this.pads.enableButton = this.buttons.enable;
    this.pads.turboButton = this.buttons.turbo;
    this.pads.talkButton = this.buttons.talkButton;
    this.pads.deadZone = this.#settings.get('deadZone');
  }

  /**
   * Tell of the buttons that were pressed since the last call, which count in the page that is
   * looked at. Return whether that of the emergency stop was: also under a dialog and without the
   * focus, but not in a hidden page, where browsers tell nothing new of gamepads.
   */
  pollButtons() {
    if (document.hidden) {
      this.#presses.forget();
      return false;
    }
    const pressed = this.#presses.take(this.pads.look(), Object.values(this.buttons));
    if (document.hasFocus() && !document.querySelector('dialog[open]')) {
      for (const name of COMMANDS) if (pressed.has(this.buttons[name])) this.emit('press', name);
    }
    return pressed.has(this.buttons.stopButton);
  }

  /** Return what the person does now. @param {Abilities} abilities @returns {PadInput} */
  read({ strafes = false, flies = false }) {
    this.pads.flies = flies;
    // A gamepad drives the page that is looked at, since several may be open for several robots.
    const pad = document.hasFocus() ? this.pads.poll() : null;
    return { motion: this.pads.motion(pad, strafes), pad: pad && this.#forRobot(pad),
      held: this.pads.holdsDeadMan(pad), isTurbo: this.pads.isTurbo(pad),
      talks: this.pads.talks(pad), hint: this.#hint(pad) };
  }

  /** A press that is for this page must not do something else on the robot, too.
   * @param {PadState} pad */
  #forRobot(pad) {
    const own = COMMANDS.map((name) => this.buttons[name]);
    const { axes, buttons } = this.pads.withoutDeadZone(pad);
    return { axes, buttons: buttons.map((value, n) => (own.includes(n) ? 0 : value)) };
  }

  /** @param {PadState | null} pad */
  #hint(pad) {
    if (this.pads.waitsForDeadMan(pad)) return this.#holdButtonText(this.pads.current?.id);
    return this.pads.unknownPressed
      ? unknownPadText(this.pads.connected.find((one) => !this.pads.isKnown(one))?.id) : '';
  }

  /** @param {string | undefined} id of the gamepad */
  #holdButtonText(id) {
    const assigned = id !== undefined && this.layouts.get(id)?.buttons;
    const button = assigned ? 'the button that you chose' : buttonName(this.pads.enableButton);
    return `Hold ${button} of ${padName(id)} to drive.`;
  }

  /** Say what it means that a gamepad was connected or removed. @param {GamepadEvent} event */
  textOf({ type, gamepad }) {
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
        + `does not come to rest. Let go of it. ${Math.abs(value) < END ? 'If it stays so, take its '
          + 'rest position over, or choose a larger dead zone'
          : 'If it stays so, it is a trigger, or a stick of another layout: assign the controls, or '
          + 'take the rest position over'}, under ${WHERE}.` }));
    return [...unknown, ...restless];
  }

  /** Let the sticks count only from the moment on when they are released. */
  letGo() {
    this.pads.clear();
  }

  /**
   * Return the part of the dialog with the options that is about gamepads.
   * @param {boolean} flies the robot moves up and down
   * @param {AbortSignal} closed the dialog is closed
   */
  options(flies, closed) {
    return padOptions({ input: this, settings: this.#settings, flies }, closed);
  }
}
