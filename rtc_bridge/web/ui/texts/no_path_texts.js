// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Why no path to the robot was found, from what was tried to sentences with the remedy. Pure. The
 * robot logs the same for its own end, see `core/network/ice_report.py`.
 *
 * @typedef {import('../../client/session/candidate_counts.js').IceFacts} IceFacts
 * @typedef {import('../../client/session/candidate_counts.js').CandidateCounts} CandidateCounts
 * @typedef {[label: string, text: string]} Row
 * @typedef {'granted' | 'prompt' | 'denied' | null} Permission null: this browser has none
 */

/** @type {[keyof CandidateCounts, string][]} */
const KINDS = [['host', 'host'], ['mdns', 'hidden (.local)'], ['srflx', 'by STUN (srflx)'],
  ['prflx', 'by the robot’s checks (prflx)'], ['relay', 'by TURN (relay)']];

/** What to do about the browser's permission. */
export const LOCAL_NETWORK_DENIED = 'This browser keeps this site from devices in the local network. '
  + 'Allow “local network access” for this site, by the icon beside the address, then load the page '
  + 'again.';

/** @param {CandidateCounts} counts */
const total = (counts) => KINDS.reduce((sum, [kind]) => sum + counts[kind], 0);

/** @param {CandidateCounts} counts */
function countsText(counts) {
  const kinds = KINDS.filter(([kind]) => counts[kind]).map(([kind, name]) => `${counts[kind]} ${name}`);
  const versions = [counts.ipv4 && `${counts.ipv4} IPv4`, counts.ipv6 && `${counts.ipv6} IPv6`]
    .filter(Boolean);
  return (kinds.join(', ') || 'none') + (versions.length ? `; ${versions.join(', ')}` : '');
}

/** @param {import('../../client/session/ice_report.js').ServerError} error */
function errorText({ code, text }) {
  const meaning = code === 701 ? 'not reached' : code === 401 ? 'login refused' : '';
  return [`${code}`, meaning, text].filter(Boolean).join(', ');
}

/**
 * Return the rows of the details: candidates of both ends, servers and their errors.
 * @param {IceFacts} ice
 * @param {Permission} [localNetwork]
 * @returns {Row[]}
 */
export function pathRows(ice, localNetwork = null) {
  const failed = new Set(ice.errors.map(({ url }) => url));
  return [
    ['Addresses of this browser', countsText(ice.page)],
    ['Addresses of the robot', countsText(ice.robot)],
    ...(ice.servers.length
      ? ice.servers.filter((url) => !failed.has(url)).map((url) => /** @type {Row} */ (
        [url, 'no error']))
      : [/** @type {Row} */ (['STUN and TURN servers', 'the robot has none (ice.servers)'])]),
    ...ice.errors.map((error) => /** @type {Row} */ ([error.url, errorText(error)])),
    ...(localNetwork ? [/** @type {Row} */ (['Permission “local network access”', localNetwork])] : []),
    ['Tried for', `${ice.seconds.toFixed(1)} s`],
  ];
}

/**
 * Return why there is no path, and what to do.
 * @param {IceFacts} ice
 * @param {Permission} [localNetwork] the browser's permission for devices in the local network
 * @returns {string}
 */
export function pathRemedy(ice, localNetwork = null) {
  const { page, robot, errors, servers } = ice;
  const turns = servers.filter((url) => url.startsWith('turn'));
  const turnErrors = errors.filter(({ url }) => url.startsWith('turn'));
  const stunErrors = errors.filter(({ url }) => url.startsWith('stun'));
  if (!total(page)) {
    return 'This browser offered no address: an extension, a VPN or a policy blocks WebRTC in it. '
      + 'Allow WebRTC, or use another browser.';
  }
  if (!total(robot)) {
    return 'The robot offered no address. Tell its owner: is it in a network, and do '
      + 'ice.interfaces and ice.addresses leave one?';
  }
  // `prompt` says nothing: most releases ask only when a page itself opens a connection.
  if (localNetwork === 'denied') return LOCAL_NETWORK_DENIED;
  const refused = turnErrors.find(({ code }) => code >= 400 && code < 700);
  if (!page.relay && refused) {
    return `The TURN server refuses the robot’s login (${refused.code}). Tell the robot’s owner to `
      + 'check ice.login_file or ice.secret_file, and the clocks of robot and server.';
  }
  if (!page.relay && turnErrors.length) {
    return 'The TURN server is not reached from here (701): it is down, or a firewall blocks it. '
      + 'Tell the robot’s owner; turns:HOST:443?transport=tcp passes most firewalls.';
  }
  if (!page.mdns && !(page.ipv4 && robot.ipv4) && !(page.ipv6 && robot.ipv6)) {
    const [here, there] = page.ipv6 ? ['IPv6', 'IPv4'] : ['IPv4', 'IPv6'];
    return `This browser has ${here} addresses only and the robot ${there} only. The robot needs a `
      + 'TURN server that has both (ice.servers): tell its owner.';
  }
  if (page.relay || robot.relay) {
    return 'A TURN server gave an address, and nothing passes there. Tell the robot’s owner: the '
      + 'server’s relay ports (min-port to max-port) must be open, and it must reach the robot.';
  }
  if (turns.length) {
    return 'The robot has a TURN server, and this browser got no address from it. A firewall may '
      + 'block it: use another network, or tell the robot’s owner.';
  }
  if (!page.srflx && stunErrors.length) {
    return 'The STUN server is not reached from here (701), so this network blocks UDP, or the '
      + 'server is down. The robot needs a TURN server (ice.servers): tell its owner.';
  }
  if (servers.length) {
    return 'A STUN server is not enough between these networks: a firewall or a symmetric NAT '
      + 'keeps packets out. The robot needs a TURN server (ice.servers): tell its owner.';
  }
  const hidden = page.mdns ? ' This browser also hides its own addresses (.local).' : '';
  return `From here no address of the robot can be reached.${hidden} Tell its owner: a robot in a `
    + 'container needs host networking (--network host); elsewhere a STUN server helps, and a TURN '
    + 'server where UDP is blocked (ice.servers).';
}
