// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Signaling over HTTP, for networks in which no WebSocket gets through: messages are posted, and
 * those of the relay are fetched by a request that waits for them (docs/protocol.md).
 */

import { Emitter, parseObject } from '../messages.js';

/**
 * Why a request failed: `status` of the answer, 0 if there was none, and what the answer said.
 * @typedef {{status: number, text: string, silent: boolean}} RequestFailure silent: nothing came in
 *   time
 *
 * @typedef {object} PolledPage
 * @property {string} url
 * @property {AbortController} ended
 * @property {string[]} outbox
 * @property {boolean} posting
 */

const OPENING_TIMEOUT_MS = 4000;
const POST_TIMEOUT_MS = 8000;
// The relay answers within 20 s, with or without news.
const POLL_TIMEOUT_MS = 35000;
// A proxy may have ended a poll; the next one gets the same messages.
const MAX_FAILED_POLLS = 2;
const POLL_PAUSE_MS = 500;
// A poll that failed after this time had reached the relay.
const MIN_POLL_MS = 4000;
// In one POST; the relay takes 64 messages and 256 KiB.
const MAX_MESSAGES = 50;
const MAX_LENGTH = 200_000;
// 128 bits: who knows the id of a page can read its messages.
const ID_BYTES = 16;

/**
 * Return the URL below which a page signals over HTTP.
 * @param {string} socketUrl of its WebSocket
 */
export function pollingUrl(socketUrl) {
  const { origin, pathname } = new URL(socketUrl.replace(/^ws/, 'http'));
  const name = pathname.lastIndexOf('/') + 1;
  return `${origin}${pathname.slice(0, name)}signaling/${pathname.slice(name)}`;
}

/**
 * Events: `state` when `.state` has changed, `message` with the parsed object as `detail`,
 * `failed` with a `RequestFailure`. It does not connect again by itself.
 */
export class SignalingPolls extends Emitter {
  /** @type {import('./signaling_socket.js').SocketState} */
  state = 'connecting';
  /** How long the first request took, ms. */
  openingMs = 0;
  #url;
  /** @type {PolledPage | null} */
  #page = null;

  /** @param {string} url see `pollingUrl` */
  constructor(url) {
    super();
    this.#url = url;
  }

  /** Connect, in place of the page before. */
  start() {
    this.stop();
    const page = { url: `${this.#url}/${randomId()}`, ended: new AbortController(), outbox: [],
      posting: false };
    this.#page = page;
    this.#run(page).catch((failure) => this.#onFailure(page, failure));
  }

  /** Tell the relay what is left, and that the page leaves; then be silent. */
  stop() {
    const page = this.#page;
    this.#page = null;
    if (!page) return;
    page.ended.abort();
    if (this.state !== 'open') return;
    this.state = 'down';
    // The relay notices by itself if this does not arrive. `keepalive`: the page may be closing.
    const last = page.outbox.length
      ? fetch(page.url, { method: 'POST', body: page.outbox.join('\n'), keepalive: true })
      : Promise.resolve();
    last.then(() => fetch(page.url, { method: 'DELETE', keepalive: true })).catch(() => {});
  }

  /** Connect anew at once. */
  restart() {
    const wasOpen = this.state === 'open';
    this.start();
    if (wasOpen) this.emit('state');
  }

  /**
   * Send a message; return false if there is no connection.
   * @param {{type: string, [member: string]: any}} message
   */
  send(message) {
    const page = this.#page;
    if (!page || this.state !== 'open') return false;
    page.outbox.push(JSON.stringify(message));
    this.#flush(page).catch((failure) => this.#onFailure(page, failure));
    return true;
  }

  /** @param {PolledPage} page */
  async #run(page) {
    const began = performance.now();
    await this.#post(page, JSON.stringify({ type: 'watch' }), OPENING_TIMEOUT_MS);
    if (page !== this.#page) return;
    this.openingMs = performance.now() - began;
    this.#enter('open');
    let known = 0;
    let failures = 0;
    while (page === this.#page) {
      const asked = performance.now();
      try {
        const lines = await this.#poll(page, known);
        failures = 0;
        known += lines.length;
        for (const line of lines) this.#hear(page, line);
      } catch (failure) {
        const { status, silent } = /** @type {RequestFailure} */ (failure);
        // A proxy with less patience than the relay has ended it: there was no news.
        const waited = !silent && performance.now() - asked > MIN_POLL_MS;
        failures = waited ? 0 : failures + 1;
        if (status === 404 || failures > MAX_FAILED_POLLS) throw failure;
        await new Promise((resolve) => { setTimeout(resolve, POLL_PAUSE_MS); });
      }
    }
  }

  /** Post what waits, in order: one request after the other. @param {PolledPage} page */
  async #flush(page) {
    if (page.posting) return;
    page.posting = true;
    // What is sent at the same time goes in one request.
    await null;
    while (page.outbox.length && page === this.#page) {
      let count = 0;
      for (let length = 0; count < Math.min(page.outbox.length, MAX_MESSAGES); count += 1) {
        length += page.outbox[count].length;
        if (count && length > MAX_LENGTH) break;
      }
      await this.#post(page, page.outbox.splice(0, count).join('\n'), POST_TIMEOUT_MS);
    }
    page.posting = false;
  }

  /**
   * @param {PolledPage} page
   * @param {string} body
   * @param {number} timeoutMs
   */
  async #post(page, body, timeoutMs) {
    const { status, text } = await request(page.url, { method: 'POST', body }, timeoutMs);
    if (status === 204) return;
    // The relay's own refusal is a message, as on a WebSocket.
    if (parseObject(text)?.type === 'error') this.#hear(page, text);
    throw failed(status, text);
  }

  /**
   * Return the messages behind the first ones.
   * @param {PolledPage} page
   * @param {number} known how many it has
   */
  async #poll(page, known) {
    const { status, text, type } = await request(`${page.url}?after=${known}`, {},
      POLL_TIMEOUT_MS, page.ended.signal);
    // A proxy may answer anything with a page of its own.
    if (status !== 200 || !type.startsWith('application/x-ndjson')) throw failed(status, text);
    return text.split('\n').filter(Boolean);
  }

  /** @param {PolledPage} page @param {string} text */
  #hear(page, text) {
    const message = parseObject(text);
    if (message && page === this.#page) this.emit('message', message);
  }

  /** @param {PolledPage} page @param {any} failure */
  #onFailure(page, failure) {
    if (page !== this.#page) return;
    this.#page = null;
    page.ended.abort();
    this.#enter('down');
    this.emit('failed', 'status' in failure ? failure : failed(0, String(failure)));
  }

  /** @param {import('./signaling_socket.js').SocketState} state */
  #enter(state) {
    if (this.state === state) return;
    this.state = state;
    this.emit('state');
  }
}

/** Return what signals for a page with this WebSocket. @param {string} socketUrl */
export const signalOverHttp = (socketUrl) => new SignalingPolls(pollingUrl(socketUrl));

/** @returns {RequestFailure} */
const failed = (status = 0, text = '', silent = false) => ({ status, text, silent });

function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(ID_BYTES));
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_')
    .replace(/=+$/, '');
}

/**
 * Ask, and return what was answered.
 * @param {string} url
 * @param {RequestInit} options
 * @param {number} timeoutMs
 * @param {AbortSignal} [ended]
 * @throws {RequestFailure} there was no answer
 */
async function request(url, options, timeoutMs, ended) {
  const abort = new AbortController();
  let silent = false;
  const timer = setTimeout(() => {
    silent = true;
    abort.abort();
  }, timeoutMs);
  const end = () => abort.abort();
  ended?.addEventListener('abort', end);
  try {
    const response = await fetch(url, { cache: 'no-store', ...options, signal: abort.signal });
    return { status: response.status, text: await response.text(),
      type: response.headers.get('Content-Type') ?? '' };
  } catch (error) {
    throw failed(0, String(error), silent);
  } finally {
    clearTimeout(timer);
    ended?.removeEventListener('abort', end);
  }
}
