// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Messages from and to the relay, over a WebSocket, or over HTTP where none gets through. */

import { httpSignaling } from './http_signaling.js';
import { Emitter } from '../messages.js';
import { SignalingRoute } from './signaling_route.js';
import { SignalingSocket } from './signaling_socket.js';

/** @typedef {import('./signaling_polls.js').SignalingPolls} SignalingPolls */

// What signals over HTTP may be loaded later than a socket has failed, ms.
const LOADING_TIMEOUT_MS = 4000;

/**
 * Why the newest attempt of each way failed; null: it did not, or was not made.
 * @typedef {object} SignalingFailures
 * @property {import('./signaling_socket.js').SocketFailure | null} socket
 * @property {import('./signaling_polls.js').RequestFailure | null} http
 */

/** Events: `state` when `.state` has changed, `message` with the parsed object as `detail`. */
export class SignalingTransport extends Emitter {
  /** `down` only after both ways were tried. @type {import('./signaling_socket.js').SocketState} */
  state = 'connecting';
  /** @type {SignalingFailures} */
  failures = { socket: null, http: null };
  #route;
  #url;
  #stopped = true;
  #startsHttp = false;
  /** The second is made when it is needed.
   * @type {{socket: SignalingSocket, http: SignalingPolls | null}} */
  #ways;

  /**
   * @param {string} url of the WebSocket
   * @param {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null} [memory] of the tab
   */
  constructor(url, memory = null) {
    super();
    this.#route = new SignalingRoute(memory);
    this.#url = url;
    this.#ways = { socket: new SignalingSocket(url), http: null };
    this.#listen('socket', this.#ways.socket);
  }

  /**
   * @param {import('./signaling_route.js').Way} name
   * @param {SignalingSocket | SignalingPolls} way
   */
  #listen(name, way) {
    /** @param {(detail: any) => void} act */
    const ifUsed = (act) => (/** @type {any} */ detail) => name === this.way && act(detail);
    way.on('state', ifUsed(() => this.#onState(way.state)));
    way.on('failed', ifUsed((failure) => this.#onFailure(failure)));
    way.on('message', ifUsed((message) => this.#onMessage(message)));
  }

  /** Which way is used or tried. */
  get way() {
    return this.#route.way;
  }

  /** How long it took to connect, ms: several round trips. */
  get openingMs() {
    return this.#ways[this.way]?.openingMs ?? 0;
  }

  start() {
    this.#stopped = false;
    if (this.way === 'http') this.#startHttp();
    else this.#ways.socket.start();
  }

  stop() {
    this.#stopped = true;
    for (const way of Object.values(this.#ways)) way?.stop();
  }

  /** Connect anew at once: the network has come back, or the other end is silent. */
  restart() {
    this.#stopped = false;
    const way = this.#ways[this.way];
    if (way) way.restart();
    else this.start();
  }

  async #startHttp() {
    if (this.#startsHttp) return;
    this.#startsHttp = true;
    /** @type {any} */
    let failure = null;
    try {
      const make = await httpSignaling(LOADING_TIMEOUT_MS);
      if (!this.#ways.http) {
        this.#ways.http = make(this.#url);
        this.#listen('http', this.#ways.http);
      }
    } catch (error) {
      failure = { status: 0, text: String(error), silent: true };
    }
    this.#startsHttp = false;
    if (this.way !== 'http' || this.#stopped) return;
    if (failure) this.#onFailure(failure);
    else this.#ways.http?.start();
  }

  /**
   * Send a message; return false if there is no connection.
   * @param {{type: string, [member: string]: any}} message
   */
  send(message) {
    return this.#ways[this.way]?.send(message) ?? false;
  }

  /** @param {import('./signaling_socket.js').SocketState} state */
  #onState(state) {
    if (state === 'open' || this.state === 'open') this.#enter(state);
  }

  /** @param {import('../messages.js').Message} message */
  #onMessage(message) {
    this.#route.onMessage();
    this.failures.http = null;
    if (this.way === 'socket') this.failures.socket = null;
    this.emit('message', message);
  }

  /** @param {any} failure of the present way */
  #onFailure(failure) {
    const before = this.way;
    this.failures[before] = failure;
    this.#route.onFailure(failure === 'unanswered');
    if (this.way !== before) {
      console.info('rtc_bridge: signaling by', before, 'failed:', failure, '- trying', this.way);
      this.#ways[before]?.stop();
      if (this.way === 'http') this.#startHttp();
      else this.#ways.socket.startLater();
    }
    if (before === 'http' || this.way === 'socket') this.#enter('down');
    this.emit('failed');
  }

  /** @param {import('./signaling_socket.js').SocketState} state */
  #enter(state) {
    if (this.state === state) return;
    this.state = state;
    this.emit('state');
  }
}
