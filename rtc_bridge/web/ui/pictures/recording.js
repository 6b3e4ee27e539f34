// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Recordings to keep, made from what the page shows. */

import { fileName, saveFile } from '../dom.js';

// Of the codecs that go into WebM, VP8 costs the least to encode. Safari writes MP4.
const MIME_TYPES = ['video/webm;codecs=vp8', 'video/webm', 'video/mp4'];
// Enough for 1280 × 720 at 30 frames a second without visible loss.
const BITS_PER_SECOND = 6_000_000;

/**
 * @typedef {object} RecorderOptions
 * @property {() => string[]} fileWords words for the name of a file
 * @property {HTMLElement} button that starts and ends it
 * @property {HTMLElement} clock shows for how long
 * @property {() => void} onChange the recording has begun or ended
 * @property {(text: string) => void} toast shows a message to the person
 */

/** Records the main picture, each stream into a file of its own. */
export class Recorder {
  #options;
  /** @type {MediaRecorder | null} */
  #recorder = null;
  #wanted = false;
  /** @type {MediaStream | null} */
  #stream = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /** @param {RecorderOptions} options */
  constructor(options) {
    this.#options = options;
  }

  get running() {
    return this.#wanted;
  }

  /** Begin to record a stream, or end. @param {MediaStream | null} stream */
  toggle(stream) {
    if (this.#wanted) this.stop();
    else if (stream) {
      this.#wanted = true;
      this.follow(stream);
    }
    this.#options.onChange();
  }

  /** Go on with another stream, if one is recorded. @param {MediaStream | null} stream */
  follow(stream) {
    if (!this.#wanted || stream === this.#stream) return;
    this.#end();
    this.#stream = stream;
    if (!stream) return;
    try {
      this.#recorder = this.#start(stream);
    } catch (error) {
      this.stop();
      this.#options.toast(`No recording: ${/** @type {Error} */ (error).message}`);
    }
  }

  /** Save what is recorded, and record no more. */
  stop() {
    this.#wanted = false;
    this.#end();
  }

  /** @param {MediaStream} stream */
  #start(stream) {
    // Without a type the browser takes the one it likes best.
    const mimeType = MIME_TYPES.find((type) => MediaRecorder.isTypeSupported(type));
    const recorder = new MediaRecorder(stream, { mimeType, videoBitsPerSecond: BITS_PER_SECOND });
    const began = new Date();
    const words = this.#options.fileWords();
    /** @type {Blob[]} */
    const parts = [];
    recorder.addEventListener('error', (event) => {
      const reason = /** @type {any} */ (event).error?.message ?? '';
      this.#options.toast(`The recording broke off: ${reason}`);
    });
    recorder.addEventListener('dataavailable', ({ data }) => data.size && parts.push(data));
    recorder.addEventListener('stop', () => {
      const type = recorder.mimeType.split(';')[0];
      if (parts.length) {
        saveFile(fileName(words, began, `.${type.split('/')[1]}`), new Blob(parts, { type }));
      }
      // It ended by itself: by an error, or since the stream has ended.
      if (recorder === this.#recorder) {
        this.stop();
        this.#options.onChange();
      }
    });
    // The browser hands over a part each second.
    recorder.start(1000);
    this.#showClock(began);
    return recorder;
  }

  /** @param {Date} began */
  #showClock(began) {
    const { button, clock } = this.#options;
    const show = () => {
      const seconds = Math.round((Date.now() - began.getTime()) / 1000);
      clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    };
    show();
    this.#timer = setInterval(show, 1000);
    button.setAttribute('aria-pressed', 'true');
    clock.hidden = false;
  }

  #end() {
    clearInterval(this.#timer);
    if (this.#recorder && this.#recorder.state !== 'inactive') this.#recorder.stop();
    this.#recorder = null;
    this.#stream = null;
    this.#options.button.setAttribute('aria-pressed', 'false');
    this.#options.clock.hidden = true;
  }
}
