// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The panels beside the picture (telemetry, connection), and the button that opens them.
 */

import { box } from '../dom.js';

export class SidePanels {
  #settings;
  #available = false;

  /** @param {import('../settings.js').Settings} settings */
  constructor(settings) {
    this.#settings = settings;
    box('more').addEventListener('click', () => settings.set('panels', !settings.get('panels')));
    settings.addEventListener('change', () => this.#arrange());
    this.#arrange();
  }

  /** Offer them: the robot has let this person in, so there is something to see.
   * @param {boolean} available */
  set available(available) {
    if (this.#available === available) return;
    this.#available = available;
    this.#arrange();
  }

  #arrange() {
    const open = this.#settings.get('panels') && this.#available;
    box('more').hidden = !this.#available;
    box('panels').hidden = !open;
    document.body.toggleAttribute('data-panels', open);
    box('more').setAttribute('aria-expanded', String(open));
  }
}
