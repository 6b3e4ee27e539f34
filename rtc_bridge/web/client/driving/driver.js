// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Driving in one session: the lease, the emergency stop, and the commands that what a person does
 * becomes. It has no clock and no connection of its own.
 */

import { Arming } from './arming.js';
import { isIdle, NEUTRAL, padAtRest, toTwist } from './motion.js';

/**
 * @typedef {import('../messages.js').Message} Message
 * @typedef {import('./motion.js').Motion} Motion
 * @typedef {import('./motion.js').PadState} PadState
 * @typedef {import('./motion.js').TeleopLimits} TeleopLimits
 */

/**
 * Time between commands, ms: 25 a second, where the robot asks for 20. A stop is sent as often.
 */
export const COMMAND_PERIOD_MS = 40;
// One neutral command must arrive before the robot accepts motion, and the channel may lose some.
const NEUTRAL_COMMANDS = 3;
// After a pause of this length, as in a hidden tab, the robot's watchdog may have stopped it, ms.
const PAUSE_MS = 200;
// A press of Drive that brought no lease within this time is forgotten, ms: a stray key long after
// it must not take the lease.
const GRANT_TIMEOUT_MS = 5000;

/** Codes of refusals after which the robot accepts no motion before a neutral command. */
const STOPPING_REASONS = new Set(['neutral-first', 'stopped', 'frozen', 'guard', 'slow', 'camera',
  'other-bridge', 'two-guards', 'other-stop']);

/** Tell whether a role of the protocol may drive. @param {string} role */
export const roleDrives = (role) => role === 'drive' || role === 'supervise';

/**
 * @typedef {object} DriverOptions
 * @property {TeleopLimits} limits
 * @property {string} role
 * @property {{may_press?: boolean, may_release?: boolean}} [stop] what this person may do with the
 *   emergency stop; robots that do not tell let those who may drive do both
 * @property {(message: object) => void} sendControl sends on the reliable channel
 * @property {(message: object) => void} sendTeleop sends on the channel `teleop`
 * @property {() => number | null} [paintedFrame] RTP timestamp of the newest frame on the screen
 */

export class Driver {
  /** Epoch of the lease that this page holds; null: it holds none. @type {number | null} */
  epoch = null;
  /** The lease is held, perhaps by this page. */
  taken = false;
  /** Name of the lease's holder. @type {string | null} */
  holder = null;
  /** Name of a person who asks this page for its lease. @type {string | null} */
  requester = null;
  /** This page's own request waits for the holder's answer. */
  requestPending = false;
  /** The engaged emergency stop: the id to release it by, null if it is not engaged. */
  stopped = { id: /** @type {string | null} */ (null), by: '' };
  arming = new Arming();
  role;
  mayStop;
  mayRelease;
  #limits;
  #sendControl;
  #sendTeleop;
  #paintedFrame;
  #sequence = 0;
  /** The robot's newest nonce, which each command echoes so that its age is known.
   * @type {unknown} */
  #nonce;
  // So many commands are still neutral.
  #neutralCommands = 0;
  #moving = false;
  // Sequence number of the first command since the controls were last idle.
  #firstMoving = 0;
  #sentAt = -Infinity;
  #padSeen = false;
  /** When the button Drive was first seen to wait for the lease, ms. @type {number | null} */
  #waitsSince = null;
  /** Id of the other person's request. @type {unknown} */
  #request;
  #stopRequest = 0;
  #stopping = false;
  // The emergency stop of another bridge of this robot is engaged.
  #stoppedElsewhere = false;

  /** @param {DriverOptions} options */
  constructor({ limits, role, stop, sendControl, sendTeleop, paintedFrame = () => null }) {
    this.#limits = limits;
    this.role = role;
    this.mayStop = stop?.may_press ?? roleDrives(role);
    this.mayRelease = stop?.may_release ?? roleDrives(role);
    this.#sendControl = sendControl;
    this.#sendTeleop = sendTeleop;
    this.#paintedFrame = paintedFrame;
  }

  /** The robot allows driving. */
  get enabled() {
    return this.#limits.enabled === true;
  }

  get mayDrive() {
    return roleDrives(this.role) && this.enabled;
  }

  get armed() {
    return this.arming.armed;
  }

  /** The robot can move sideways. */
  get strafes() {
    return (this.#limits.max_linear_y ?? 0) > 0;
  }

  /** The robot can move up and down. */
  get flies() {
    return (this.#limits.max_linear_z ?? 0) > 0;
  }

  /** The robot has yet to confirm this page's emergency stop. */
  get stopping() {
    return this.#stopping;
  }

  /** @param {Message} message `lease` */
  onLease({ epoch, driver, name, asks, asked, request }) {
    const granted = Number.isFinite(epoch) ? epoch : null;
    const lost = this.epoch !== null && granted !== this.epoch;
    const declined = granted === null && this.requestPending && asked !== true;
    if (lost || declined) this.arming.disarm();
    if (granted !== null && granted !== this.epoch) {
      this.#waitsSince = null;
      this.#sequence = 0;
      this.#neutralCommands = NEUTRAL_COMMANDS;
      this.#nonce = undefined;
      this.#moving = false;
      // The holder chose the moment: what this person pushes meanwhile must not move the robot.
      if (this.requestPending) this.arming.lock();
    }
    this.epoch = granted;
    this.taken = driver === true || granted !== null;
    this.holder = typeof name === 'string' ? name : null;
    this.requester = typeof asks === 'string' ? asks : null;
    this.#request = request;
    this.requestPending = asked === true;
  }

  /** @param {Message} message `stop` */
  onStop({ latched, id, by, request }) {
    // Engaged or released: either way the robot must not move by what is pushed then.
    if ((latched === true) !== (this.stopped.id !== null)) this.arming.disarm();
    this.stopped = { id: latched === true ? String(id) : null, by: String(by ?? '') };
    // Another person's stop does not confirm this one: it may be released before this one arrives.
    if (request === this.#stopRequest) this.#stopping = false;
  }

  /** Take all that the robot tells of driving. @param {{code: string}[]} notices */
  onNotices(notices) {
    const stopped = notices.some(({ code }) => code === 'other-stop');
    if (stopped !== this.#stoppedElsewhere) this.arming.disarm();
    this.#stoppedElsewhere = stopped;
  }

  /** @param {Message} message `tick`, which has the nonce */
  onNonce({ tick }) {
    this.#nonce = tick;
  }

  /** @param {Message} message `refused` */
  onRefused({ reason, seq }) {
    // The notice of that stop may come later.
    if (reason === 'other-stop') this.arming.disarm();
    // The robot has stopped by itself, and what is still pushed must not start it again. A control
    // that has been released since the refused command may.
    if (STOPPING_REASONS.has(reason) && this.#moving && (seq ?? Infinity) >= this.#firstMoving) {
      this.arming.lock();
    }
  }

  /**
   * Ask for the lease, or send one command. To be called every COMMAND_PERIOD_MS, and at once when
   * a control has changed.
   * @param {number} now ms
   * @param {Motion} motion
   * @param {PadState | null} pad without its dead zone
   * @param {boolean} held the dead man's key or button is down
   * @returns {string} why a control that has just been pushed moves nothing: `arm`, `taken`,
   *   `role` or `disabled`; else ''
   */
  step(now, motion, pad = null, held = false) {
    // The channel may lose commands: this one is repeated until it is confirmed.
    if (this.#stopping) this.#sendTeleop({ type: 'stop', request: this.#stopRequest });
    const sendsPad = this.#limits.joy === true;
    const idle = isIdle(motion, sendsPad ? pad : null);
    const begins = this.arming.update(idle, held);
    if (!this.mayDrive && begins) return roleDrives(this.role) ? 'disabled' : 'role';
    if (this.epoch === null) return this.#stepWithoutLease(now, begins);
    const reason = begins && !this.armed ? 'arm' : '';
    // Without a nonce the robot would refuse the command.
    if (this.#nonce === undefined) return reason;
    if (now - this.#sentAt > PAUSE_MS && !this.#moving) {
      this.#neutralCommands = Math.max(this.#neutralCommands, 1);
    }
    const neutral = this.arming.locked || !this.armed || this.#neutralCommands > 0;
    this.#neutralCommands = Math.max(0, this.#neutralCommands - 1);
    const moving = !neutral && !idle;
    if (moving && !this.#moving) this.#firstMoving = this.#sequence + 1;
    this.#moving = moving;
    this.#sentAt = now;
    this.#command({ type: 'drive', ...toTwist(neutral ? NEUTRAL : motion, this.#limits) });
    if (sendsPad && (pad || this.#padSeen)) {
      // A gamepad that was removed is sent once, at rest.
      const state = pad ?? { axes: [0, 0, 0, 0], buttons: Array(17).fill(0) };
      this.#padSeen = pad !== null;
      this.#command({ type: 'joy', ...(neutral ? padAtRest(state) : state) });
    }
    return reason;
  }

  /** @param {number} now ms @param {boolean} begins */
  #stepWithoutLease(now, begins) {
    this.#forgetOldPress(now);
    if (!begins) return '';
    // A control does not ask another person for the lease: the page has a button for that.
    if (this.taken) return 'taken';
    if (!this.armed) return 'arm';
    this.#requestLease();
    return '';
  }

  /** Arm the page and take the lease, or ask its holder for it: the button Drive. */
  ask() {
    this.#arm();
    if (this.epoch === null) this.#requestLease();
  }

  /** Arm the page and take the lease from its holder, as those who supervise may. */
  takeOver() {
    this.#arm();
    this.#sendControl({ type: 'want', lease: true, take: true });
  }

  #arm() {
    this.#waitsSince = null;
    if (this.stopped.id === null && !this.#stoppedElsewhere) this.arming.press();
  }

  #requestLease() {
    this.#sendControl({ type: 'want', lease: true });
  }

  /**
   * Disarm if the button Drive was pressed long ago and no lease came of it.
   * @param {number} now ms
   */
  #forgetOldPress(now) {
    if (!this.arming.pressed || this.requestPending) {
      this.#waitsSince = null;
      return;
    }
    this.#waitsSince ??= now;
    if (now - this.#waitsSince > GRANT_TIMEOUT_MS) this.arming.disarm();
  }

  /** Give the lease to the person who asks. */
  handOver() {
    this.#sendControl({ type: 'yield', request: this.#request });
  }

  /** Keep the lease although a person asks for it. */
  refuse() {
    this.#sendControl({ type: 'refuse', request: this.#request });
  }

  /** Press the emergency stop, whoever drives; for those who `mayStop`. */
  emergencyStop() {
    this.arming.disarm();
    this.#stopRequest += 1;
    this.#stopping = true;
    this.#sendTeleop({ type: 'stop', request: this.#stopRequest });
  }

  /** Release the emergency stop that is engaged. */
  releaseStop() {
    if (this.stopped.id !== null) this.#sendControl({ type: 'release', id: this.stopped.id });
  }

  /** Give the lease back, or withdraw the request for it. */
  release() {
    this.arming.disarm();
    if (this.epoch === null && !this.requestPending) return;
    if (this.epoch !== null) this.taken = false;
    this.epoch = null;
    // The robot stops before it grants the lease to another person.
    this.#sendControl({ type: 'want', lease: false });
  }

  /** @param {{type: string}} message */
  #command({ type, ...members }) {
    this.#sequence += 1;
    this.#sendTeleop({ type, epoch: this.epoch, seq: this.#sequence, tick: this.#nonce,
      frame: this.#paintedFrame(), ...members });
  }
}
