// @ts-check
/** All that hands can drive with, joined: keys, sticks on the screen, gamepad. */

import { combine, NEUTRAL } from '../client/driver.js';
import { buttonName, Gamepads, known, withoutDeadZone } from './gamepad.js';
import { KeyState, listenToKeyboard } from './keyboard.js';
import { element } from './status_panel.js';
import { Stick } from './stick.js';

/** @typedef {import('../client/driver.js').Hands} Hands */
/** @typedef {import('../client/driver.js').Pad} Pad */

const UNKNOWN = 'This browser does not know the layout of that gamepad: it does not drive.';

export class Inputs {
  #keys = new KeyState();
  #pads = new Gamepads();
  /** The right one, and the left one. @type {Stick[]} */
  #sticks;
  #settings;
  #strafes = false;
  #fingers = matchMedia('(pointer: coarse)');
  #area;
  #shown = false;

  /**
   * @param {HTMLElement} area that must have the focus for the keys
   * @param {import('./settings.js').Settings} settings
   * @param {() => void} changed
   * @param {() => void} emergency
   */
  constructor(area, settings, changed, emergency) {
    const { signal } = new AbortController();
    this.#area = area;
    this.#settings = settings;
    this.#sticks = ['stick', 'stick2'].map((id) => new Stick(element(id, HTMLElement), changed,
      signal));
    listenToKeyboard(area, this.#keys, changed, (command) => {
      if (command === 'emergency') emergency();
      else if (command === 'halt') this.letGo();
      else settings.change(command === 'faster' ? 1 : -1);
    }, signal);
    settings.addEventListener('change', () => this.#arrange());
    this.#fingers.addEventListener('change', () => this.#arrange());
    addEventListener('gamepaddisconnected', changed);
    // What goes up while a menu is open is told to nobody.
    addEventListener('contextmenu', (event) => !event.defaultPrevented && this.letGo());
    this.#arrange();
  }

  /** Show the sticks, for a robot that goes sideways or not. @param {boolean} shown @param {boolean} strafes */
  show(shown, strafes) {
    if (shown === this.#shown && strafes === this.#strafes) return;
    this.#shown = shown;
    this.#strafes = strafes;
    this.#arrange();
  }

  #arrange() {
    const choice = this.#settings.get('sticks');
    const two = choice === 'two' || (choice === 'auto' && this.#fingers.matches);
    const off = !this.#shown || choice === 'off';
    const [right, left] = ['stick', 'stick2'].map((id) => element(id, HTMLElement));
    right.hidden = off;
    left.hidden = off || !two;
    if (off) for (const stick of this.#sticks) stick.clear();
    right.setAttribute('aria-label', two ? 'Right stick: turn' : 'Stick: drive and turn');
    left.setAttribute('aria-label',
      `Left stick: forward and back${this.#strafes ? ', and sideways' : ''}`);
    this.#sticks[0].kind = two ? 'turn' : 'all';
    this.#sticks[1].kind = this.#strafes ? 'slide' : 'move';
    this.#keys.strafes = this.#strafes;
    this.#keys.deadMan = this.#settings.get('deadMan');
    this.#pads.enable = this.#settings.get('enable');
    this.#pads.turbo = this.#settings.get('turbo');
    this.#pads.stop = this.#settings.get('stopButton');
    this.#pads.zone = this.#settings.get('deadZone');
  }

  /** The keys drive. */
  get focused() {
    return document.activeElement === this.#area && document.hasFocus();
  }

  /**
   * Return whether a gamepad's button of the emergency stop was pressed since the last call; under a
   * dialog and without the focus, too.
   */
  stopPressed() {
    // Browsers tell nothing new of gamepads there.
    if (document.hidden) this.#pads.forgetStop();
    return !document.hidden && this.#pads.stopPressed();
  }

  /**
   * Return what the hands do now, scaled by the chosen speed; the gamepad without its dead zone; whether
   * the dead man's key or button is held; and what a person should know who moves something in vain.
   * @returns {{hands: Hands, pad: Pad | null, held: boolean, hint: string}}
   */
  read() {
    if (document.hidden || document.querySelector('dialog[open]')) {
      this.#pads.clear();
      return { hands: NEUTRAL, pad: null, held: false, hint: '' };
    }
    // Of several robots' pages a gamepad drives the one that is looked at.
    const pad = document.hasFocus() ? this.#pads.poll() : null;
    const [speed, turning] = this.#pads.fast(pad) ? [1, 1]
      : [this.#settings.get('speed'), this.#settings.get('turn')];
    const { x, y, turn } = combine([this.#keys.hands, ...this.#sticks.map(({ hands }) => hands),
      this.#pads.hands(pad, this.#strafes)]);
    const hint = this.#pads.waits(pad) ? this.#holdButton : this.#pads.unknown ? UNKNOWN
      : this.#keys.waits ? 'Hold F or Enter to drive.' : '';
    return { hands: { x: x * speed, y: y * speed, turn: turn * turning },
      pad: pad && withoutDeadZone(pad, this.#pads.zone), held: this.#keys.holds || this.#pads.holds(pad),
      hint };
  }

  get #holdButton() {
    return `Hold ${buttonName(this.#pads.enable)} of the gamepad to drive.`;
  }

  /** Say what a gamepad that came or went means. @param {GamepadEvent} event */
  news({ type, gamepad }) {
    if (!known(gamepad)) return type === 'gamepadconnected' ? UNKNOWN : '';
    if (type !== 'gamepadconnected') return 'The gamepad is gone.';
    return this.#pads.enable < 0 ? 'The gamepad drives after Drive is pressed.' : this.#holdButton;
  }

  /** Let go of everything: a person who looks elsewhere does not drive. */
  letGo() {
    this.#keys.clear();
    this.#pads.clear();
    // These tell.
    for (const stick of this.#sticks) stick.clear();
  }
}
