// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Gamepads shake on what must not be missed: felt without a look at the page. */

/** @typedef {'stop' | 'lost' | 'battery' | 'alarm'} RumbleKind */

/**
 * What is felt of each: how long, ms, and how strong, 0 to 1; with 0 it is a pause. A stop is one
 * long shake, a lost connection three short ones, an alarm two, and a low battery two weak ones.
 * @type {Readonly<Record<RumbleKind, readonly (readonly [number, number])[]>>}
 */
export const PATTERNS = {
  stop: [[600, 1]],
  lost: [[150, 0.9], [120, 0], [150, 0.9], [120, 0], [150, 0.9]],
  alarm: [[250, 0.7], [150, 0], [250, 0.7]],
  battery: [[350, 0.35], [300, 0], [350, 0.35]],
};
// What is worth more interrupts the rest.
const RANKS = ['battery', 'alarm', 'lost', 'stop'];

/**
 * Return the part of a gamepad that shakes; null if it has none, or the browser does not tell.
 * @param {Gamepad | null} pad
 */
function actuatorOf(pad) {
  const actuator = pad?.vibrationActuator;
  return typeof actuator?.playEffect === 'function' ? actuator : null;
}

export class Rumble {
  #pad;
  #isOn;
  /** @type {RumbleKind | null} */
  #running = null;
  #count = 0;

  /**
   * @param {() => Gamepad | null} pad the one that is in a person's hands
   * @param {() => boolean} isOn the person wants it
   */
  constructor(pad, isOn) {
    this.#pad = pad;
    this.#isOn = isOn;
  }

  /**
   * Shake once in the pattern of a kind.
   * @param {RumbleKind} kind
   */
  async pulse(kind) {
    const rank = (/** @type {RumbleKind | null} */ one) => (one === null ? -1 : RANKS.indexOf(one));
    if (!this.#isOn() || !actuatorOf(this.#pad()) || rank(kind) < rank(this.#running)) return;
    this.#count += 1;
    const count = this.#count;
    this.#running = kind;
    for (const [duration, strength] of PATTERNS[kind]) {
      if (strength) {
        // Not awaited: some browsers resolve it at once, some never when the gamepad is removed.
        // Browsers refuse it in a page that nobody has touched, or that is hidden.
        actuatorOf(this.#pad())?.playEffect('dual-rumble', { duration, startDelay: 0,
          strongMagnitude: strength, weakMagnitude: strength })?.catch(() => {});
      }
      await new Promise((resolve) => setTimeout(resolve, duration));
      if (count !== this.#count) return;
    }
    this.#running = null;
  }

  /**
   * Shake for an alarm of the page: each one of the battery, and others that are red. A lost
   * connection has a pattern of its own.
   * @param {{code?: unknown, level?: unknown}} alarm level: `red` or `amber`
   */
  onAlarm({ code, level }) {
    if (code === 'battery') this.pulse('battery');
    else if (level === 'red' && code !== 'link') this.pulse('alarm');
  }
}

/**
 * Shake when the robot's emergency stop is engaged, whoever has pressed it, and when the connection
 * of a person who may drive is lost. What was so before the page was there is no news.
 * @param {Rumble} rumble
 * @param {import('../../client/robot_connection.js').RobotConnection} connection
 * @param {import('../../client/driving/teleop.js').Teleop} teleop
 */
export function rumbleOnStopAndLoss(rumble, connection, teleop) {
  let isStopped = /** @type {boolean | null} */ (null);
  connection.handle({ stop: ({ latched }) => {
    if (isStopped === false && latched === true) rumble.pulse('stop');
    isStopped = latched === true;
  } });
  let couldDrive = false;
  const followLink = () => {
    const { link } = connection;
    if (link === 'up') {
      couldDrive = teleop.mayDrive;
    } else if (couldDrive && (link === 'lost' || connection.hasFailedForGood)) {
      couldDrive = false;
      rumble.pulse('lost');
    } else if (link === 'setup') {
      // The page itself has ended the connection before, as when it is left.
      couldDrive = false;
    }
  };
  connection.on('change', followLink);
  // The connection may be up already.
  followLink();
}
