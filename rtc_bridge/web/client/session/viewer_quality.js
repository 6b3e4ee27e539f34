// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The quality that this viewer asks for: how much may be received, and how evenly it is shown. */

// Browsers hold frames back for so long, so that those that come unevenly are shown evenly, ms.
const SMOOTH_MS = 100;

/**
 * @typedef {object} QualityChoice
 * @property {'auto' | 'save' | 'best'} mode
 * @property {number} cap of all that is received while data are saved, kbit/s
 * @property {boolean} smooth
 */

// What holds for a session before its robot is told anything.
const AUTOMATIC = '{"type":"quality","mode":"auto"}';

/** Return what to send to the robot. @param {QualityChoice} choice */
const qualityMessage = ({ mode, cap, smooth }) => ({ type: 'quality', mode,
  ...(mode === 'save' ? { max_kbit_per_s: Math.round(cap) } : {}), ...(smooth ? { smooth } : {}) });

/** Keeps robot and browser to what was chosen, over all sessions of a connection. */
export class ViewerQuality {
  /** @type {QualityChoice} */
  #choice = { mode: 'auto', cap: 0, smooth: false };
  #connection;
  #teleop;
  /** What the robot of this session was told; '': nothing, which means `auto`. */
  #sent = '';

  /**
   * @param {import('../robot_connection.js').RobotConnection} connection
   * @param {import('../driving/teleop.js').Teleop} teleop
   */
  constructor(connection, teleop) {
    this.#connection = connection;
    this.#teleop = teleop;
    connection.on('session', () => { this.#sent = ''; });
    connection.handle({ hello: () => this.#apply(), lease: () => this.#apply() });
    teleop.on('change', () => this.#apply());
    this.#apply();
  }

  /** The robot of this session can be asked for a quality. */
  get available() {
    return this.#connection.session?.hello?.quality === true;
  }

  /** @param {QualityChoice} choice */
  choose(choice) {
    this.#choice = choice;
    this.#apply();
  }

  #apply() {
    const { session } = this.#connection;
    if (!session) return;
    // A driver sees each frame as soon as it is there, as the robot sees to where browsers heed its
    // word more than ours (Chromium).
    const drives = this.#teleop.driver?.epoch != null;
    session.setJitterTarget(this.#choice.smooth && !drives ? SMOOTH_MS : 0);
    if (!this.available || session.state !== 'up') return;
    const message = qualityMessage(this.#choice);
    const text = JSON.stringify(message);
    if (text === (this.#sent || AUTOMATIC)) return;
    this.#sent = text;
    session.sendControl(message);
  }
}
