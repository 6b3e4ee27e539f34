// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What was tried to find a path to the robot: candidates of both ends, and errors of servers. */

/**
 * An `icecandidateerror` (W3C webrtc-pc, section 4.8.2): `code` is one of STUN's, or 701 if the
 * server was not reached.
 * @typedef {{url: string, code: number, text: string}} ServerError
 *
 * @typedef {object} IceFindings
 * @property {string[]} page its candidates, as browsers give them
 * @property {string} robot its description, '' before it came
 * @property {ServerError[]} errors one for each URL and code
 * @property {string[]} servers URLs of the STUN and TURN servers
 * @property {number} seconds since the offer
 */

// Browsers report an error for each local address.
const MAX_ERRORS = 16;

/** Collects the facts of one peer connection. */
export class IceReport {
  #began = performance.now();
  #servers;
  /** @type {string[]} */
  #local = [];
  #remote = '';
  /** @type {Map<string, ServerError>} */
  #errors = new Map();

  /**
   * @param {RTCPeerConnection} pc
   * @param {RTCIceServer[]} servers
   * @param {AbortSignal} ended ends the collection
   */
  constructor(pc, servers, ended) {
    this.#servers = servers.flatMap(({ urls }) => urls);
    pc.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate?.candidate) this.#local.push(candidate.candidate);
    }, { signal: ended });
    pc.addEventListener('icecandidateerror', ({ url, errorCode: code, errorText: text }) => {
      if (this.#errors.size < MAX_ERRORS) this.#errors.set(`${url} ${code}`, { url, code, text });
    }, { signal: ended });
  }

  /** Note the robot's description, which has all its candidates. @param {string} sdp */
  noteAnswer(sdp) {
    this.#remote = sdp;
  }

  /** Since the offer. */
  get seconds() {
    return (performance.now() - this.#began) / 1000;
  }

  /** What has been found so far. @returns {IceFindings} */
  get found() {
    return { page: [...this.#local], robot: this.#remote, errors: [...this.#errors.values()],
      servers: this.#servers, seconds: this.seconds };
  }
}
