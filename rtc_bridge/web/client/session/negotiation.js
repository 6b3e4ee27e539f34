// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Offer and answer of one peer connection (RFC 8829), with candidates sent as they are found
 * (RFC 8838) where the robot takes them, and in the offer where it does not.
 */

/** @typedef {import('../messages.js').Ready} Ready */

// A STUN server that does not answer holds gathering up for longer, ms.
const GATHERING_TIMEOUT_MS = 3000;

export class Negotiation {
  /** The robot has answered. */
  answered = false;
  #pc;
  #session;
  #trickle;
  #send;
  #ended;
  /** Candidates found before the offer was sent; null after that.
   * @type {RTCIceCandidate[] | null} */
  #early = [];
  /** The robot's answer is applied, or could not be. @type {Promise<unknown>} */
  settled = Promise.resolve();

  /**
   * @param {RTCPeerConnection} pc
   * @param {Pick<Ready, 'session' | 'trickle'>} ready
   * @param {(message: {type: string, [member: string]: any}) => void} send sends to the relay
   * @param {AbortSignal} ended aborts when the session ends
   */
  constructor(pc, { session, trickle }, send, ended) {
    this.#pc = pc;
    this.#session = session;
    this.#trickle = trickle;
    this.#send = send;
    this.#ended = ended;
    pc.addEventListener('icecandidate', ({ candidate }) => {
      if (!this.#early) this.#sendCandidate(candidate);
      else if (candidate) this.#early.push(candidate);
    }, { signal: ended });
  }

  /** Send the offer. @param {string | null} camera for the first slot; null: the robot's choice */
  async offer(camera) {
    const pc = this.#pc;
    await pc.setLocalDescription();
    if (!this.#trickle) await this.#gathered();
    if (this.#ended.aborted) return;
    this.#send({ type: 'offer', session: this.#session, sdp: pc.localDescription?.sdp,
      trickle: this.#trickle, ...(camera && { camera }) });
    const early = this.#early ?? [];
    this.#early = null;
    for (const candidate of early) this.#sendCandidate(candidate);
    if (pc.iceGatheringState === 'complete') this.#sendCandidate(null);
  }

  /**
   * Apply the robot's answer.
   * @param {string} sdp
   * @throws {Error} this browser cannot use it
   */
  async accept(sdp) {
    const applied = this.#pc.setRemoteDescription({ type: 'answer', sdp });
    this.settled = applied.catch(() => {});
    await applied;
  }

  /** @param {RTCIceCandidate | null} candidate null: there are no more */
  #sendCandidate(candidate) {
    if (!this.#trickle) return;
    // An empty candidate ends one generation of them, null alone ends all.
    if (candidate && !candidate.candidate) return;
    this.#send({ type: 'candidate', session: this.#session, candidate: candidate?.candidate ?? '',
      ...(candidate && { sdpMid: candidate.sdpMid, sdpMLineIndex: candidate.sdpMLineIndex }) });
  }

  /** Wait until the local description has all candidates, at most for GATHERING_TIMEOUT_MS. */
  #gathered() {
    const pc = this.#pc;
    return new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
      const check = () => pc.iceGatheringState === 'complete' && resolve();
      pc.addEventListener('icegatheringstatechange', check, { signal: this.#ended });
      this.#ended.addEventListener('abort', () => resolve(), { once: true });
      setTimeout(resolve, GATHERING_TIMEOUT_MS);
      check();
    });
  }
}
