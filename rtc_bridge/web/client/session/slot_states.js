// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What the robot tells of each video slot of one session. */

/**
 * @typedef {object} PictureReason why a slot shows nothing, or less than it should
 * @property {string} code for programs, see docs/protocol.md
 * @property {string} text for people
 * @property {Record<string, string | number>} values
 *
 * @typedef {object} SlotState
 * @property {string | null} camera that the slot shows
 * @property {string} state `waiting` (no frame yet), `live`, `still` (no new frame, which is usual
 *   for it), or `lost`
 * @property {number} sinceMs since when it is in this state, by `performance.now()`
 * @property {number} silenceS pauses between frames up to this long are usual, s
 * @property {number | null} [firstRtp] RTP timestamp of the first frame of this camera; null: none
 *   was sent yet; undefined: the robot does not tell
 * @property {PictureReason | null} [reason] null: all is well
 */

export class SlotStates {
  /** Codecs of which this browser decoded nothing, so that the robot sends another one.
   * @type {string[]} */
  failedCodecs = [];
  /** @type {Map<number, SlotState>} */
  #states = new Map();

  /** @param {import('../messages.js').Message} message `slot` */
  onSlot({ slot, camera, state, since_s: age, silence_s: silence, failed_codecs: failed,
    first_rtp: first, reason }) {
    this.#states.set(slot, { camera: camera ?? null, state,
      sinceMs: performance.now() - (Number(age) || 0) * 1000, silenceS: Number(silence) || 0,
      firstRtp: first === null || Number.isInteger(first) ? first : undefined,
      reason: readReason(reason) });
    this.failedCodecs = Array.isArray(failed) ? failed.map(String) : [];
  }

  /** Return what is known of a slot, or null. @param {number} slot */
  get(slot) {
    return this.#states.get(slot) ?? null;
  }

  /** Another camera was chosen for a slot: what the robot told is of the one before.
   * @param {number} slot */
  expectNew(slot) {
    const state = this.#states.get(slot);
    if (state) state.firstRtp = null;
  }

  /**
   * Tell whether a frame that was painted in a slot is of a camera.
   * @param {number} slot
   * @param {string | null} camera
   * @param {number | null | undefined} painted its RTP timestamp; null: the browser does not tell,
   *   undefined: none was painted
   */
  shows(slot, camera, painted) {
    const state = this.#states.get(slot);
    if (!state || camera === null || state.camera !== camera || painted === undefined) return false;
    const first = state.firstRtp;
    if (first === undefined) return true;
    // Timestamps have 32 bits and wrap around (RFC 3550, section 5.1).
    return first !== null && (painted === null || (painted - first) >>> 0 < 2 ** 31);
  }
}

/** @param {any} reason @returns {PictureReason | null} */
function readReason(reason) {
  return typeof reason?.text !== 'string' ? null
    : { code: String(reason.code), text: reason.text, values: { ...reason.values } };
}
