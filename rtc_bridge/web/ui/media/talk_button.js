// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The button to talk to who is beside the robot: held down it is a push-to-talk button, pressed
 * shortly it opens the line until it is pressed again.
 */

import { element, write } from '../dom.js';
import { listenToHeldKey } from '../driving/held_key.js';

// A press that lasts as long is held to talk, ms.
const HOLD_MS = 400;

/** What a person reads when they cannot be heard, by code. */
const TEXTS = /** @type {Record<string, string>} */ ({
  denied: 'The browser does not give this page the microphone: allow it beside the address',
  'no-microphone': 'This computer has no microphone that can be used',
  insecure: 'Browsers give microphones to https pages only',
});

export class TalkButton {
  #voice;
  #toast;
  #button = element('talk', HTMLButtonElement);
  /** The reason that was shown last. */
  #told = '';
  #pressedAt = 0;

  /**
   * @param {import('../../client/media/voice.js').Voice} voice
   * @param {import('../driving/input_devices.js').InputDevices} inputs whose key and button do the same
   * @param {(text: string) => void} toast shows a message to the person
   */
  constructor(voice, inputs, toast) {
    this.#voice = voice;
    this.#toast = toast;
    voice.on('change', () => this.#show());
    voice.on('error', ({ code, text }) => toast(TEXTS[code] ?? `You are not heard: ${text}`));
    this.#button.addEventListener('pointerdown', () => this.#press());
    for (const type of ['pointerup', 'pointercancel', 'pointerleave']) {
      this.#button.addEventListener(type, () => this.#letGo());
    }
    // By the keyboard: pressed once to talk, and again to end.
    this.#button.addEventListener('click', (event) => {
      if (event.detail === 0) this.#toggle();
    });
    addEventListener('blur', () => this.#letGo());
    /** @param {boolean} held */
    const follow = (held) => {
      if (held && voice.available) this.#press();
      else this.#letGo();
    };
    inputs.on('talk', follow);
    listenToHeldKey(inputs.keys, 'talk', follow);
    this.#show();
  }

  #toggle() {
    if (this.#voice.wanted) this.#voice.stop();
    else this.#voice.start();
  }

  #press() {
    if (this.#voice.wanted) {
      this.#pressedAt = 0;
      this.#voice.stop();
      return;
    }
    this.#pressedAt = performance.now();
    this.#voice.start();
  }

  #letGo() {
    if (this.#pressedAt && performance.now() - this.#pressedAt >= HOLD_MS) this.#voice.stop();
    this.#pressedAt = 0;
  }

  #show() {
    const { available, wanted, held, holder, reason, isTold } = this.#voice;
    this.#button.hidden = !available;
    this.#button.setAttribute('aria-pressed', String(wanted));
    this.#button.toggleAttribute('data-held', held && !reason);
    const heard = isTold ? 'You are heard' : 'Your voice is sent';
    const title = held ? `${reason ? `You are not heard: ${reason}` : heard}. Press to end`
      : 'Talk: hold, or press once';
    this.#button.title = title;
    this.#button.setAttribute('aria-label', title);
    if (reason && reason !== this.#told) this.#toast(`You are not heard: ${reason}`);
    this.#told = reason;
    write('talker', holder === null || held ? '' : `${holder || 'Somebody'} talks`);
  }
}
