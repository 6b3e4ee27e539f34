// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The WebSocket to the relay, or to the robot's own server; it connects again by itself. */

import { Emitter, parseObject } from '../messages.js';
import { backoff } from './retry.js';

const SUBPROTOCOL = 'rtc-bridge.v1';
// A browser waits for minutes for the answer to lost packets. On a slow network opening takes
// longer, so each attempt that failed raises the limit, ms.
const OPENING_TIMEOUT_MS = 2500;
const MAX_OPENING_TIMEOUT_MS = 8000;
// Delays spread by up to 1.5 times this: pages are back within 4 s after their relay is.
const MAX_RECONNECT_DELAY_MS = 2700;

/**
 * @typedef {'connecting' | 'open' | 'down'} SocketState
 * @typedef {'closed' | 'silent' | 'unanswered' | 'forbidden'} SocketFailure it was closed before it
 *   opened, did not open in time, opened and no message came, or the browser allows none
 */

/**
 * Return the URL of the WebSocket that belongs to a page: the page's own path, and `ws` for a page
 * whose path ends with a slash.
 * @param {{protocol: string, host: string, pathname: string}} location of the page
 */
export function signalingUrl({ protocol, host, pathname }) {
  const scheme = protocol === 'https:' ? 'wss:' : 'ws:';
  return `${scheme}//${host}${pathname}${pathname.endsWith('/') ? 'ws' : ''}`;
}

/**
 * Events: `state` when `.state` has changed, `message` with the parsed object as `detail`, `failed`
 * with a `SocketFailure` when a socket ended over which no message came.
 */
export class SignalingSocket extends Emitter {
  /** @type {SocketState} */
  state = 'connecting';
  /** How long it took to open the present socket, ms: several round trips. */
  openingMs = 0;
  #url;
  /** @type {WebSocket | null} */
  #socket = null;
  #heard = false;
  #delays = backoff(Math.random, MAX_RECONNECT_DELAY_MS);
  #openingTimeoutMs = OPENING_TIMEOUT_MS;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {string} url */
  constructor(url) {
    super();
    this.#url = url;
  }

  /** Connect, in place of the socket before. */
  start() {
    this.stop();
    const began = performance.now();
    let socket;
    try {
      socket = new WebSocket(this.#url, SUBPROTOCOL);
    } catch (error) {
      // Of an https page to ws://, for one (mixed content).
      console.warn('rtc_bridge: this browser allows no WebSocket:', error);
      this.#enter('down');
      this.startLater();
      this.emit('failed', 'forbidden');
      return;
    }
    this.#socket = socket;
    this.#heard = false;
    this.#timer = setTimeout(() => {
      this.#openingTimeoutMs = Math.min(this.#openingTimeoutMs * 1.5, MAX_OPENING_TIMEOUT_MS);
      this.#enter('down');
      this.emit('failed', 'silent');
      if (this.#socket === socket) this.start();
    }, this.#openingTimeoutMs);
    socket.onopen = () => {
      clearTimeout(this.#timer);
      this.openingMs = performance.now() - began;
      this.#openingTimeoutMs = OPENING_TIMEOUT_MS;
      this.#delays = backoff(Math.random, MAX_RECONNECT_DELAY_MS);
      this.send({ type: 'watch' });
      this.#enter('open');
    };
    socket.onmessage = ({ data }) => {
      const message = parseObject(data);
      if (!message) return;
      this.#heard = true;
      this.emit('message', message);
    };
    // The event `error` tells nothing that the `close` after it does not.
    socket.onclose = () => {
      clearTimeout(this.#timer);
      const { state } = this;
      this.#enter('down');
      if (!this.#heard) this.emit('failed', state === 'open' ? 'unanswered' : 'closed');
      if (this.#socket === socket) this.startLater();
    };
  }

  /** Connect after a delay that grows from failure to failure. */
  startLater() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.start(), this.#delays.next().value);
  }

  /** Close the socket, and stay closed. */
  stop() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  /** Connect anew at once: the network has come back, or the other end is silent. */
  restart() {
    const isUnanswered = this.state === 'open' && !this.#heard;
    if (this.state === 'open') this.#enter('down');
    this.start();
    if (isUnanswered) this.emit('failed', 'unanswered');
  }

  /**
   * Send a message; return false if there is no open socket.
   * @param {{type: string, [member: string]: any}} message
   */
  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** @param {SocketState} state */
  #enter(state) {
    if (this.state === state) return;
    this.state = state;
    this.emit('state');
  }
}
