// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Why the page's server is not reached: from what was tried to sentences with the remedy. Pure.
 *
 * @typedef {object} ServerFacts
 * @property {boolean} online the browser's own word, `navigator.onLine`
 * @property {boolean} secure the signaling goes over TLS
 * @property {boolean} [foreign] the server is not that of the page
 * @property {import('./no_path_texts.js').Permission} [localNetwork] the browser's permission for
 *   devices in the local network
 * @property {import('../../client/signaling/signaling_transport.js').SignalingFailures} failures
 */

import { LOCAL_NETWORK_DENIED } from './no_path_texts.js';

/** @type {Record<import('../../client/signaling/signaling_socket.js').SocketFailure, string>} */
const SOCKET_TEXTS = {
  closed: 'refused or not reached',
  silent: 'no answer',
  unanswered: 'opened, and no message came',
  forbidden: 'forbidden by this browser',
};

/** @param {import('../../client/signaling/signaling_polls.js').RequestFailure} failure */
function requestText({ status, text, silent }) {
  if (silent) return 'no answer';
  // A page of a proxy is long, and its markup says nothing.
  const words = text && text.length < 160 && !text.includes('<') ? `: ${text}` : '';
  return status ? `answer ${status}${words}` : `not reached${words}`;
}

/**
 * Return the rows of the details.
 * @param {ServerFacts} facts
 * @returns {[label: string, text: string][]}
 */
export function serverRows({ online, failures: { socket, http } }) {
  return [
    ...(socket ? [/** @type {[string, string]} */ (['WebSocket', SOCKET_TEXTS[socket]])] : []),
    ...(http ? [/** @type {[string, string]} */ (['HTTP', requestText(http)])] : []),
    ...(online ? [] : [/** @type {[string, string]} */ (['This device', 'offline'])]),
  ];
}

/**
 * Return title and sentences for a page whose server is not reached.
 * @param {ServerFacts} facts
 * @returns {[title: string, detail: string]}
 */
export function describeServer({ online, secure, foreign, localNetwork,
  failures: { socket, http } }) {
  if (socket === 'forbidden' && !secure) {
    return ['Server not reachable', 'This page came by https, so this browser forbids it a '
      + 'connection that is not encrypted. Its owner has to name the server by wss:// instead of '
      + 'ws://.'];
  }
  // Chromium blocks WebSockets and requests of a public page to a local server until it is allowed.
  if (foreign && (localNetwork === 'denied' || localNetwork === 'prompt')) {
    return ['Server not reachable', `${LOCAL_NETWORK_DENIED} Or the server is down.`];
  }
  if (!online) {
    return ['No network', 'This device is offline. The page connects again as soon as it has a '
      + 'network.'];
  }
  const status = http?.status ?? 0;
  if ([500, 502, 503, 504].includes(status)) {
    return ['Server not reachable', `A proxy answers at this address (${status}), and the relay or `
      + 'robot behind it does not. Is it running? Trying again.'];
  }
  if (status === 429) {
    return ['Server busy', 'The server takes no more requests from this address for a while '
      + '(429). Trying again.'];
  }
  if (status === 403 || status === 421) {
    return ['Server refuses', `The server refuses this page (${status}). `
      + 'Its owner has to allow this name or address. Trying again.'];
  }
  if (status) {
    return ['Server not reachable', 'The page loads, and its connection does not get through: a '
      + `proxy before the server passes neither WebSockets nor /signaling/ on (${status}). Tell the `
      + 'server’s owner. Trying again.'];
  }
  if (secure && http) {
    return ['Server not reachable', 'The server is down, or this browser does not trust its '
      + 'certificate, even if the page was opened in spite of a warning: install the certificate '
      + 'on this device, or use one that is trusted. Or check your network. Trying again.'];
  }
  return ['Server not reachable', 'This page’s server cannot be reached. It may be down, or a proxy '
    + 'or firewall is in the way. Check your network. Trying again.'];
}

/**
 * Say that signaling goes over HTTP; '' if a WebSocket is used.
 * @param {import('../../client/signaling/signaling_route.js').Way} way
 * @param {ServerFacts['failures']} failures
 */
export const wayText = (way, { socket }) => (way === 'socket' ? ''
  : `over HTTP${socket ? `; WebSocket: ${SOCKET_TEXTS[socket]}, a proxy or the certificate may be why`
    : ''}`);
