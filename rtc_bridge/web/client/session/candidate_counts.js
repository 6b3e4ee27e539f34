// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The candidates of both ends, counted. Pure. */

/**
 * How many UDP candidates one end has, by kind; `mdns` are host candidates whose address is hidden
 * behind a `.local` name, and whose IP version is not known.
 * @typedef {{host: number, mdns: number, srflx: number, prflx: number, relay: number, ipv4: number,
 *   ipv6: number}} CandidateCounts
 *
 * @typedef {object} IceFacts
 * @property {CandidateCounts} page
 * @property {CandidateCounts} robot
 * @property {import('./ice_report.js').ServerError[]} errors one for each URL and code
 * @property {string[]} servers URLs of the STUN and TURN servers
 * @property {number} seconds since the offer
 */

const CANDIDATE = /candidate:\S+ 1 udp \d+ (\S+) (\d+) typ (host|srflx|prflx|relay)\b/i;

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

/** Count what a report has found. @param {import('./ice_report.js').IceFindings} found */
export const iceFacts = ({ page, robot, ...rest }) => ({
  page: countCandidates(page), robot: countCandidates(robot.split('\r\n')), ...rest });
