// @ts-check
/**
 * An emergency stop from the press to the robot's confirmation, also over a lost connection. What was
 * not sent for some seconds is given up: then somebody else may have the robot in hand. Pure.
 *
 * `sent`: the robot has yet to confirm, and it is sent again and again. `unsent`: there is no connection;
 * it is sent if one comes in time. `expired`: none came, which a person has to know. `idle`: none of these.
 *
 * @typedef {'idle' | 'sent' | 'unsent' | 'expired'} State
 */

/** A stop that cannot be sent is given up after this, ms, counted from the press. */
export const STOP_LIFE = 10_000;

export class PendingStop {
  /** @type {State} */
  state = 'idle';
  /** The robot that it is for; '' if no robot has said its name yet. */
  robot = '';
  /** It was sent at least once, so the robot may know. */
  sent = false;
  #clocks;
  /** @type {number[]} */
  #pressed = [];

  /**
   * @param {(() => number)[]} clocks in ms; the one that went furthest counts, since one of the browser's
   *   stands still while a computer sleeps, and the other one may be set back
   */
  constructor(clocks = [() => performance.now(), () => Date.now()]) {
    this.#clocks = clocks;
  }

  /** How long it is still kept, ms. */
  get left() {
    return STOP_LIFE - Math.max(...this.#clocks.map((clock, i) => clock() - this.#pressed[i]));
  }

  /** @param {string} robot @param {boolean} connected */
  press(robot, connected) {
    this.#pressed = this.#clocks.map((clock) => clock());
    this.robot = robot;
    this.sent = connected;
    this.state = connected ? 'sent' : 'unsent';
  }

  /** The robot has it. */
  confirm() {
    this.state = 'idle';
  }

  /** A person takes it back, or has read that it expired. */
  withdraw() {
    this.state = 'idle';
  }

  /** The session came to an end for good. */
  end() {
    if (this.state === 'sent' || this.state === 'unsent') this.state = 'expired';
  }

  /** Look at the clock and at the connection. @param {boolean} connected */
  update(connected) {
    if (this.state === 'sent' && !connected) this.state = 'unsent';
    if (this.state === 'unsent' && !(this.left > 0)) this.state = 'expired';
  }

  /**
   * A robot is there; return whether the stop is to be sent to it now.
   * @param {string} robot
   * @param {boolean} may this person may press the stop
   */
  onConnected(robot, may) {
    this.update(false);
    if (this.state !== 'unsent') return false;
    this.state = may && (!this.robot || this.robot === robot) ? 'sent' : 'expired';
    this.sent ||= this.state === 'sent';
    return this.state === 'sent';
  }
}
