// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Assigning a gamepad's controls by hand: one step after the other, by what a person moves. */

/**
 * @typedef {import('../client/motion.js').PadState} PadState
 * @typedef {import('./gamepad_layout.js').Layout} Layout
 * @typedef {import('./gamepad_layout.js').AxisUse} AxisUse
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
// Larger values are of a cross (hat) that is coded as one axis.
const LARGEST = 1.05;

/**
 * @param {{flies: boolean, enable: number, stop: number}} wanted flies: the robot moves up and
 *   down; enable and stop: numbers of the buttons to hold for driving, and of the emergency stop;
 *   -1: none
 * @returns {Step[]}
 */
export const stepsFor = ({ flies, enable, stop }) => [
  { text: 'Push the stick for driving forward.', axis: 1 },
  { text: 'Push the stick for turning to the left.', axis: 0 },
  { text: 'Push the second stick to the left.', axis: 2, optional: true },
  ...(flies ? [{ text: 'Push the stick for moving up upwards.', axis: 3,
    optional: true }] : []),
  ...(enable < 0 ? [] : [{ text: 'Press the button that is to be held for driving.',
    button: enable }]),
  ...(stop < 0 ? [] : [{ text: 'Press the button for the emergency stop.', button: stop,
    optional: true }]),
];

export class Assignment {
  #steps;
  #number = 0;
  #rest;
  #restButtons;
  /** @type {(AxisUse | null)[]} */
  #axes = [null, null, null, null];
  /** @type {Record<number, number>} */
  #buttons = {};
  // What was found in this step and has yet to be let go.
  #waits = false;
  #problem = '';

  /**
   * @param {PadState} atRest the gamepad while nobody touches it
   * @param {Step[]} steps
   */
  constructor(atRest, steps) {
    this.#rest = atRest.axes.map((value) => (Number.isFinite(value) ? value : 0));
    this.#restButtons = atRest.buttons.map((value) => value > 0.5);
    this.#steps = steps;
  }

  get done() {
    return this.#number >= this.#steps.length;
  }

  /** What the person is to do now, and what was wrong. */
  get text() {
    const step = this.#steps[this.#number];
    if (!step) return 'Done.';
    return this.#waits ? 'Now let it go.' : [this.#problem, step.text].filter(Boolean).join(' ');
  }

  get isOptional() {
    return this.#steps[this.#number]?.optional === true;
  }

  /** @returns {Layout} */
  get layout() {
    return { axes: this.#axes, buttons: this.#buttons };
  }

  /** Leave out a step that may be left out. */
  skip() {
    if (this.isOptional) this.#next();
  }

  /** Take the gamepad's state. To be called often. @param {PadState} pad */
  take(pad) {
    const step = this.#steps[this.#number];
    if (!step) return;
    if (this.#waits) {
      if (this.#isAtRest(pad)) this.#next();
      return;
    }
    if (step.axis === undefined) this.#takeButton(pad, step.button ?? 0);
    else this.#takeAxis(pad, step.axis);
  }

  /** @param {PadState} pad @param {number} target */
  #takeAxis(pad, target) {
    let [axis, change] = [-1, PUSHED];
    pad.axes.forEach((value, n) => {
      const distance = Math.abs(value - (this.#rest[n] ?? 0));
      if (distance > change && Math.abs(value) <= LARGEST && Math.abs(this.#rest[n] ?? 0) <= LARGEST) {
        [axis, change] = [n, distance];
      }
    });
    if (axis < 0) {
      const isOther = this.#pressed(pad) >= 0 || pad.axes.some((value) => Math.abs(value) > LARGEST
        && !this.#rest.includes(value));
      if (isOther) this.#problem = 'That is a button or a cross; a stick is needed here.';
      return;
    }
    if (this.#axes.some((use) => use?.axis === axis)) {
      this.#problem = 'That one has another meaning already.';
      return;
    }
    const rest = Math.max(-1, Math.min(1, this.#rest[axis]));
    this.#axes[target] = { axis, sign: pad.axes[axis] > rest ? -1 : 1,
      rest: Math.round(rest * 1000) / 1000 + 0 };
    this.#waits = true;
  }

  /** @param {PadState} pad @param {number} target */
  #takeButton(pad, target) {
    const button = this.#pressed(pad);
    if (button < 0) {
      const isAxis = pad.axes.some((value, n) => Math.abs(value - (this.#rest[n] ?? 0)) > PUSHED);
      if (isAxis) this.#problem = 'That is an axis, as triggers often are; choose a button.';
      return;
    }
    if (Object.values(this.#buttons).includes(button)) {
      this.#problem = 'That one has another meaning already.';
      return;
    }
    this.#buttons[target] = button;
    this.#waits = true;
  }

  /** Return the number of a button that was pressed since the beginning; -1: none.
   * @param {PadState} pad */
  #pressed(pad) {
    return pad.buttons.findIndex((value, n) => value > 0.5 && !this.#restButtons[n]);
  }

  /** @param {PadState} pad */
  #isAtRest(pad) {
    return pad.axes.every((value, n) => Math.abs(value - (this.#rest[n] ?? 0)) < LET_GO
      || Math.abs(value) > LARGEST) && pad.buttons.every((value, n) => value < 0.5
      || this.#restButtons[n]);
  }

  #next() {
    this.#number += 1;
    this.#waits = false;
    this.#problem = '';
  }
}
