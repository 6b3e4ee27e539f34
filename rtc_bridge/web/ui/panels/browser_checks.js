// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What a browser has to have for this page, as `rtc-bridge doctor` has it for a robot. Pure.
 *
 * @typedef {'ok' | 'warn' | 'fail' | 'skipped'} CheckState
 * @typedef {{name: string, state: CheckState, text: string}} BrowserCheck
 *
 * @typedef {object} BrowserFacts
 * @property {boolean} secure whether the page is a secure context
 * @property {boolean} webCrypto
 * @property {boolean} webRtc
 * @property {string[]} codecs of video that the browser decodes, as `video/H264`
 * @property {string} way `socket` or how else the page signals
 * @property {string} signaling what is unusual about it
 * @property {string} server state of the connection to the server of the page
 * @property {import('../../client/session/candidate_counts.js').IceFacts | null} ice of the newest session
 * @property {{local: string, remote: string, protocol: string} | null} pair kinds of the candidates
 *   that are in use
 * @property {number | null} clockErrorMs of the robot's clock, as far as pings tell
 * @property {number | null} serverAheadS by how much the clock of the page's server is ahead
 * @property {number | null} receivedBytes of the session
 * @property {string} browser
 * @property {string} version of the robot
 */

// Certificates and links are for days; a clock that is off by less does no harm.
const MAX_CLOCK_ERROR_S = 120;

/** @param {import('../../client/session/candidate_counts.js').CandidateCounts} counts */
const kinds = (counts) => ['host', 'mdns', 'srflx', 'prflx', 'relay'].flatMap((kind) => {
  const count = counts[/** @type {'host'} */ (kind)];
  return count ? `${count} ${kind}` : [];
}).join(', ') || 'none';

/** @param {string[]} codecs @returns {BrowserCheck} */
function codecCheck(codecs) {
  const known = ['H264', 'VP8'].filter((name) => codecs.includes(`video/${name}`));
  const others = [...new Set(codecs.map((name) => name.replace('video/', '')))].filter(
    (name) => !['rtx', 'red', 'ulpfec', 'flexfec-03', ...known].includes(name));
  return { name: 'Video codecs', state: known.length ? known.length > 1 ? 'ok' : 'warn' : 'fail',
    text: `${known.join(', ') || 'neither H264 nor VP8: use another browser'}`
      + `${others.length ? `; others: ${others.join(', ')}` : ''}` };
}

/** @param {BrowserFacts} facts @returns {BrowserCheck[]} */
function pathChecks({ ice, pair, receivedBytes }) {
  /** @type {BrowserCheck[]} */
  const checks = [];
  if (!ice) return [{ name: 'Path', state: 'skipped', text: 'no session yet' }];
  const { page, robot, errors, servers } = ice;
  const count = Object.values(page).reduce((sum, value) => sum + value, 0);
  checks.push({ name: 'Candidates here', state: count ? 'ok' : 'fail', text: kinds(page) },
    { name: 'Candidates there', state: robot.host + robot.srflx + robot.relay ? 'ok' : 'warn',
      text: kinds(robot) },
    { name: 'STUN and TURN', state: errors.length ? 'warn' : servers.length ? 'ok' : 'skipped',
      text: errors.map(({ url, code, text }) => `${url}: ${code} ${text}`).join('; ')
        || servers.join(', ') || 'the robot names none' },
    { name: 'Path', state: pair ? 'ok' : 'fail', text: pair
      ? `${pair.local} here, ${pair.remote} there, ${pair.protocol}`
      : 'none was found, or it is lost' });
  if (receivedBytes !== null) {
    checks.push({ name: 'Received', state: 'ok',
      text: `${(receivedBytes / 1e6).toFixed(1)} MB in this session` });
  }
  return checks;
}

/** @param {BrowserFacts} facts @returns {BrowserCheck} */
function clockCheck({ serverAheadS, clockErrorMs }) {
  const texts = [];
  if (serverAheadS !== null) {
    texts.push(Math.abs(serverAheadS) <= 2 ? 'as the clock of the server of this page'
      : `${Math.round(Math.abs(serverAheadS))} s ${serverAheadS > 0 ? 'behind' : 'ahead of'} the `
        + 'clock of the server of this page');
  }
  if (clockErrorMs !== null) texts.push(`the robot’s is known to ${clockErrorMs.toFixed(1)} ms`);
  const isOff = serverAheadS !== null && Math.abs(serverAheadS) > MAX_CLOCK_ERROR_S;
  return { name: 'Clock', state: texts.length ? isOff ? 'warn' : 'ok' : 'skipped',
    text: `${texts.join('; ') || 'not known'}${isOff ? '. Set one of both' : ''}` };
}

/** @param {BrowserFacts} facts @returns {BrowserCheck[]} */
export function browserChecks(facts) {
  const { secure, webCrypto, webRtc, way, signaling, server, browser, version } = facts;
  return [
    { name: 'Secure page', state: secure ? 'ok' : 'warn', text: secure ? 'yes'
      : 'no (http): no gamepads; server.tls, or https by a proxy' },
    { name: 'WebCrypto', state: 'ok', text: webCrypto ? 'yes'
      : 'no, as the page is not secure; the page computes by itself' },
    { name: 'WebRTC', state: webRtc ? 'ok' : 'fail', text: webRtc ? 'yes'
      : 'no: it is off in this browser, or blocked by an extension' },
    codecCheck(facts.codecs),
    { name: 'Signaling', state: server !== 'open' ? 'fail' : way === 'socket' ? 'ok' : 'warn',
      text: server !== 'open' ? 'the server of this page is not reached' : signaling || 'WebSocket' },
    ...pathChecks(facts),
    clockCheck(facts),
    { name: 'Browser', state: 'ok', text: browser },
    { name: 'Robot', state: version ? 'ok' : 'skipped', text: version
      ? `rtc_bridge ${version}` : 'not connected' },
  ];
}

/** The checks as plain text, to be sent to somebody. @param {BrowserCheck[]} checks */
export const checksText = (checks) => checks.map(({ name, state, text }) => (
  `${state.padEnd(8)}${name.padEnd(18)}${text}\n`)).join('');
