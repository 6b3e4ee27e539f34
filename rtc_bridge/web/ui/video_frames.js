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
  /** RTP timestamp of the frame on the screen. @type {number | null} */
  #painted = null;

  /**
   * @param {HTMLVideoElement} video
   * @param {(frame: any) => void} onFrame takes what the browser tells of each frame
   */
  constructor(video, onFrame = () => {}) {
    this.#video = video;
    this.#onFrame = onFrame;
    this.works = 'requestVideoFrameCallback' in video;
    if (this.works) this.#next();
    else video.addEventListener('timeupdate', () => onFrame({}));
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
   * Return the RTP timestamp of the newest frame that a person sees. A browser that does not tell
   * it of the frames it paints tells it of those it received.
   * @param {number | null} received
   */
  newestTimestamp(received) {
    return this.#painted ?? received;
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
      this.#onFrame(frame);
    });
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
