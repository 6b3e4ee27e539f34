// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Whether the main picture is of now: whether this session has shown one, and when it came. */

import { SlotPicture } from './slot_picture.js';

// A picture that came longer ago than this is not of now, ms.
const MAX_AGE_MS = 1000;

/** Event `change` when `shown` or `own` has changed; `frame` with each frame. */
export class MainPicture extends SlotPicture {
  /** A picture of the chosen camera and of the session that is shown has been on the screen. */
  shown = false;
  /** When the newest picture of the chosen camera came, by `performance.now()`.
   * @type {number | null} */
  shownAtMs = null;
  /** For so long none came although the page expects pictures. */
  stalledS = 0;
  #connection;
  /** When the newest picture came, of whatever camera, by `performance.now()`. */
  #paintedAtMs = 0;
  /** A picture has come since a new one is expected. */
  #isNew = false;

  /**
   * @param {import('../../client/robot_connection.js').RobotConnection} connection
   * @param {HTMLVideoElement} video
   */
  constructor(connection, video) {
    super(connection, 0, video);
    this.#connection = connection;
    connection.on('session', () => this.#expectNew());
  }

  /** Whether the newest picture came within the last second. */
  get fresh() {
    return this.shownAtMs !== null && performance.now() - this.shownAtMs <= MAX_AGE_MS;
  }

  /** The page is looked at again: what is on the screen is from before. */
  onVisible() {
    if (!this.fresh) this.#expectNew();
  }

  /** Return the frames painted per second since the last call; null: the browser does not tell. */
  takeRate() {
    const rate = this.frames.takeRate();
    return this.frames.works && !document.hidden ? rate : null;
  }

  /** Count a second in which frames came or not. @param {boolean} arrived */
  countSecond(arrived) {
    this.stalledS = this.shown && !arrived ? this.stalledS + 1 : 0;
  }

  /** Return the RTP timestamp of the newest frame that a person sees, as far as the browser tells.
   * @param {import('../../client/session/session.js').Session} session */
  paintedTimestamp(session) {
    return this.frames.newestTimestamp(session.newestRtpTimestamp(0));
  }

  onPainted() {
    this.#paintedAtMs = performance.now();
    this.#isNew = true;
  }

  update() {
    super.update();
    if (this.own) this.shownAtMs = this.#paintedAtMs;
    // The robot does not let this person in: not even an old picture remains.
    if (this.camera === null && !this.own || this.#connection.isClosed) {
      this.shownAtMs = null;
    }
    this.#setShown(this.own && this.#isNew);
  }

  #expectNew() {
    this.#isNew = false;
    this.#setShown(false);
  }

  /** @param {boolean} shown */
  #setShown(shown) {
    if (shown === this.shown) return;
    this.shown = shown;
    this.stalledS = 0;
    this.emit('change');
  }
}
