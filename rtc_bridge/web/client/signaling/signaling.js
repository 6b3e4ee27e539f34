// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What the relay knows of the robot: whether it is there, and ids of sessions to set up with it.
 */

import { Emitter } from '../messages.js';
import { SignalingTransport } from './signaling_transport.js';

/** @typedef {import('../messages.js').Message} Message */

// The relay answers at once. A socket that is silent for longer is dead, whatever its state. The
// limit is four times as long as it took to open the socket, within these bounds, ms.
const MIN_ANSWER_TIMEOUT_MS = 2000;
const MAX_ANSWER_TIMEOUT_MS = 6000;

/**
 * Events: `state` when the socket's state has changed; `ready` with the relay's `Ready` when the
 * robot is there; `message` with every other message of the relay.
 */
export class Signaling extends Emitter {
  /** Whether the relay has the robot. `gone`: it was there before.
   * @type {'unknown' | 'present' | 'absent' | 'gone'} */
  robot = 'unknown';
  #transport;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #answerTimer;

  /**
   * @param {string} url of the WebSocket
   * @param {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null} [memory] of the tab
   */
  constructor(url, memory = null) {
    super();
    this.#transport = new SignalingTransport(url, memory);
    this.#transport.on('failed', () => this.emit('state'));
    this.#transport.on('state', () => {
      clearTimeout(this.#answerTimer);
      if (this.state === 'open') this.#expectAnswer();
      this.emit('state');
    });
    this.#transport.on('message', (message) => this.#onMessage(message));
  }

  get state() {
    return this.#transport.state;
  }

  /** Over a WebSocket, or over HTTP where none gets through. */
  get way() {
    return this.#transport.way;
  }

  /** Why the newest attempts failed. */
  get failures() {
    return this.#transport.failures;
  }

  start() {
    this.#transport.start();
  }

  stop() {
    clearTimeout(this.#answerTimer);
    this.#transport.stop();
  }

  /** Open the socket anew at once. */
  restart() {
    this.#transport.restart();
  }

  /**
   * Send a message; return false if there is no open socket.
   * @param {{type: string, [member: string]: any}} message
   */
  send(message) {
    return this.#transport.send(message);
  }

  /**
   * Ask for a fresh session id; the relay answers with `ready`, or that the robot is not there.
   */
  renew() {
    if (this.send({ type: 'renew' })) this.#expectAnswer();
  }

  /** Note that the robot is not there. @param {'no-robot' | 'robot-gone'} code from the relay */
  noteAbsence(code) {
    this.robot = code === 'no-robot' && this.robot !== 'gone' ? 'absent' : 'gone';
  }

  /** @param {Message} message */
  #onMessage(message) {
    clearTimeout(this.#answerTimer);
    if (message.type === 'ready') {
      this.robot = 'present';
      this.emit('ready', message);
    } else {
      this.emit('message', message);
    }
  }

  #expectAnswer() {
    clearTimeout(this.#answerTimer);
    this.#answerTimer = setTimeout(() => this.restart(), Math.min(MAX_ANSWER_TIMEOUT_MS,
      Math.max(MIN_ANSWER_TIMEOUT_MS, 4 * this.#transport.openingMs)));
  }
}
