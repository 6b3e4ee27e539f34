// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Whether a video element shows the camera that was chosen for it, or still another one. */

import { Emitter } from '../../client/messages.js';
import { VideoFrames } from './video_frames.js';

/** Event `frame` with each frame that the browser paints; `change` when `own` has changed. */
export class SlotPicture extends Emitter {
  /** The frame on the screen is of this session and of the chosen camera. */
  own = false;
  /** The chosen camera, if the element shows a frame of it, perhaps of an earlier session.
   * @type {string | null} */
  camera = null;
  frames;
  #connection;
  #slot;

  /**
   * @param {import('../../client/robot_connection.js').RobotConnection} connection
   * @param {number} slot
   * @param {HTMLVideoElement} video
   */
  constructor(connection, slot, video) {
    super();
    this.#connection = connection;
    this.#slot = slot;
    this.frames = new VideoFrames(video, (frame) => {
      this.emit('frame', frame);
      this.onPainted();
      this.update();
    }, () => connection.session?.newestRtpTimestamp(slot) ?? null);
    connection.on('session', () => {
      this.frames.restart();
      this.update();
    });
    connection.on('control', ({ type }) => type === 'slot' && this.update());
    connection.on('change', () => this.update());
  }

  /** Is called when a frame has been painted. */
  onPainted() {}

  /** Judge the frame on the screen anew. */
  update() {
    const { session, selection, slots } = this.#connection;
    const wanted = selection.chosen[this.#slot] ?? null;
    const { painted } = this.frames;
    // Robots of RTCBot's have one camera, and tell nothing of it.
    const own = session?.kind === 'rtcbot' ? painted !== undefined
      : slots.shows(this.#slot, wanted, painted);
    if (own) this.camera = wanted;
    else if (this.camera !== wanted) this.camera = null;
    if (own === this.own) return;
    this.own = own;
    this.emit('change');
  }
}
