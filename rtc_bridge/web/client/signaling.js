// @ts-check
/** Signaling door 1, the page's end: one WebSocket that comes back by itself. */

const SUBPROTOCOL = 'rtc-bridge.v1';

/**
 * Return the WebSocket URL that belongs to the page: its own path, and `ws` beside a nameless one.
 * @param {{protocol: string, host: string, pathname: string}} location
 */
export function socketUrl({ protocol, host, pathname }) {
  const scheme = protocol === 'https:' ? 'wss:' : 'ws:';
  return `${scheme}//${host}${pathname}${pathname.endsWith('/') ? 'ws' : ''}`;
}

// Left alone, a browser waits for minutes for an answer to packets that were lost; a slow network
// gets more time with each try.
const OPENING_TIME = 2500;
const LONGEST_OPENING_TIME = 8000;
// A relay that is back has its pages again within four seconds.
const LONGEST_DELAY = 2700;

/**
 * Yield waiting times in ms, each spread so that many pages do not come back at the same moment.
 * @param {() => number} random
 * @param {number} longest in the middle of its spread
 * @returns {Generator<number, never>}
 */
export function* backoff(random = Math.random, longest = 10000) {
  for (let delay = 400; ; delay = Math.min(delay * 1.6, longest)) yield delay * (0.5 + random());
}

/**
 * Events: `state` when `.state` changed (`connecting`, `open`, `down`), `message` with the parsed
 * object as `detail`.
 */
export class Signaling extends EventTarget {
  /** @type {'connecting' | 'open' | 'down'} */
  state = 'connecting';
  /** How long it took to open the present socket, ms: several round trips. */
  opening = 0;
  #url;
  /** @type {WebSocket | null} */
  #socket = null;
  #delays = backoff(Math.random, LONGEST_DELAY);
  #openingTime = OPENING_TIME;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {string} url */
  constructor(url) {
    super();
    this.#url = url;
  }

  start() {
    this.stop();
    const began = performance.now();
    const socket = new WebSocket(this.#url, SUBPROTOCOL);
    this.#socket = socket;
    this.#timer = setTimeout(() => {
      this.#openingTime = Math.min(this.#openingTime * 1.5, LONGEST_OPENING_TIME);
      this.#enter('down');
      this.start();
    }, this.#openingTime);
    socket.onopen = () => {
      clearTimeout(this.#timer);
      this.opening = performance.now() - began;
      this.#openingTime = OPENING_TIME;
      this.#delays = backoff(Math.random, LONGEST_DELAY);
      this.send({ type: 'watch' });
      this.#enter('open');
    };
    socket.onmessage = ({ data }) => {
      const message = parseObject(data);
      if (message) this.dispatchEvent(new CustomEvent('message', { detail: message }));
    };
    // An 'error' event says nothing that the 'close' after it does not.
    socket.onclose = () => {
      clearTimeout(this.#timer);
      this.#enter('down');
      this.#timer = setTimeout(() => this.start(), this.#delays.next().value);
    };
  }

  stop() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  /** Start over now: the network came back, or the other end keeps silent. */
  restart() {
    if (this.state === 'open') this.#enter('down');
    this.start();
  }

  /**
   * Send a message; false when there is no link to send it on.
   * @param {{type: string, [member: string]: any}} message
   */
  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** @param {'connecting' | 'open' | 'down'} state */
  #enter(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event('state'));
  }
}

/**
 * Return what an event of ours carries.
 * @param {Event} event
 * @returns {any}
 */
export const detailOf = (event) => /** @type {CustomEvent} */ (event).detail;

/**
 * Return the JSON object that a text holds, or null if it holds anything else.
 * @param {any} text
 * @returns {Record<string, any> | null}
 */
export function parseObject(text) {
  try {
    const value = JSON.parse(text);
    return value && typeof value === 'object' && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
