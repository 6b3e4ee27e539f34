// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Assigning a gamepad's controls by hand: one step after the other, by what a person moves. */

import { LARGEST } from './gamepad_layout.js';
import { joined, middle, RestMeasurement, zoneFor } from './gamepad_rest.js';

/**
 * @typedef {import('../../client/driving/motion.js').PadState} PadState
 * @typedef {import('./gamepad_layout.js').Layout} Layout
 * @typedef {import('./gamepad_layout.js').AxisUse} AxisUse
 * @typedef {import('./gamepad_layout.js').AxisButton} AxisButton
 * @typedef {import('./gamepad_buttons.js').ButtonSetting} ButtonSetting
 *
 * @typedef {object} Step
 * @property {string} text what the person is to do
 * @property {number} [axis] number in the standard mapping; the stick is pushed to its negative end
 * @property {number} [button] number in the standard mapping
 * @property {boolean} [optional]
 */

// An axis counts as pushed, and as let go, from this distance to its rest position on.
const PUSHED = 0.5;
const LET_GO = 0.25;
// Between two looks an axis that is let go changes by less.
const STEADY = 0.02;
const HANDS_OFF = 'Do not touch the gamepad’s sticks and buttons for a second.';
const TAKEN = 'That one has another meaning already.';

/** What a person reads of each button, in the order of the steps.
 * @type {[ButtonSetting, string][]} */
const BUTTON_STEPS = [
  ['enable', 'Press the button that is to be held for driving.'],
  ['stopButton', 'Press the button for the emergency stop.'],
  ['takeButton', 'Press the button for Drive (and to release the emergency stop).'],
  ['releaseButton', 'Press the button to stop driving.'],
  ['turbo', 'Press the button that is to be held for full speed.'],
  ['fasterButton', 'Press the button for more speed.'],
  ['slowerButton', 'Press the button for less speed.'],
  ['previousCameraButton', 'Press the button for the camera before.'],
  ['nextCameraButton', 'Press the button for the next camera.'],
  ['talkButton', 'Press the button that is to be held to talk.'],
];

/**
 * @param {boolean} flies the robot moves up and down
 * @param {Record<ButtonSetting, number>} buttons the number of each; -1: none
 * @returns {Step[]}
 */
export const stepsFor = (flies, buttons) => [
  { text: 'Push the stick for driving forward.', axis: 1 },
  { text: 'Push the stick for turning to the left.', axis: 0 },
  { text: 'Push the second stick to the left.', axis: 2, optional: true },
  ...(flies ? [{ text: 'Push the stick for moving up upwards.', axis: 3,
    optional: true }] : []),
  ...BUTTON_STEPS.flatMap(([name, text]) => (buttons[name] < 0 ? []
    : [{ text, button: buttons[name], optional: name !== 'enable' }])),
];

export class Assignment {
  #steps;
  #number = 0;
  /** Before the first step, and after the last one. */
  #before = new RestMeasurement();
  #after = new RestMeasurement();
  #rest = /** @type {number[]} */ ([]);
  /** Those that are down all the time. @type {boolean[] | null} */
  #stuckButtons = null;
  /** @type {(AxisUse | null)[]} */
  #axes = [null, null, null, null];
  /** @type {Record<number, number | AxisButton>} */
  #buttons = {};
  /** What was found in this step and has yet to be let go: a button's number, or an axis with the
   * value to let go of.
   * @type {{button: number} | {axis: number, at: number, isButton: boolean} | null} */
  #held = null;
  /** The axes at the last look. @type {readonly number[]} */
  #last = [];
  #problem = '';

  /** @param {Step[]} steps */
  constructor(steps) {
    this.#steps = steps;
  }

  get done() {
    return this.#after.done;
  }

  /** What the person is to do now, and what was wrong. */
  get text() {
    const { moved } = this.#before.done ? this.#after : this.#before;
    if (this.#isMeasuring) return moved ? `It has moved. ${HANDS_OFF}` : HANDS_OFF;
    if (this.#held) return 'Now let it go.';
    return [this.#problem, this.#steps[this.#number].text].filter(Boolean).join(' ');
  }

  /** Which step this is, of how many; null while the rest position is measured.
   * @returns {[number, number] | null} */
  get progress() {
    return this.#isMeasuring ? null : [this.#number + 1, this.#steps.length];
  }

  get isOptional() {
    return !this.#isMeasuring && this.#steps[this.#number].optional === true;
  }

  /** The steps from here on may all be left out. */
  get mayFinish() {
    return this.isOptional && this.#steps.slice(this.#number).every(({ optional }) => optional);
  }

  get #isMeasuring() {
    return !this.#before.done || this.#number >= this.#steps.length;
  }

  /** @returns {Layout} */
  get layout() {
    const [before, after] = [this.#before.ranges, this.#after.ranges];
    const ranges = before.map((range, n) => joined(range, after[n] ?? range));
    const sticks = this.#axes.flatMap((use) => (use ? [ranges[use.axis]] : []));
    return {
      axes: this.#axes.map((use) => use && ({ ...use, rest: limited(middle(ranges[use.axis])) })),
      // Browsers show a trigger at 0 until it is moved for the first time.
      buttons: Object.fromEntries(Object.entries(this.#buttons).map(([name, use]) => [name,
        typeof use === 'number' ? use
          : { ...use, rest: rounded(middle(after[use.axis] ?? before[use.axis])) }])),
      zone: zoneFor(sticks),
    };
  }

  /** Leave out a step that may be left out. */
  skip() {
    if (this.isOptional) this.#next();
  }

  /** Leave out all that follows. */
  finish() {
    while (this.mayFinish) this.#next();
  }

  /** Take the gamepad's state. To be called often. @param {PadState} pad */
  take(pad) {
    const axes = pad.axes.map((value) => (Number.isFinite(value) ? value : 0));
    const state = { axes, buttons: pad.buttons };
    if (!this.#before.done) this.#measureBefore(state);
    else if (this.#number >= this.#steps.length) this.#after.take(axes);
    else if (this.#held) this.#waitUntilLetGo(state);
    else if (this.#steps[this.#number].axis !== undefined) this.#takeAxis(state);
    else this.#takeButton(state);
    this.#last = axes;
  }

  /** @param {PadState} pad */
  #measureBefore({ axes, buttons }) {
    this.#before.take(axes);
    this.#rest = this.#before.ranges.map(middle);
    this.#stuckButtons = buttons.map((value, n) => value > 0.5
      && this.#stuckButtons?.[n] !== false);
  }

  /** @param {PadState} pad */
  #takeAxis(pad) {
    const axis = this.#pushedAxis(pad.axes, (n) => Math.abs(pad.axes[n]) <= LARGEST
      && Math.abs(this.#rest[n]) <= LARGEST);
    if (axis < 0) {
      const isOther = this.#pressed(pad) >= 0 || this.#pushedAxis(pad.axes, () => true) >= 0;
      if (isOther) this.#problem = 'That is a button or a cross; a stick is needed here.';
      return;
    }
    if (this.#axes.some((use) => use?.axis === axis)) {
      this.#problem = TAKEN;
      return;
    }
    const rest = limited(this.#rest[axis]);
    this.#axes[this.#steps[this.#number].axis ?? 0] = { axis,
      sign: pad.axes[axis] > rest ? -1 : 1, rest };
    this.#held = { axis, at: pad.axes[axis], isButton: false };
  }

  /** @param {PadState} pad */
  #takeButton(pad) {
    const target = this.#steps[this.#number].button ?? 0;
    const button = this.#pressed(pad);
    if (button >= 0) {
      if (Object.values(this.#buttons).includes(button)) {
        this.#problem = TAKEN;
        return;
      }
      this.#buttons[target] = button;
      this.#held = { button };
      return;
    }
    const axis = this.#pushedAxis(pad.axes, () => true);
    // Where it comes to lie: a trigger is on the way for some looks.
    if (axis < 0 || Math.abs(pad.axes[axis] - (this.#last[axis] ?? 0)) > STEADY) return;
    const at = pad.axes[axis];
    const isTaken = this.#axes.some((use) => use?.axis === axis)
      || Object.values(this.#buttons).some((use) => typeof use === 'object' && use.axis === axis
        && Math.abs(use.at - at) < LET_GO);
    if (isTaken) {
      this.#problem = TAKEN;
      return;
    }
    this.#buttons[target] = { axis, rest: rounded(this.#rest[axis]), at: rounded(at) };
    this.#held = { axis, at, isButton: true };
  }

  /** Return the axis that is farthest from its rest position; -1: none is pushed.
   * @param {number[]} axes @param {(axis: number) => boolean} counts */
  #pushedAxis(axes, counts) {
    let [found, change] = [-1, PUSHED];
    axes.forEach((value, n) => {
      // The directions of a hat are closer together.
      const isHat = Math.abs(this.#rest[n] ?? 0) > LARGEST;
      const distance = isHat && Math.abs(value - this.#rest[n]) > LET_GO ? PUSHED + 1
        : Math.abs(value - (this.#rest[n] ?? 0));
      if (distance > change && counts(n)) [found, change] = [n, distance];
    });
    return found;
  }

  /** Return the number of a button that was pressed since the beginning; -1: none.
   * @param {PadState} pad */
  #pressed(pad) {
    return pad.buttons.findIndex((value, n) => value > 0.5 && !this.#stuckButtons?.[n]);
  }

  /** @param {PadState} pad */
  #waitUntilLetGo(pad) {
    const held = this.#held;
    if (!held || this.#pressed(pad) >= 0) return;
    const isSteady = (/** @type {number} */ n) => (
      Math.abs(pad.axes[n] - (this.#last[n] ?? 0)) <= STEADY);
    if ('axis' in held) {
      const value = pad.axes[held.axis] ?? 0;
      const isAway = Math.abs(value - this.#rest[held.axis]) < LET_GO
        // A trigger may rest elsewhere than it seemed to before it was moved.
        || (held.isButton && Math.abs(value - held.at) > PUSHED);
      if (!isAway || !isSteady(held.axis)) return;
    }
    if (this.#steps[this.#number].button !== undefined) {
      // Some gamepads have a trigger as a button and as an axis, too.
      const others = pad.axes.map((_, n) => n).filter(
        (n) => !this.#axes.some((use) => use?.axis === n));
      if (!others.every(isSteady)) return;
      for (const n of others) this.#rest[n] = pad.axes[n];
    }
    this.#next();
  }

  #next() {
    this.#number += 1;
    this.#held = null;
    this.#problem = '';
  }
}

/** @param {number} value */
const rounded = (value) => Math.round(value * 1000) / 1000 + 0;

/** @param {number} value */
const limited = (value) => Math.max(-1, Math.min(1, rounded(value)));
