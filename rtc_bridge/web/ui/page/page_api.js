// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What other scripts of the page find as `window.rtcBridge`. */

import { Driver } from '../../client/driving/driver.js';
import { Emitter } from '../../client/messages.js';

/**
 * Events: `state` when `.state` has changed; `message` with a message of the robot's application.
 */
export class PageApi extends Emitter {
  /**
   * `connecting`, `live`, `still`, `waiting`, `no-picture`, `no-robot`, `robot-gone`, `relay-lost`,
   * `no-camera`, `camera-lost`, `connection-lost`, `stalled`, `off`, `unsupported`, or an error code of
   * docs/protocol.md.
   */
  state = 'connecting';
  /** What the person chose. */
  settings;
  /** What is measured; null until that is loaded.
   * @type {import('../../client/measurements/viewer_stats.js').ViewerStats | null} */
  viewerStats = null;
  #connection;
  #teleop;

  /**
   * @param {import('../../client/robot_connection.js').RobotConnection} connection
   * @param {import('../../client/driving/teleop.js').Teleop} teleop
   * @param {import('../settings.js').Settings} settings
   */
  constructor(connection, teleop, settings) {
    super();
    this.#connection = connection;
    this.#teleop = teleop;
    this.settings = settings;
    connection.handle({ message: ({ data }) => this.emit('message', data) });
    connection.on('app', (data) => {
      console.info('rtc_bridge: the robot says:', data);
      this.emit('message', data);
    });
  }

  /** Note the state of the page. @param {string} state */
  setState(state) {
    if (state === this.state) return;
    console.debug('rtc_bridge: state', this.state, '->', state);
    this.state = state;
    this.emit('state');
  }

  /** What the robot told of itself; null while there is no session. */
  get hello() {
    return this.#connection.session?.hello ?? null;
  }

  /** Names of the robot's cameras. */
  get cameras() {
    return this.#connection.selection.cameras ?? [];
  }

  /** The newest rates; null before the first. */
  get stats() {
    return this.viewerStats?.stats ?? null;
  }

  /** What was measured, a row for each second of the last hour. */
  get statsHistory() {
    return this.viewerStats?.rows ?? [];
  }

  /** Drives the robot of this session; null while there is none. @returns {Driver | null} */
  get driver() {
    const { driver } = this.#teleop;
    return driver instanceof Driver ? driver : null;
  }

  /**
   * Connect to a program on the robot; null while there is no session.
   * @param {string} name of the service
   */
  async openService(name) {
    const { openService } = await import('../../client/service_stream.js');
    const { session } = this.#connection;
    return session?.hello ? openService(session, name) : null;
  }

  /** Give the lease back. */
  release() {
    this.#teleop.release();
  }

  /** Send a JSON value to the robot's application. @param {any} data */
  send(data) {
    const { session } = this.#connection;
    session?.sendControl(session.kind === 'rtcbot' ? data : { type: 'message', data });
  }

  /**
   * Show a camera in a slot.
   * @param {number} slot
   * @param {string | null} camera null: no camera
   */
  select(slot, camera) {
    this.#connection.select(slot, camera);
  }
}
