// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The sliders and buttons for the share of the robot's greatest speed that the controls ask for.
 */

import { box, element, onPress, write } from '../dom.js';

/** Names of the settings, and the beginning of their elements' ids. */
const SHARES = /** @type {const} */ (['speed', 'turn']);

export class SpeedSliders {
  #settings;

  /** @param {import('../settings.js').Settings} settings */
  constructor(settings) {
    this.#settings = settings;
    for (const name of SHARES) {
      const range = element(`${name}range`, HTMLInputElement);
      range.addEventListener('input', () => settings.set(name, range.valueAsNumber / 100));
    }
    onPress('slower', () => settings.changeSpeed(-1));
    onPress('faster', () => settings.changeSpeed(1));
  }

  /**
   * @param {import('../../client/driving/motion.js').TeleopLimits | null} limits null: nobody drives from
   *   here
   */
  show(limits) {
    box('speed').hidden = !limits;
    this.#showShare('speed', limits?.max_linear_x, 'm/s');
    this.#showShare('turn', limits?.max_angular_z, 'rad/s');
  }

  /** @param {'speed' | 'turn'} name @param {number | undefined} limit @param {string} unit */
  #showShare(name, limit, unit) {
    const share = this.#settings.get(name);
    const percent = Math.round(share * 100);
    const range = element(`${name}range`, HTMLInputElement);
    if (range.valueAsNumber !== percent) range.value = String(percent);
    const speed = limit ? `· ${(share * limit).toFixed(2)} ${unit}` : '';
    write(`${name}text`, `${percent} %`);
    write(`${name}unit`, speed);
    range.setAttribute('aria-valuetext', `${percent} % ${speed}`.trim());
  }
}
