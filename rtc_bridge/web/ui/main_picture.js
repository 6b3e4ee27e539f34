// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Whether the main picture is of now: whether this session has shown one, and when it came. */

import { Emitter } from '../client/messages.js';
import { VideoFrames } from './video_frames.js';

// A picture that came longer ago than this is not of now, ms.
const MAX_AGE_MS = 1000;

/** Event `change` when the first picture of a session is shown; `frame` with each frame. */
export class MainPicture extends Emitter {
  /** A picture of the session that is shown has been on the screen. */
  shown = false;
  /** When the newest picture came, by `performance.now()`. @type {number | null} */
  shownAtMs = null;
  /** For so long none came although the page expects pictures. */
  stalledS = 0;
  #connection;
  #frames;

  /**
   * @param {import('../client/robot_connection.js').RobotConnection} connection
   * @param {HTMLVideoElement} video
   */
  constructor(connection, video) {
    super();
    this.#connection = connection;
    this.#frames = new VideoFrames(video, (frame) => {
      this.emit('frame', frame);
      this.shownAtMs = performance.now();
      if (this.shown || !connection.session) return;
      this.shown = true;
      this.emit('change');
    });
    connection.on('session', () => this.#expectNew());
    connection.on('change', () => {
      // The robot does not let this person in: not even an old picture remains.
      if (connection.hasFailedForGood) this.shownAtMs = null;
    });
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
    const rate = this.#frames.takeRate();
    return this.#frames.works && !document.hidden ? rate : null;
  }

  /** Count a second in which frames came or not. @param {boolean} arrived */
  countSecond(arrived) {
    this.stalledS = this.shown && !arrived ? this.stalledS + 1 : 0;
  }

  /** Return the RTP timestamp of the newest frame that a person sees, as far as the browser tells.
   * @param {import('../client/session.js').Session} session */
  paintedTimestamp(session) {
    return this.#frames.newestTimestamp(session.newestRtpTimestamp(0));
  }

  #expectNew() {
    this.shown = false;
    this.stalledS = 0;
  }
}
