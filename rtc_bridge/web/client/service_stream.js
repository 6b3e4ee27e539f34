// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** A connection to a program on the robot, as docs/protocol.md has it under "Local services". */

import { Emitter, parseObject } from './messages.js';

/** What a frame is: its first byte. */
const KIND = { BYTES: 0, TEXT: 1, BINARY: 2, OPENED: 3, END: 4, ERROR: 5, CREDIT: 6 };
/** The message goes on in the next frame. */
const MORE = 0x80;
const MAX_DATA = 3072;
const WINDOW = 256 * 1024;
/** What each end may send before the other one has said anything. */
const INITIAL_WINDOW = 32 * 1024;
/** What each frame with data counts besides its data. */
const OVERHEAD = 64;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Events: `open` when the program is there; `message` with a string, or a Uint8Array, which of a
 * stream over TCP is any part of it; `end` when the program sends no more; `error` with a code and
 * a text, and nothing comes after it; `close`.
 */
export class ServiceStream extends Emitter {
  #channel;
  #left = INITIAL_WINDOW;
  #taken = 0;
  /** Frames that wait for the window. @type {Uint8Array[]} */
  #waiting = [];
  /** The parts of a message that goes on. @type {Uint8Array[]} */
  #parts = [];

  /** @param {RTCDataChannel} channel with a label `service/NAME/ID` */
  constructor(channel) {
    super();
    this.#channel = channel;
    channel.binaryType = 'arraybuffer';
    channel.addEventListener('message', ({ data }) => {
      if (data instanceof ArrayBuffer && data.byteLength) this.#onFrame(new Uint8Array(data));
    });
    channel.addEventListener('open', () => this.#flush());
    channel.addEventListener('close', () => this.emit('close'));
  }

  /** Bytes that wait for the program to read. */
  get bufferedAmount() {
    return this.#waiting.reduce((sum, frame) => sum + frame.length - 1, 0);
  }

  /** Send a text, or bytes. @param {string | Uint8Array} data */
  send(data) {
    const isText = typeof data === 'string';
    const bytes = isText ? encoder.encode(data) : data;
    for (let start = 0; start === 0 || start < bytes.length; start += MAX_DATA) {
      const part = bytes.subarray(start, start + MAX_DATA);
      const more = start + MAX_DATA < bytes.length ? MORE : 0;
      this.#waiting.push(frame((isText ? KIND.TEXT : KIND.BINARY) | more, part));
    }
    this.#flush();
  }

  /** Send no more; what the program sends is still heard. */
  end() {
    this.#waiting.push(frame(KIND.END));
    this.#flush();
  }

  close() {
    this.#channel.close();
  }

  #flush() {
    while (this.#waiting.length && this.#channel.readyState === 'open'
        && cost(this.#waiting[0]) <= this.#left) {
      const next = /** @type {Uint8Array<ArrayBuffer>} */ (this.#waiting.shift());
      this.#left -= cost(next);
      this.#channel.send(next);
    }
  }

  /** @param {Uint8Array} message */
  #onFrame(message) {
    const kind = message[0] & ~MORE;
    const data = message.subarray(1);
    if (kind === KIND.OPENED) {
      this.#allow(WINDOW - INITIAL_WINDOW);
      this.emit('open');
    } else if (kind === KIND.END) {
      this.emit('end');
    } else if (kind === KIND.ERROR) {
      this.emit('error', parseObject(decoder.decode(data)) ?? { code: 'broken', message: '' });
    } else if (kind === KIND.CREDIT && data.length === 4) {
      this.#left += new DataView(data.buffer, data.byteOffset).getUint32(0);
      this.#flush();
    } else if (kind <= KIND.BINARY) {
      this.#onData(kind, data, (message[0] & MORE) !== 0);
    }
  }

  /** Let the robot send so many bytes more. @param {number} count */
  #allow(count) {
    const credit = frame(KIND.CREDIT, new Uint8Array(4));
    new DataView(credit.buffer).setUint32(1, count);
    if (this.#channel.readyState === 'open') this.#channel.send(credit);
  }

  /** @param {number} kind @param {Uint8Array} data @param {boolean} more */
  #onData(kind, data, more) {
    this.#parts.push(data);
    this.#taken += data.length + OVERHEAD;
    if (this.#taken >= WINDOW / 4) {
      this.#allow(this.#taken);
      this.#taken = 0;
    }
    if (more) return;
    const whole = new Uint8Array(this.#parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    this.#parts = [];
    this.emit('message', kind === KIND.TEXT ? decoder.decode(whole) : whole);
  }
}

/** What flow control counts of a frame. @param {Uint8Array} message */
const cost = (message) => ((message[0] & ~MORE) <= KIND.BINARY ? message.length - 1 + OVERHEAD : 0);

/** @param {number} kind @param {Uint8Array} [data] @returns {Uint8Array<ArrayBuffer>} */
function frame(kind, data = new Uint8Array()) {
  const made = new Uint8Array(1 + data.length);
  made[0] = kind;
  made.set(data, 1);
  return made;
}

/**
 * Connect to a program on the robot.
 * @param {import('./session/session.js').Session} session after its `hello`
 * @param {string} name of the service
 */
export const openService = (session, name) => new ServiceStream(session.createServiceChannel(name));
