// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The invite in a link, and the mutual proof that page and robot know its key (docs/protocol.md).
 * The key never leaves the page.
 */

import { concatenate, hmacSha256 } from './hmac.js';

/**
 * The invite of a link: `payload` as it is written there, the secret `key` (32 bytes), and the
 * name of the robot that it is for.
 * @typedef {{payload: string, key: Uint8Array, robotId: string}} Invite
 */

const NONCE_BYTES = 32;
const encoder = new TextEncoder();

/** @param {Uint8Array} data */
export const toBase64url = (data) => btoa(String.fromCharCode(...data))
  .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

/** @param {unknown} value @returns {Uint8Array | null} null: the value is not base64url */
export function fromBase64url(value) {
  if (typeof value !== 'string' || !/^[\w-]*$/.test(value)) return null;
  try {
    const bytes = atob(value.replaceAll('-', '+').replaceAll('_', '/'));
    return Uint8Array.from(bytes, (c) => c.charCodeAt(0));
  } catch {
    return null;
  }
}

/**
 * Read the invite in the fragment of a page's URL.
 * @param {string} fragment with its `#`
 * @returns {Invite | null} null: the invite is damaged
 */
export function readInvite(fragment) {
  const [, payload, encoded] = /^#v1\.([\w-]+)\.([\w-]{43})$/.exec(fragment) ?? [];
  const key = fromBase64url(encoded);
  try {
    const members = JSON.parse(new TextDecoder().decode(fromBase64url(payload) ?? undefined));
    return key && typeof members.robot_id === 'string'
      ? { payload, key, robotId: members.robot_id } : null;
  } catch {
    return null;
  }
}

/**
 * Return the one SHA-256 fingerprint that holds for all sections of a description (RFC 8122, in
 * one BUNDLE of RFC 9143), or null: then media of some section could go to another peer.
 * @param {string} sdp
 */
export function fingerprintOf(sdp) {
  const [session, ...sections] = sdp.split(/^(?=m=)/m).map((part) => part.split(/\r\n|\r|\n/));
  /** @param {string[]} lines @param {RegExp} form */
  const matching = (lines, form) => lines.filter((line) => form.test(line.trim()));
  const fingerprint = /^a=fingerprint/i;
  const groups = matching(session, /^a=group:/);
  const mids = sections.map((lines) => matching(lines, /^a=mid:/).map(
    (line) => line.slice(6).trim()));
  const names = mids.flat().sort();
  if (!sections.length || groups.length !== 1 || mids.some((found) => found.length !== 1)
    || new Set(names).size !== names.length
    || groups[0].trim().split(/\s+/).sort().join(' ')
      !== [...names, 'a=group:BUNDLE'].sort().join(' ')
    || matching(session, fingerprint).length > 1
    || sections.some((lines) => matching(lines, fingerprint).length > 1)
    || sections.some((lines) => !matching([...session, ...lines], fingerprint).length)) return null;
  const found = new Set(matching([...session, ...sections.flat()], fingerprint)
    .map((line) => line.trim().toLowerCase()));
  const [, hex] = /^a=fingerprint:sha-256 ([0-9a-f]{2}(?::[0-9a-f]{2}){31})$/
    .exec([...found][0]) ?? [];
  return found.size === 1 && hex
    ? Uint8Array.from(hex.split(':'), (byte) => parseInt(byte, 16)) : null;
}

/**
 * What both proofs are about.
 * @typedef {{robotId: string, robotNonce: Uint8Array, pageNonce: Uint8Array,
 *   pageFingerprint: Uint8Array, robotFingerprint: Uint8Array, payload: string}} Transcript
 */

/**
 * Return one end's proof: an HMAC of the transcript's fields, each after its length in 4 bytes.
 * @param {Uint8Array} key
 * @param {'page' | 'robot'} end
 * @param {Transcript} transcript
 */
export function computeProof(key, end, transcript) {
  const fields = [encoder.encode(`rtc-bridge/1 ${end}`), encoder.encode(transcript.robotId),
    transcript.robotNonce, transcript.pageNonce, transcript.pageFingerprint,
    transcript.robotFingerprint, encoder.encode(transcript.payload)];
  return hmacSha256(key, concatenate(...fields.flatMap((field) => {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, field.length);
    return [length, field];
  })));
}

/**
 * Compare in a time that does not depend on where the two differ.
 * @param {Uint8Array | null} a
 * @param {Uint8Array} b
 */
export const isEqual = (a, b) => !!a && a.length === b.length
  && a.reduce((differences, byte, i) => differences | (byte ^ b[i]), 0) === 0;

/**
 * The mutual proof of one session. With an invite the robot is trusted once it has proved itself.
 */
export class Handshake {
  #invite;
  /** The proof that the robot has to send. @type {Uint8Array | null} */
  #expected = null;
  #verified = false;

  /** @param {Invite | null} invite */
  constructor(invite) {
    this.#invite = invite;
  }

  /** The robot has to prove that it knows the invite. */
  get required() {
    return this.#invite !== null;
  }

  /** The page may believe and show what this robot sends. */
  get trusted() {
    return !this.required || this.#verified;
  }

  /**
   * Answer the robot's challenge. A second challenge is refused.
   * @param {Record<string, any>} challenge
   * @param {string} pageSdp
   * @param {string} robotSdp
   * @returns {{prove?: object, error?: string}} the message to send, or the code of what is wrong
   */
  answer(challenge, pageSdp, robotSdp) {
    const invite = this.#invite;
    if (!invite) return challenge.needed ? { error: 'invite' } : {};
    const robotNonce = fromBase64url(challenge.nonce);
    const pageFingerprint = fingerprintOf(pageSdp);
    const robotFingerprint = fingerprintOf(robotSdp);
    if (this.#expected || robotNonce?.length !== NONCE_BYTES || !pageFingerprint
      || !robotFingerprint) {
      return { error: 'bad-sdp' };
    }
    const pageNonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const transcript = { robotId: invite.robotId, robotNonce, pageNonce, pageFingerprint,
      robotFingerprint, payload: invite.payload };
    this.#expected = computeProof(invite.key, 'robot', transcript);
    return { prove: { type: 'prove', nonce: toBase64url(pageNonce), payload: invite.payload,
      mac: toBase64url(computeProof(invite.key, 'page', transcript)) } };
  }

  /** Check the robot's proof; return whether it holds. @param {unknown} mac */
  verify(mac) {
    this.#verified = !!this.#expected && isEqual(fromBase64url(mac), this.#expected);
    return this.#verified;
  }
}
