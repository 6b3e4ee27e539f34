// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What the robot tells of each video slot of one session. */

/**
 * @typedef {object} SlotState
 * @property {string | null} camera that the slot shows
 * @property {string} state `live`, `still` (no new frame, which is usual for it), or `lost`
 * @property {number} sinceMs since when it is in this state, by `performance.now()`
 * @property {number} silenceS pauses between frames up to this long are usual, s
 */

export class SlotStates {
  /** Codecs of which this browser decoded nothing, so that the robot sends another one.
   * @type {string[]} */
  failedCodecs = [];
  /** @type {Map<number, SlotState>} */
  #states = new Map();

  /** @param {import('./messages.js').Message} message `slot` */
  onSlot({ slot, camera, state, since_s: age, silence_s: silence, failed_codecs: failed }) {
    this.#states.set(slot, { camera: camera ?? null, state,
      sinceMs: performance.now() - (Number(age) || 0) * 1000, silenceS: Number(silence) || 0 });
    this.failedCodecs = Array.isArray(failed) ? failed.map(String) : [];
  }

  /** Return what is known of a slot, or null. @param {number} slot */
  get(slot) {
    return this.#states.get(slot) ?? null;
  }
}
