// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The button to show this person's camera, or screen, to who is beside the robot. */

import { box, element, write } from '../dom.js';

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
  /** What the robot is shown. */
  #preview = document.createElement('video');
  /** The reason that was shown last. */
  #told = '';

  /**
   * @param {import('../../client/media/operator_camera.js').OperatorCamera} camera
   * @param {(text: string) => void} toast shows a message to the person
   */
  constructor(camera, toast) {
    this.#camera = camera;
    this.#toast = toast;
    Object.assign(this.#preview, { id: 'owncamera', muted: true, playsInline: true, autoplay: true,
      hidden: true, ariaLabel: 'What you show to the robot' });
    box('stage').append(this.#preview);
    camera.on('change', () => this.#show());
    camera.on('error', ({ code, text }) => toast(TEXTS[code] ?? `You are not shown: ${text}`));
    this.#button.addEventListener('click', () => {
      if (camera.wanted) camera.stop();
      else camera.start();
    });
    this.#show();
  }

  #show() {
    const { available, wanted, held, holder, track } = this.#camera;
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
    this.#previewOf(held ? track : null);
    write('cameraholder', holder === null || held ? '' : `${holder || 'Somebody'} shows a camera`);
  }

  /** @param {MediaStreamTrack | null} track */
  #previewOf(track) {
    const { srcObject } = this.#preview;
    const before = srcObject instanceof MediaStream ? srcObject.getTracks()[0] : null;
    if (track === before) return;
    this.#preview.srcObject = track && new MediaStream([track]);
    this.#preview.hidden = !track;
  }

  /** Why the camera is not seen, although this person has the floor; '' if it is. */
  #reason() {
    const { held, watched, reason } = this.#camera;
    if (!held) return '';
    return watched ? reason : 'nobody watches there';
  }
}
