// @ts-check
/**
 * Whether a person means this page to drive. A key that is pressed by accident, a cat on the keyboard
 * or a stick that drifts must not move a robot. Pure.
 */

export class Arming {
  #pressed = false;
  #held = false;
  // A dead man's control that is already down does not count before it was let go.
  #stale = true;

  /** The Drive button was pressed: armed until `disarm`. */
  press() {
    this.#pressed = true;
  }

  /** Tell whether the dead man's key or button is down: armed while it is. @param {boolean} held */
  hold(held) {
    if (!held) this.#stale = false;
    this.#held = held && !this.#stale;
  }

  /** The lease is gone, or the robot was stopped: a person has to arm the page again. */
  disarm() {
    this.#pressed = this.#held = false;
    this.#stale = true;
  }

  /** The Drive button counts. */
  get pressed() {
    return this.#pressed;
  }

  get armed() {
    return this.#pressed || this.#held;
  }
}
