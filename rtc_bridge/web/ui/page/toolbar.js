// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The tools for the picture. What is needed only now and then is loaded when it is asked for. */

import { box, element } from '../dom.js';
import { addToolButtons } from './tool_buttons.js';

/**
 * @typedef {object} ToolbarOptions
 * @property {HTMLVideoElement} video the main picture
 * @property {() => MediaStream | null} stream what it shows now
 * @property {() => string[]} fileWords words for the names of files
 * @property {import('../settings.js').Settings} settings
 * @property {import('../driving/input_devices.js').InputDevices} inputs
 * @property {() => string} pathProblem why no path is drawn in the main picture; '': nothing is amiss
 * @property {(text: string) => void} toast shows a message to the person
 * @property {() => void} onRecording the recording has begun or ended
 * @property {() => void} onDialogOpen the dialog with the options is asked for
 * @property {() => void} onDialogClose
 * @property {() => void} onFullscreenLeft full screen has ended, by something else than its button
 */

export class Toolbar {
  /** Tells what a snapshot is to say of itself. @type {() => import('../pictures/snapshot.js').Facts | null} */
  describe = () => null;
  /** @type {import('../pictures/recording.js').Recorder | null} */
  #recorder = null;
  #toast;

  /** @param {ToolbarOptions} options */
  constructor({ video, stream, fileWords, settings, inputs, pathProblem, toast, onRecording,
    onDialogOpen, onDialogClose, onFullscreenLeft }) {
    this.#toast = toast;
    addToolButtons();
    this.#onClick('snapshot', async () => {
      const { saveSnapshot } = await import('../pictures/snapshot.js');
      await saveSnapshot(video, fileWords(), this.describe());
    });
    this.#onClick('record', async () => {
      const { Recorder } = await import('../pictures/recording.js');
      this.#recorder ??= new Recorder({ fileWords, toast, onChange: onRecording,
        button: box('record'), clock: box('recorded') });
      this.#recorder.toggle(stream());
    });
    box('record').hidden = typeof MediaRecorder !== 'function';
    box('options').addEventListener('click', onDialogOpen);
    this.#onClick('options', async () => {
      const { showOptions } = await import('./options_dialog.js');
      // The second click came while the dialog was loaded.
      if (!document.querySelector('dialog')) {
        showOptions(settings, inputs, pathProblem(), onDialogClose);
      }
    });
    this.#offerScreens(video, onFullscreenLeft);
    // The browser asks whether to leave the page: the recording would be lost.
    addEventListener('beforeunload', (event) => this.recording && event.preventDefault());
  }

  get recording() {
    return this.#recorder?.running ?? false;
  }

  /** There is a picture to work with. @param {boolean} picture */
  set enabled(picture) {
    for (const id of ['snapshot', 'pip']) element(id, HTMLButtonElement).disabled = !picture;
    element('record', HTMLButtonElement).disabled = !picture && !this.recording;
  }

  /** The main picture is another stream. @param {MediaStream | null} stream */
  follow(stream) {
    this.#recorder?.follow(stream);
  }

  /** Save what is being recorded. */
  stop() {
    this.#recorder?.stop();
  }

  /**
   * Offer full screen and picture in picture, as far as this browser has them.
   * @param {HTMLVideoElement} video
   * @param {() => void} onFullscreenLeft
   */
  #offerScreens(video, onFullscreenLeft) {
    // iPhones show nothing but a bare video in full screen, without the emergency stop. There the
    // page makes the picture as large as it can itself.
    const bareOnly = !document.fullscreenEnabled && 'webkitEnterFullscreen' in video;
    box('fullscreen').hidden = !document.fullscreenEnabled && !bareOnly;
    let byButton = false;
    const showPressed = (/** @type {boolean} */ pressed) => box('fullscreen').setAttribute(
      'aria-pressed', String(pressed));
    this.#onClick('fullscreen', async () => {
      if (bareOnly) {
        showPressed(document.body.toggleAttribute('data-large'));
      } else if (document.fullscreenElement) {
        byButton = true;
        await document.exitFullscreen().catch((error) => {
          byButton = false;
          throw error;
        });
      } else {
        await document.documentElement.requestFullscreen();
        // Where a browser allows it, Escape stays a key of the page.
        const { keyboard } = /** @type {any} */ (navigator);
        await keyboard?.lock?.(['Escape']).catch(() => {});
      }
    });
    document.addEventListener('fullscreenchange', () => {
      showPressed(!!document.fullscreenElement);
      if (!document.fullscreenElement && !byButton) onFullscreenLeft();
      byButton = false;
    });
    box('pip').hidden = !document.pictureInPictureEnabled;
    this.#onClick('pip', async () => {
      if (document.pictureInPictureElement) await document.exitPictureInPicture();
      else await video.requestPictureInPicture();
    });
  }

  /** @param {string} id @param {() => Promise<void>} action */
  #onClick(id, action) {
    box(id).addEventListener('click', async () => {
      try {
        await action();
      } catch (error) {
        console.warn('rtc_bridge:', error);
        this.#toast(`${box(id).title}: that did not work. ${/** @type {Error} */ (error).message}`);
      }
    });
  }
}
