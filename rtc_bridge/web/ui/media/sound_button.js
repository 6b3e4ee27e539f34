// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The button for the robot's sound, which is off until a person asks for it. */

import { box, element } from '../dom.js';

// How often the level is shown, ms.
const LEVEL_PERIOD_MS = 100;

export class SoundButton {
  #sound;
  #settings;
  #toast;
  #button = element('sound', HTMLButtonElement);
  #speaker = element('speaker', HTMLAudioElement);
  /** The reason that was shown last. */
  #told = '';
  /** The browser plays no sound before a person has pressed something. */
  #blocked = false;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #levelTimer;

  /**
   * @param {import('../../client/media/sound.js').Sound} sound
   * @param {import('../settings.js').Settings} settings
   * @param {(text: string) => void} toast shows a message to the person
   */
  constructor(sound, settings, toast) {
    this.#sound = sound;
    this.#settings = settings;
    this.#toast = toast;
    sound.on('change', () => this.#show());
    const follow = () => {
      sound.wanted = settings.get('sound');
      this.#choose(settings.get('loudspeaker'));
    };
    settings.addEventListener('change', follow);
    follow();
    this.#button.addEventListener('click', () => {
      // A press that the browser waited for is no wish to hear nothing.
      if (this.#blocked) this.#play();
      else settings.set('sound', !settings.get('sound'));
    });
    this.#show();
  }

  #show() {
    const { wanted, available, stream } = this.#sound;
    this.#button.hidden = !available;
    const heard = wanted ? stream : null;
    if (this.#speaker.srcObject !== heard) {
      this.#speaker.srcObject = heard;
      this.#blocked = false;
      if (heard) this.#play();
    }
    if (this.#sound.reason && this.#sound.reason !== this.#told) {
      this.#toast(`No sound: ${this.#sound.reason}`);
    }
    this.#told = this.#sound.reason;
    this.#showState();
    clearInterval(this.#levelTimer);
    if (heard) this.#levelTimer = setInterval(() => this.#showLevel(), LEVEL_PERIOD_MS);
    this.#showLevel();
  }

  /** @param {string} id of the loudspeaker */
  async #choose(id) {
    if (!('setSinkId' in this.#speaker) || this.#speaker.sinkId === id) return;
    // One that is unplugged, or not allowed any more, leaves the browser's choice.
    await this.#speaker.setSinkId(id).catch(() => {});
  }

  async #play() {
    try {
      await this.#speaker.play();
      this.#blocked = false;
    } catch (error) {
      // Another stream has taken the place of this one meanwhile.
      if (/** @type {Error} */ (error).name === 'AbortError') return;
      this.#blocked = true;
      this.#toast('The browser plays no sound yet: press the loudspeaker');
    }
    this.#showState();
  }

  #showState() {
    this.#button.setAttribute('aria-pressed', String(this.#sound.wanted && !this.#blocked));
    const { reason } = this.#sound;
    this.#button.title = this.#blocked ? 'Play the sound'
      : `Sound of the robot${reason && `: ${reason}`}`;
    this.#button.setAttribute('aria-label', this.#button.title);
  }

  #showLevel() {
    // Ears hear by ratios: a tenth of the level is half as loud.
    const level = this.#sound.level;
    box('soundlevel').style.width = `${level > 0 ? Math.max(0, 100 + 50 * Math.log10(level)) : 0}%`;
  }
}
