// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The frames that a video element paints, where the browser tells of them, and the first of them.
 */

export class VideoFrames {
  /** The browser tells of each frame; otherwise `rate` counts nothing. */
  works;
  #video;
  #onFrame;
  #counted = 0;
  #countedSince = performance.now();
  #presentedFrames = -1;
  /** A frame of this stream is on the screen. */
  #paints = false;
  /** RTP timestamp of the frame on the screen; null: the browser does not tell it of frames that
   * it paints. @type {number | null} */
  #painted = null;
  /** The same of a frame that is on the screen, or was; undefined: no frame was painted.
   * @type {number | null | undefined} */
  #shown;
  /** What had been received when a frame was painted last. @type {number | null} */
  #before = null;
  #received;

  /**
   * @param {HTMLVideoElement} video
   * @param {(frame: any) => void} onFrame takes what the browser tells of each frame
   * @param {() => number | null} received returns the RTP timestamp of the newest frame received
   */
  constructor(video, onFrame = () => {}, received = () => null) {
    this.#video = video;
    this.#onFrame = onFrame;
    this.#received = received;
    this.works = 'requestVideoFrameCallback' in video;
    if (this.works) this.#next();
    else video.addEventListener('timeupdate', () => this.#onPainted({}));
  }

  /** Forget what was painted: the element shows another stream. */
  restart() {
    this.#paints = false;
    this.#painted = this.#before = null;
    this.#shown = undefined;
  }

  /**
   * The RTP timestamp of the frame on the screen, or of one before it where the browser tells only
   * what it has received; null: it does not tell that either, undefined: no frame was painted.
   */
  get painted() {
    return this.#shown;
  }

  /** Return the frames per second since the last call. */
  takeRate() {
    const now = performance.now();
    const rate = this.#counted * 1000 / Math.max(1, now - this.#countedSince);
    this.#countedSince = now;
    this.#counted = 0;
    return rate;
  }

  /**
   * Return the RTP timestamp of the newest frame that a person sees, null if there is none. A
   * browser that does not tell it of the frames it paints tells it of those it received.
   * @param {number | null} received
   */
  newestTimestamp(received) {
    return this.#paints ? this.#painted ?? received : null;
  }

  #next() {
    this.#video.requestVideoFrameCallback((_, frame) => {
      const { presentedFrames, rtpTimestamp } = frame;
      // Callbacks may skip frames, which the element counts. It begins anew with another stream.
      const more = presentedFrames - this.#presentedFrames;
      this.#counted += this.#presentedFrames < 0 || more < 1 || more > 100 ? 1 : more;
      this.#presentedFrames = presentedFrames;
      if (rtpTimestamp !== undefined && Number.isInteger(rtpTimestamp)) this.#painted = rtpTimestamp;
      this.#next();
      this.#onPainted(frame);
    });
  }

  /** @param {any} frame */
  #onPainted(frame) {
    this.#paints = true;
    const received = this.#received();
    // What had come before the last frame was painted is not newer than this one.
    this.#shown = this.#painted ?? this.#before ?? (received === null ? null : undefined);
    this.#before = received;
    this.#onFrame(frame);
  }
}

/**
 * Wait until a stream has a picture, without showing it.
 * @param {MediaStream} stream
 * @param {AbortSignal} ended
 * @returns {Promise<void>} stays pending if the session ends before that
 */
export function firstPicture(stream, ended) {
  const probe = document.createElement('video');
  probe.muted = true;
  probe.playsInline = true;
  return new Promise((resolve) => {
    const detach = () => { probe.srcObject = null; };
    probe.addEventListener('loadeddata', () => {
      detach();
      resolve();
    }, { once: true, signal: ended });
    ended.addEventListener('abort', detach, { once: true });
    probe.srcObject = stream;
    probe.play().catch(() => {});
  });
}
