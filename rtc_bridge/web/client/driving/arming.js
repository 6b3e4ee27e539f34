// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Whether what a person does may move the robot. It may while the page is armed, by the button
 * Drive or by a dead man's control that is held, and from the moment on when every control was
 * released: a key pressed by accident or a drifting stick moves nothing.
 */

export class Arming {
  /** Motion waits until every control has been released. */
  locked = false;
  #pressed = false;
  #held = false;
  // A dead man's control that is down from before does not arm until it has been released.
  #heldFromBefore = true;
  // What is pushed from before this session does not count as a beginning.
  #wasIdle = false;

  /** The button Drive was pressed: the page is armed until `disarm`. */
  press() {
    this.#pressed = true;
  }

  /** The lease is gone, or the robot was stopped: a person has to arm the page again. */
  disarm() {
    this.#pressed = this.#held = false;
    this.#heldFromBefore = true;
  }

  /** Motion waits until every control has been released: what is pushed was meant for before. */
  lock() {
    this.locked = true;
  }

  /**
   * Take the state of the controls; return whether one has begun to be pushed.
   * @param {boolean} idle nothing is pushed
   * @param {boolean} held the dead man's key or button is down
   */
  update(idle, held) {
    const begins = this.#wasIdle && !idle;
    this.#wasIdle = idle;
    if (!held) this.#heldFromBefore = false;
    this.#held = held && !this.#heldFromBefore;
    // What is pushed before the page is armed moves nothing afterwards either.
    this.locked = !idle && (this.locked || !this.armed);
    return begins;
  }

  /** The button Drive counts. */
  get pressed() {
    return this.#pressed;
  }

  get armed() {
    return this.#pressed || this.#held;
  }
}
