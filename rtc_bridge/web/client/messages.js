// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What the page exchanges with robot and relay: objects in JSON, as docs/protocol.md has them.
 * Also how objects of the client tell others of events.
 *
 * @typedef {Record<string, any>} Message a parsed JSON object of which no member is checked yet
 * @typedef {{session: string, kind: 'v1' | 'rtcbot', trickle: boolean,
 *   ice_servers: RTCIceServer[]}} Ready the relay's message `ready`: the robot is there, and this is
 *   the id of a session to set up with it
 */

/**
 * Error codes after which a new attempt can only fail in the same way: the page does not retry.
 */
export const FATAL_CODES = new Set(['denied', 'no-codec', 'bad-offer', 'unsupported', 'bad-invite',
  'invite', 'expired', 'revoked', 'impostor', 'bad-sdp']);

/**
 * Error codes with which the robot lets a person in no more, or not yet: the page shows nothing of
 * it. Its clock may be set in a minute, so that a page asks again after `clock`.
 */
export const CLOSED_CODES = new Set([...FATAL_CODES, 'clock']);

/**
 * Return the JSON object in a text, or null if the text holds anything else.
 * @param {any} text
 * @returns {Message | null}
 */
export function parseObject(text) {
  try {
    const value = JSON.parse(text);
    return value && typeof value === 'object' && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * Return the JSON value in a text, or the text itself: RTCBot's robots send JSON, and some of
 * their programs plain text.
 * @param {any} text
 */
export function parseAny(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * Return what an event of an `Emitter` carries.
 * @param {Event} event
 * @returns {any}
 */
export const detailOf = (event) => /** @type {CustomEvent} */ (event).detail;

/** An EventTarget whose events carry a `detail`. */
export class Emitter extends EventTarget {
  /**
   * Dispatch an event.
   * @param {string} type
   * @param {any} [detail]
   */
  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /**
   * Call a function with the detail of each event of a type.
   * @param {string} type
   * @param {(detail: any) => void} listener
   */
  on(type, listener) {
    this.addEventListener(type, (event) => listener(detailOf(event)));
  }
}
