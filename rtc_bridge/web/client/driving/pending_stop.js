// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * An emergency stop from the press to the robot's confirmation, also over a lost connection.
 *
 * `sent`: the robot has yet to confirm, and the stop is sent again and again. `unsent`: there is
 * no connection; the stop is sent if one comes in time. `expired`: none came, which a person has
 * to know. `idle`: none of these.
 *
 * @typedef {'idle' | 'sent' | 'unsent' | 'expired'} StopState
 */

/**
 * A stop that cannot be sent is given up so long after the press, ms: later somebody else may have
 * taken care of the robot.
 */
export const STOP_LIFE_MS = 10_000;

export class PendingStop {
  /** @type {StopState} */
  state = 'idle';
  /** It was sent at least once, so the robot may have stopped. */
  sent = false;
  /** Name of the robot that it is for; '' before a robot has told its name. */
  #robot = '';
  #clocks;
  /** When it was pressed, by each clock. @type {number[]} */
  #pressedAt = [];

  /**
   * @param {(() => number)[]} clocks in ms; the one that has advanced most counts: the browser's
   *   steady clock stands still while a computer sleeps, and the other one may be set back
   */
  constructor(clocks = [() => performance.now(), () => Date.now()]) {
    this.#clocks = clocks;
  }

  /** How long it is still kept, ms. */
  get remainingMs() {
    return STOP_LIFE_MS - Math.max(...this.#clocks.map((clock, i) => clock() - this.#pressedAt[i]));
  }

  /** @param {string} robot its name @param {boolean} connected */
  press(robot, connected) {
    this.#pressedAt = this.#clocks.map((clock) => clock());
    this.#robot = robot;
    this.sent = connected;
    this.state = connected ? 'sent' : 'unsent';
  }

  /** The robot has stopped. */
  confirm() {
    this.state = 'idle';
  }

  /** A person takes it back, or has read that it expired. */
  withdraw() {
    this.state = 'idle';
  }

  /** There will be no connection any more. */
  expire() {
    if (this.state === 'sent' || this.state === 'unsent') this.state = 'expired';
  }

  /** Look at the clocks and at the connection. @param {boolean} connected */
  update(connected) {
    if (this.state === 'sent' && !connected) this.state = 'unsent';
    if (this.state === 'unsent' && !(this.remainingMs > 0)) this.state = 'expired';
  }

  /**
   * A robot is connected; return whether the stop is to be sent to it now.
   * @param {string} robot its name
   * @param {boolean} mayStop this person may press its emergency stop
   */
  onConnected(robot, mayStop) {
    this.update(false);
    if (this.state !== 'unsent') return false;
    this.state = mayStop && (!this.#robot || this.#robot === robot) ? 'sent' : 'expired';
    this.sent ||= this.state === 'sent';
    return this.state === 'sent';
  }
}
