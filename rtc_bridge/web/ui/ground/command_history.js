// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The commands of the last seconds: how far they have moved a robot since a moment. */

import { moved, ORIGIN } from './path_geometry.js';

/** @typedef {import('./path_geometry.js').Velocity} Velocity */

// Longer than any delay by which somebody could still drive, ms.
const KEPT_MS = 5000;

/** @param {Velocity} velocity */
const isStill = ({ ahead, left, turn }) => ahead === 0 && left === 0 && turn === 0;

/** Return the velocity that a command asks for; null: it is no command to drive.
 * @param {any} command as it is sent @returns {Velocity | null} */
export function velocityOf({ type, linear_x: ahead, linear_y: left = 0, angular_z: turn }) {
  return type === 'drive' && [ahead, left, turn].every(Number.isFinite) ? { ahead, left, turn }
    : null;
}

/** No clock of its own: `now` is in ms. */
export class CommandHistory {
  /** The robot stops after so long without a command, ms. */
  timeoutMs = Infinity;
  /** @type {{at: number, velocity: Velocity}[]} */
  #sent = [];

  /** Take a command that is sent now. @param {number} now @param {Velocity} velocity */
  add(now, velocity) {
    this.#sent = this.#sent.filter(({ at }) => now - at < KEPT_MS);
    this.#sent.push({ at: now, velocity });
  }

  clear() {
    this.#sent = [];
  }

  /** The velocity that holds now; null: none but zero. @param {number} now */
  newest(now) {
    const last = this.#sent.at(-1);
    return last && now - last.at < this.timeoutMs && !isStill(last.velocity) ? last.velocity : null;
  }

  /**
   * Return where the robot gets by what was sent in the last time, from where it was before that.
   * @param {number} now
   * @param {number} forMs
   */
  motion(now, forMs) {
    return this.#sent.reduce((pose, { at, velocity }, i) => {
      const begin = Math.max(at, now - forMs);
      const end = Math.min(this.#sent[i + 1]?.at ?? now, at + this.timeoutMs, now);
      return end > begin ? moved(pose, velocity, (end - begin) / 1000) : pose;
    }, ORIGIN);
  }
}
