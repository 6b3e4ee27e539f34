// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Pings on the channel `control`: round trip, the robot's clock, and how long it may be silent.
 */

import { RobotClock } from '../measurements/robot_clock.js';

/** @typedef {import('../messages.js').Message} Message */

const PING_PERIOD_MS = 500;
const SILENCE_TIMEOUT_MS = 2000;

export class Liveness {
  /** Round trip of the newest ping, ms. @type {number | null} */
  roundTripMs = null;
  /** The robot's clock, by its answers. */
  clock = new RobotClock();
  #heardAt = 0;
  #timeoutMs = SILENCE_TIMEOUT_MS;
  #sendPing;
  #onSilent;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /**
   * @param {(id: number) => void} sendPing sends a ping with this id
   * @param {() => void} onSilent is called at each ping for as long as the robot is silent
   */
  constructor(sendPing, onSilent) {
    this.#sendPing = sendPing;
    this.#onSilent = onSilent;
  }

  /** Send pings from now on. */
  start() {
    let last = performance.now();
    this.#heardAt = last;
    const ping = () => {
      const now = performance.now();
      // While this computer slept nothing could be heard. The robot gets half its time again.
      if (now - last > 2 * PING_PERIOD_MS) {
        this.#heardAt = Math.max(this.#heardAt, now - SILENCE_TIMEOUT_MS / 2);
      }
      last = now;
      // The id is the time of sending, so that no table of pings is needed.
      this.#sendPing(now);
      if (now - this.#heardAt > this.#timeoutMs) this.#onSilent();
    };
    ping();
    this.#timer = setInterval(ping, PING_PERIOD_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** Note a sign of life: any message of the robot. */
  heard() {
    this.#heardAt = performance.now();
    this.#timeoutMs = SILENCE_TIMEOUT_MS;
  }

  /** Halve the time for the next sign of life: there is reason to think that the robot is gone. */
  expectSoon() {
    this.#timeoutMs = SILENCE_TIMEOUT_MS / 2;
  }

  /** True if the robot gave a sign of life within the last second. */
  get recent() {
    return performance.now() - this.#heardAt < 1000;
  }

  /** Take the robot's answer to a ping. @param {Message} pong */
  onPong({ id, time }) {
    if (!Number.isFinite(id)) return;
    const now = performance.now();
    this.roundTripMs = Math.max(0, now - id);
    this.clock.add(id, now, time);
  }
}
