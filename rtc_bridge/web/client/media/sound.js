// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The robot's sound: whether there is any, and whether this page listens. */

import { Emitter } from '../messages.js';

/** Event `change` when any property has changed. */
export class Sound extends Emitter {
  #connection;
  /** Why nothing is heard, as the robot says it; '' if something is. */
  reason = '';
  #wanted = false;
  #wasAvailable = false;

  /** @param {import('../robot_connection.js').RobotConnection} connection */
  constructor(connection) {
    super();
    this.#connection = connection;
    connection.on('session', () => {
      this.reason = '';
      this.emit('change');
    });
    // Robots of RTCBot's do not greet: their answer says whether they send sound.
    connection.on('change', () => {
      if (this.available === this.#wasAvailable) return;
      this.#wasAvailable = this.available;
      this.emit('change');
    });
    connection.handle({
      hello: () => {
        // A new session knows nothing of the one before.
        if (this.#wanted) this.#send();
        this.emit('change');
      },
      sound: (message) => {
        this.reason = String(message.reason ?? '');
        this.emit('change');
      },
    });
  }

  /** The robot sends sound, or would if it were asked. */
  get available() {
    const { session } = this.#connection;
    return session?.hello?.sound === true || (
      session?.kind === 'rtcbot'
        && /^(recvonly|sendrecv)$/.test(session.media.audio.currentDirection ?? ''));
  }

  /** The page asks for it. */
  get wanted() {
    return this.#wanted;
  }

  set wanted(wanted) {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    this.#send();
    this.emit('change');
  }

  /** What may be heard; null: nothing. @returns {MediaStream | null} */
  get stream() {
    return this.available ? this.#connection.session?.trustedSound ?? null : null;
  }

  /** How loud it is, 0 to 1; 0 if the browser does not tell. */
  get level() {
    const receiver = this.#connection.session?.media.audio.receiver;
    const [source] = receiver?.getSynchronizationSources?.() ?? [];
    return this.#wanted ? source?.audioLevel ?? 0 : 0;
  }

  #send() {
    const { session } = this.#connection;
    if (session?.hello?.sound === true) session.sendControl({ type: 'listen', on: this.#wanted });
  }
}
