// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Tones for alarms, for those who have switched them on. */

/** @typedef {import('./alarm_rules.js').Level} Level */

// Loud enough beside the robot's own sound; 1 would be the loudest.
const VOLUME = 0.2;
// A tone that begins or ends at once would click, s.
const RAMP_S = 0.01;

/**
 * The tones of a level: Hz, and s from now. One low tone, or two high ones, so that a person who
 * hears pitches badly tells them apart.
 * @type {Record<Level, {hz: number, at: number, length: number}[]>}
 */
export const TONES = {
  amber: [{ hz: 587, at: 0, length: 0.25 }],
  red: [{ hz: 988, at: 0, length: 0.16 }, { hz: 988, at: 0.24, length: 0.16 }],
};

export class AlarmSound {
  #settings;
  /** @type {AudioContext | null} */
  #audio = null;
  #on = false;

  /**
   * @param {import('./alarms.js').Alarms} alarms
   * @param {import('../settings.js').Settings} settings
   */
  constructor(alarms, settings) {
    this.#settings = settings;
    alarms.on('raise', ({ level }) => this.#on && this.#play(level));
    settings.addEventListener('change', () => this.#update(true));
    this.#update(false);
    // Browsers let no page sound before somebody has done something on it.
    for (const type of ['pointerdown', 'keydown']) {
      addEventListener(type, () => this.#on && this.#audio?.state === 'suspended'
        && this.#audio.resume(), { passive: true });
    }
  }

  /** @param {boolean} byPerson it is switched now, and is heard as it will sound */
  #update(byPerson) {
    const on = this.#settings.get('alarmSound');
    if (on === this.#on) return;
    this.#on = on;
    if (!on || typeof AudioContext !== 'function') return;
    this.#audio ??= new AudioContext();
    if (byPerson) this.#audio.resume().then(() => this.#play('amber'), () => {});
  }

  /** @param {Level} level */
  #play(level) {
    const audio = this.#audio;
    // What was due in the meantime is not heard later.
    if (audio?.state !== 'running') return;
    for (const { hz, at, length } of TONES[level]) {
      const [tone, volume, start] = [audio.createOscillator(), audio.createGain(),
        audio.currentTime + at];
      tone.frequency.value = hz;
      volume.gain.setValueAtTime(0, start);
      volume.gain.linearRampToValueAtTime(VOLUME, start + RAMP_S);
      volume.gain.setValueAtTime(VOLUME, start + length - RAMP_S);
      volume.gain.linearRampToValueAtTime(0, start + length);
      tone.connect(volume).connect(audio.destination);
      tone.start(start);
      tone.stop(start + length);
    }
  }
}
