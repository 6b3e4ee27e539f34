// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What one viewer at a time sends to the robot: its voice, or the pictures of its camera. */

import { Emitter } from '../messages.js';

/**
 * @typedef {import('../messages.js').Message} Message
 * @typedef {import('../session/session.js').Session} Session
 * @typedef {{
 *   request: string, state: string, refusal: string, missing: string,
 *   isTaken: (session: Session) => boolean, open: () => Promise<MediaStreamTrack>,
 *   send: (session: Session, track: MediaStreamTrack | null) => Promise<void>,
 * }} FloorKind the message that asks for the floor, the one that tells who has it, the error codes
 *   of a refusal and of a device that is not there; whether the robot takes this of the session;
 *   what opens the device; what sends its track, or none
 */

/**
 * Event `change` when any property has changed; `state` with who has the floor; `error` with a
 * code: `denied`, `insecure`, that of a missing device, that of a refusal (and the robot's words).
 */
export class FloorMedia extends Emitter {
  /** The name of who has the floor, '' for one without a name; null: nobody. @type {string | null} */
  holder = null;
  /** This viewer has it. */
  held = false;
  /** Why the robot makes nothing of what this viewer sends; '': it does. */
  reason = '';
  #kind;
  #connection;
  #wanted = false;
  /** How often this person began. */
  #starts = 0;
  /** The session that the track belongs to. @type {Session | null} */
  #session = null;
  /** @type {MediaStreamTrack | null} */
  #track = null;
  #wasAvailable = false;

  /**
   * @param {import('../robot_connection.js').RobotConnection} connection
   * @param {FloorKind} kind
   */
  constructor(connection, kind) {
    super();
    this.#kind = kind;
    this.#connection = connection;
    connection.on('session', () => {
      // Who had the floor in the last session has to ask anew.
      this.#onState({});
      this.stop();
    });
    // Robots of RTCBot's do not greet: their answer says what they take.
    connection.on('change', () => {
      // Nobody is there any more who could take the floor back.
      if (connection.session?.state !== 'up') {
        this.stop();
        if (this.holder !== null) this.#onState({});
      }
      if (this.available === this.#wasAvailable) return;
      this.#wasAvailable = this.available;
      this.emit('change');
    });
    connection.handle({
      hello: () => this.emit('change'),
      [kind.state]: (message) => this.#onState(message),
      error: (message) => {
        if (message.code === kind.refusal) this.#fail(kind.refusal, String(message.message ?? ''));
      },
    });
  }

  /** The robot takes this of this session. */
  get available() {
    const { session } = this.#connection;
    return !!session && this.#kind.isTaken(session);
  }

  /** The robot tells what becomes of what is sent. Robots of RTCBot's do not. */
  get isTold() {
    return this.#connection.session?.kind !== 'rtcbot';
  }

  /** This person wants to have the floor. */
  get wanted() {
    return this.#wanted;
  }

  /** What is sent while this viewer has the floor; null: nothing yet. */
  get track() {
    return this.#track;
  }

  /** Begin, if the robot lets this viewer. */
  async start() {
    const { session } = this.#connection;
    if (this.#wanted || !this.available || session?.state !== 'up') return;
    this.#wanted = true;
    this.#starts += 1;
    const start = this.#starts;
    this.emit('change');
    if (!globalThis.isSecureContext) {
      this.#fail('insecure');
      return;
    }
    try {
      const track = await this.#kind.open();
      // It was given up meanwhile, and maybe begun again.
      if (start !== this.#starts || !this.#wanted || session !== this.#connection.session) {
        track.stop();
        return;
      }
      // A person ends the sharing of a screen by the browser's own button.
      track.addEventListener('ended', () => this.#track === track && this.stop());
      this.#track = track;
      this.#session = session;
      await this.#kind.send(session, track);
    } catch (error) {
      const { name } = /** @type {Error} */ (error);
      if (start === this.#starts) {
        this.#fail(name === 'NotAllowedError' ? 'denied' : this.#kind.missing);
      }
      return;
    }
    if (start === this.#starts && this.#wanted) this.#ask(session, true);
  }

  /** Send the track again, as what the robot takes has changed. */
  async sendAgain() {
    if (!this.#session || !this.#track || this.#session !== this.#connection.session) return;
    try {
      await this.#kind.send(this.#session, this.#track);
    } catch {
      this.#fail(this.#kind.missing);
    }
  }

  /** End. */
  stop() {
    if (!this.#wanted) return;
    this.#wanted = false;
    const session = this.#session;
    this.#session = null;
    // Another session knows nothing of this one.
    if (session && session === this.#connection.session) {
      this.#ask(session, false);
      // A connection that has ended sends nothing anyway.
      this.#kind.send(session, null).catch(() => {});
    }
    this.#track?.stop();
    this.#track = null;
    this.emit('change');
  }

  /**
   * Ask for the floor, or give it back. Robots of RTCBot's have none: all that is sent is taken.
   * @param {Session} session
   * @param {boolean} on
   */
  #ask(session, on) {
    if (this.isTold) session.sendControl({ type: this.#kind.request, on });
    else this.#onState({ somebody: on, you: on });
  }

  /** @param {Message} message */
  #onState(message) {
    const lost = this.held && message.you !== true;
    this.holder = message.somebody ? String(message.name ?? '') : null;
    this.held = message.you === true;
    this.reason = this.held ? String(message.reason ?? '') : '';
    // Another one has it, or the robot has taken it.
    if (lost) this.stop();
    this.emit('state', message);
    this.emit('change');
  }

  /** @param {string} code @param {string} [text] */
  #fail(code, text = '') {
    this.stop();
    this.emit('error', { code, text });
  }
}
