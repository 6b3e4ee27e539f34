// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Driving over one connection, which outlives its sessions: the driver of the session that is
 * shown, the emergency stop that this page has pressed, and what this person may do, also while
 * the connection is away.
 */

import { Driver } from './driver.js';
import { Emitter } from '../messages.js';
import { readNotices } from './notices.js';
import { PendingStop } from './pending_stop.js';
import { RtcbotDriver } from './rtcbot_driver.js';

/**
 * @typedef {import('../messages.js').Message} Message
 * @typedef {import('./notices.js').Notice} Notice
 *
 * @typedef {object} TeleopOptions
 * @property {(session: import('../session/session.js').Session) => number | null} [paintedFrame] RTP
 *   timestamp of the newest frame that the driver can see: the robot moves only for those who see a
 *   fresh one; by default that of the newest frame received
 */

// For so long the page says beside the lease why a control moved nothing, ms.
const NOT_ARMED_TIME_MS = 4000;
const REFUSED_TIME_MS = 1000;

/**
 * Events: `change` when anything has changed; `granted` when this page gets the lease; `refused`
 * with the code of docs/protocol.md when the robot refuses a command; `command` with each command
 * that is sent.
 */
export class Teleop extends Emitter {
  /** Of the session that is shown; null until its robot has said hello.
   * @type {Driver | RtcbotDriver | null} */
  driver = null;
  /** The emergency stop that this page has pressed. */
  pendingStop = new PendingStop();
  /** What this person may do with the robot's emergency stop. */
  permissions = { press: false, release: false };
  /** This person may drive the robot. */
  mayDrive = false;
  /** The newest velocity that this page has asked for, m/s and rad/s.
   * @type {{linear_x?: number, linear_y?: number, angular_z?: number} | null} */
  command = null;
  /** What the robot has to say of driving. @type {Notice[]} */
  notices = [];
  #connection;
  #paintedFrame;
  #robot = '';
  #refusal = { reason: '', until: 0 };

  /**
   * @param {import('../robot_connection.js').RobotConnection} connection
   * @param {TeleopOptions} options
   */
  constructor(connection, { paintedFrame } = {}) {
    super();
    this.#connection = connection;
    this.#paintedFrame = paintedFrame ?? ((session) => session.newestRtpTimestamp(0));
    connection.on('session', () => this.#onSession());
    if (connection.session) this.#onSession();
    connection.on('change', () => this.#onConnectionChange());
    connection.on('teleop', (message) => this.#onTeleop(message));
    connection.handle({
      hello: (message) => this.#onHello(message),
      lease: (message) => this.#onLease(message),
      stop: (message) => this.#onStop(message),
      notices: (message) => {
        this.notices = readNotices(message.notices);
        if (this.driver instanceof Driver) this.driver.onNotices(this.notices);
      },
    });
  }

  /** The session is up. */
  get connected() {
    return this.#connection.session?.state === 'up';
  }

  /** The driver of a session that is up. */
  get activeDriver() {
    return this.connected ? this.driver : null;
  }

  /** Why the newest control or command moved nothing, if that is of now; else ''. */
  get refusal() {
    return performance.now() < this.#refusal.until ? this.#refusal.reason : '';
  }

  /**
   * Send what is due. To be called every COMMAND_PERIOD_MS, and at once when a control has
   * changed.
   * @param {import('./motion.js').Motion} motion
   * @param {import('./motion.js').PadState | null} pad without its dead zone
   * @param {boolean} held the dead man's key or button is down
   * @returns {string} as `Driver.step` does
   */
  step(motion, pad = null, held = false) {
    const driver = this.activeDriver;
    if (!driver) return '';
    const wasArmed = driver.armed;
    const reason = driver.step(performance.now(), motion, pad, held);
    if (reason === 'arm') this.#refuse(reason, NOT_ARMED_TIME_MS);
    if (reason === 'arm' || driver.armed !== wasArmed) this.emit('change');
    return reason;
  }

  /** Press the emergency stop: it is sent now, or when a connection comes about soon enough. */
  stop() {
    // A robot of RTCBot's has no emergency stop; this sends that it is to rest.
    if (this.driver instanceof RtcbotDriver) this.driver.release();
    if (!this.permissions.press) return;
    this.#connection.takeOver();
    const driver = this.activeDriver;
    console.debug('rtc_bridge: emergency stop pressed,', driver ? 'sent' : 'no connection');
    this.pendingStop.press(this.#robot, !!driver);
    driver?.emergencyStop();
    this.emit('change');
  }

  /** Take an emergency stop back that was not sent, or the message that it was not. */
  withdrawStop() {
    this.pendingStop.withdraw();
    this.emit('change');
  }

  /** Look at the connection and at the clock. To be called often while a stop is pending. */
  updatePendingStop() {
    const before = this.pendingStop.state;
    this.pendingStop.update(this.connected);
    if (this.pendingStop.state !== before) this.emit('change');
  }

  /** Give the lease back, or withdraw the request for it. */
  release() {
    this.driver?.release();
    this.emit('change');
  }

  #onSession() {
    const { session } = this.#connection;
    this.pendingStop.update(false);
    this.notices = [];
    this.driver = session?.kind === 'rtcbot'
      ? new RtcbotDriver((message) => session.sendControl(message)) : null;
  }

  #onConnectionChange() {
    this.updatePendingStop();
    if (this.#connection.hasFailedForGood) {
      this.pendingStop.expire();
      this.permissions = { press: false, release: false };
      this.mayDrive = false;
    } else if (this.activeDriver) {
      this.mayDrive = this.activeDriver.mayDrive;
    }
  }

  /** @param {Message} message */
  #onHello(message) {
    const { session } = this.#connection;
    if (!session) return;
    this.#robot = String(message.robot_id ?? 'rtc_bridge');
    const driver = new Driver({
      limits: message.teleop ?? {}, role: String(message.role), stop: message.stop,
      sendControl: (control) => session.sendControl(control),
      sendTeleop: (/** @type {any} */ command) => {
        if (command.type === 'drive') this.command = command;
        this.emit('command', command);
        session.sendTeleop(command);
      },
      paintedFrame: () => this.#paintedFrame(session),
    });
    this.driver = driver;
    this.mayDrive = driver.mayDrive;
    console.debug('rtc_bridge: role', driver.role, driver.mayDrive ? 'may drive' : 'may not drive');
    if (this.pendingStop.onConnected(this.#robot, driver.mayStop)) driver.emergencyStop();
  }

  /** @param {Message} message */
  #onLease(message) {
    if (!(this.driver instanceof Driver)) return;
    const had = this.driver.epoch;
    this.driver.onLease(message);
    const { epoch } = this.driver;
    if (had !== epoch) console.debug('rtc_bridge: lease', epoch === null ? 'lost' : epoch);
    if (had === null && epoch !== null) {
      this.#refusal.until = 0;
      this.emit('granted');
    }
  }

  /** @param {Message} message */
  #onStop(message) {
    const { driver, pendingStop } = this;
    if (!(driver instanceof Driver)) return;
    driver.onStop(message);
    this.permissions = { press: driver.mayStop, release: driver.mayRelease };
    // The robot has confirmed this page's stop. One that expired here has become needless if
    // another one is engaged.
    if (pendingStop.state === 'sent' ? !driver.stopping
      : pendingStop.state === 'expired' && driver.stopped.id !== null) pendingStop.confirm();
  }

  /** @param {Message} message */
  #onTeleop(message) {
    const { driver } = this;
    if (!(driver instanceof Driver)) return;
    if (message.type === 'tick') driver.onNonce(message);
    if (message.type === 'refused') {
      driver.onRefused(message);
      // Commands that were on the way when the lease was lost are refused, which is no news.
      if (driver.epoch !== null) this.emit('refused', message.reason);
      this.#refuse(message.reason, REFUSED_TIME_MS);
      this.emit('change');
    }
  }

  /** @param {string} reason @param {number} timeMs */
  #refuse(reason, timeMs) {
    this.#refusal = { reason, until: performance.now() + timeMs };
  }
}
