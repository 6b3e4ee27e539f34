// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What was tried to find a path to the robot: candidates of both ends, and errors of servers. */

/**
 * How many UDP candidates one end has, by kind; `mdns` are host candidates whose address is hidden
 * behind a `.local` name, and whose IP version is not known.
 * @typedef {{host: number, mdns: number, srflx: number, prflx: number, relay: number, ipv4: number,
 *   ipv6: number}} CandidateCounts
 *
 * An `icecandidateerror` (W3C webrtc-pc, section 4.8.2): `code` is one of STUN's, or 701 if the
 * server was not reached.
 * @typedef {{url: string, code: number, text: string}} ServerError
 *
 * @typedef {object} IceFacts
 * @property {CandidateCounts} page
 * @property {CandidateCounts} robot
 * @property {ServerError[]} errors one for each URL and code
 * @property {string[]} servers URLs of the STUN and TURN servers
 * @property {number} seconds since the offer
 */

const CANDIDATE = /candidate:\S+ 1 udp \d+ (\S+) (\d+) typ (host|srflx|prflx|relay)\b/i;
// Browsers report an error for each local address.
const MAX_ERRORS = 16;

/**
 * Count the candidates in texts: lines of a session description, or as browsers give them.
 * @param {Iterable<string>} texts
 * @returns {CandidateCounts}
 */
export function countCandidates(texts) {
  const counts = { host: 0, mdns: 0, srflx: 0, prflx: 0, relay: 0, ipv4: 0, ipv6: 0 };
  const seen = new Set();
  for (const text of texts) {
    const found = CANDIDATE.exec(text);
    if (!found) continue;
    const [, host, port, type] = found;
    const kind = /** @type {'host' | 'srflx' | 'prflx' | 'relay'} */ (type.toLowerCase());
    const key = `${kind} ${host} ${port}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (host.endsWith('.local')) counts.mdns += 1;
    else {
      counts[kind] += 1;
      counts[host.includes(':') ? 'ipv6' : 'ipv4'] += 1;
    }
  }
  return counts;
}

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

  /** @returns {IceFacts} */
  get facts() {
    return {
      page: countCandidates(this.#local), robot: countCandidates(this.#remote.split('\r\n')),
      errors: [...this.#errors.values()], servers: this.#servers,
      seconds: this.seconds,
    };
  }
}
