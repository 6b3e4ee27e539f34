// @ts-check
/** The page's half of the mutual proof, as `docs/protocol.md` specifies it. The key stays here. */

import { hmacSha256, join } from './hmac.js';

const text = new TextEncoder();

/** @param {Uint8Array} data */
export const toBase64url = (data) => btoa(String.fromCharCode(...data))
  .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

/** @param {unknown} value @returns {Uint8Array | null} null: it is not base64url */
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
 * What a link carries: `payload` as sent, the secret `key`, and whose robot it is for.
 * @typedef {{payload: string, key: Uint8Array, robotId: string}} Invite
 */

/**
 * The invite in a page's fragment.
 * @param {string} fragment
 * @returns {Invite | null} null: it is damaged
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
 * The one SHA-256 fingerprint that all sections of a description share, or null: then somebody
 * could listen on a connection of his own.
 * @param {string} sdp
 */
export function fingerprintOf(sdp) {
  const [session, ...sections] = sdp.split(/^(?=m=)/m).map((part) => part.split(/\r\n|\r|\n/));
  /** @param {string[]} lines @param {RegExp} form */
  const all = (lines, form) => lines.filter((line) => form.test(line.trim()));
  const prints = /^a=fingerprint/i;
  const groups = all(session, /^a=group:/);
  const mids = sections.map((lines) => all(lines, /^a=mid:/).map((line) => line.slice(6).trim()));
  const names = mids.flat().sort();
  if (!sections.length || groups.length !== 1 || mids.some((found) => found.length !== 1)
    || new Set(names).size !== names.length
    || groups[0].trim().split(/\s+/).sort().join(' ') !== [...names, 'a=group:BUNDLE'].sort().join(' ')
    || all(session, prints).length > 1
    || sections.some((lines) => all(lines, prints).length > 1)
    || sections.some((lines) => !all([...session, ...lines], prints).length)) return null;
  const found = new Set(all([...session, ...sections.flat()], prints)
    .map((line) => line.trim().toLowerCase()));
  const [, hex] = /^a=fingerprint:sha-256 ([0-9a-f]{2}(?::[0-9a-f]{2}){31})$/
    .exec([...found][0]) ?? [];
  return found.size === 1 && hex
    ? Uint8Array.from(hex.split(':'), (byte) => parseInt(byte, 16)) : null;
}

/**
 * @typedef {{robotId: string, robotNonce: Uint8Array, pageNonce: Uint8Array,
 *   pageFingerprint: Uint8Array, robotFingerprint: Uint8Array, payload: string}} Transcript
 */

/** @param {Uint8Array} key @param {'page' | 'robot'} who @param {Transcript} t */
export function proof(key, who, t) {
  const fields = [text.encode(`rtc-bridge/1 ${who}`), text.encode(t.robotId), t.robotNonce,
    t.pageNonce, t.pageFingerprint, t.robotFingerprint, text.encode(t.payload)];
  return hmacSha256(key, join(...fields.flatMap((field) => {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, field.length);
    return [length, field];
  })));
}

/** Compare without telling by the time it takes where they differ. @param {Uint8Array | null} a @param {Uint8Array} b */
export const same = (a, b) => !!a && a.length === b.length
  && a.reduce((sum, x, i) => sum | (x ^ b[i]), 0) === 0;

/** The mutual proof of one session: with an invite nothing of the robot counts before its own. */
export class Handshake {
  #invite;
  /** The robot's proof that is due. @type {Uint8Array | null} */
  #due = null;
  #proven = false;

  /** @param {Invite | null} invite */
  constructor(invite) {
    this.#invite = invite;
  }

  /** The robot has to prove that it knows the invite. */
  get wanted() {
    return this.#invite !== null;
  }

  /** What the robot says and shows may be believed. */
  get open() {
    return !this.wanted || this.#proven;
  }

  /**
   * Answer the robot's challenge, once.
   * @param {Record<string, any>} challenge
   * @param {string} pageSdp @param {string} robotSdp
   * @returns {{prove?: object, trouble?: string}} what to send, or the code of what is wrong
   */
  answer(challenge, pageSdp, robotSdp) {
    const invite = this.#invite;
    if (!invite) return challenge.needed ? { trouble: 'invite' } : {};
    const robotNonce = fromBase64url(challenge.nonce);
    const pageFingerprint = fingerprintOf(pageSdp);
    const robotFingerprint = fingerprintOf(robotSdp);
    if (this.#due || robotNonce?.length !== 32 || !pageFingerprint || !robotFingerprint) {
      return { trouble: 'bad-sdp' };
    }
    const pageNonce = crypto.getRandomValues(new Uint8Array(32));
    const transcript = { robotId: invite.robotId, robotNonce, pageNonce, pageFingerprint,
      robotFingerprint, payload: invite.payload };
    this.#due = proof(invite.key, 'robot', transcript);
    return { prove: { type: 'prove', nonce: toBase64url(pageNonce), payload: invite.payload,
      mac: toBase64url(proof(invite.key, 'page', transcript)) } };
  }

  /** Take the robot's proof; tell whether it holds. @param {unknown} mac */
  accept(mac) {
    this.#proven = !!this.#due && same(fromBase64url(mac), this.#due);
    return this.#proven;
  }
}
