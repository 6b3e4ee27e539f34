// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Driving a robot of RTCBot's, which knows neither leases nor an emergency stop: the page sends no
 * motion before a person has armed it. It has those members of a `Driver` that people see.
 */

import { Arming } from './arming.js';
import { isIdle, NEUTRAL, toRtcbot } from './motion.js';

export class RtcbotDriver {
  role = 'drive';
  /** Such a robot takes commands of everybody. */
  hasLease = false;
  enabled = true;
  mayDrive = true;
  mayStop = false;
  mayRelease = false;
  strafes = false;
  flies = false;
  stopping = false;
  taken = false;
  requestPending = false;
  /** @type {string | null} */
  requester = null;
  /** @type {string | null} */
  holder = null;
  stopped = { id: null, by: '' };
  arming = new Arming();
  #send;
  #sent = JSON.stringify(toRtcbot(NEUTRAL));

  /** @param {(message: object) => void} send sends on the robot's only channel */
  constructor(send) {
    this.#send = send;
  }

  get armed() {
    return this.arming.armed;
  }

  /** As if there were a lease: not null while this page drives. */
  get epoch() {
    return this.armed ? 0 : null;
  }

  /**
   * Send the motion if it has changed. To be called as `Driver.step`.
   * @param {number} _now
   * @param {import('./motion.js').Motion} motion
   * @param {import('./motion.js').PadState | null} _pad
   * @param {boolean} held the dead man's key or button is down
   * @returns {string} `arm` if a control that has just been pushed moves nothing, else ''
   */
  step(_now, motion, _pad = null, held = false) {
    const begins = this.arming.update(isIdle(motion), held);
    const command = toRtcbot(this.arming.locked ? NEUTRAL : motion);
    const text = JSON.stringify(command);
    if (text !== this.#sent) this.#send(command);
    this.#sent = text;
    return begins && !this.armed ? 'arm' : '';
  }

  ask() {
    this.arming.press();
  }

  takeOver() {
    this.ask();
  }

  release() {
    this.arming.disarm();
  }

  // What belongs to a lease or an emergency stop is never offered for such a robot.
  handOver() {}

  refuse() {}

  emergencyStop() {}

  releaseStop() {}
}
