// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The button to show this person's camera, or screen, to who is beside the robot. */

import { element, write } from './dom.js';

/** What a person reads when their camera cannot be shown, by code. */
const TEXTS = /** @type {Record<string, string>} */ ({
  denied: 'The browser does not give this page the camera: allow it beside the address',
  'no-camera': 'This computer has no camera that can be used',
  insecure: 'Browsers give cameras to https pages only',
});

export class CameraButton {
  #camera;
  #toast;
  #button = element('showcamera', HTMLButtonElement);
  /** The reason that was shown last. */
  #told = '';

  /**
   * @param {import('../client/operator_camera.js').OperatorCamera} camera
   * @param {(text: string) => void} toast shows a message to the person
   */
  constructor(camera, toast) {
    this.#camera = camera;
    this.#toast = toast;
    camera.on('change', () => this.#show());
    camera.on('error', ({ code, text }) => toast(TEXTS[code] ?? `You are not shown: ${text}`));
    this.#button.addEventListener('click', () => {
      if (camera.wanted) camera.stop();
      else camera.start();
    });
    this.#show();
  }

  #show() {
    const { available, wanted, held, holder } = this.#camera;
    this.#button.hidden = !available;
    this.#button.setAttribute('aria-pressed', String(wanted));
    const reason = this.#reason();
    this.#button.toggleAttribute('data-held', held && !reason);
    const title = held ? `Your camera is ${reason ? `not shown: ${reason}` : 'shown'}. Press to end`
      : 'Show your camera';
    this.#button.title = title;
    this.#button.setAttribute('aria-label', title);
    if (reason && reason !== this.#told) this.#toast(`Your camera is not shown yet: ${reason}`);
    this.#told = reason;
    write('cameraholder', holder === null || held ? '' : `${holder || 'Somebody'} shows a camera`);
  }

  /** Why the camera is not seen, although this person has the floor; '' if it is. */
  #reason() {
    const { held, watched, reason } = this.#camera;
    if (!held) return '';
    return watched ? reason : 'nobody watches there';
  }
}
