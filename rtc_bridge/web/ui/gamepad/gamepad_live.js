// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What a gamepad tells of its axes and buttons now, among the options. */

import { make } from '../dom.js';

// Values of hats, and of broken devices, are beyond the bar.
const REACH = 1;

/** @param {number} value */
const inReach = (value) => (Number.isFinite(value) ? Math.max(-REACH, Math.min(REACH, value)) : 0);

export class LiveView {
  root = make('div');
  #axes;
  #buttons;

  /** @param {Gamepad} pad */
  constructor(pad) {
    this.root.className = 'live';
    // They change too often to be read aloud.
    this.root.setAttribute('aria-hidden', 'true');
    this.#axes = pad.axes.map(() => ({ bar: make('i'), value: make('span') }));
    this.#buttons = pad.buttons.map((_, n) => make('span', String(n)));
    const axes = make('div', this.#axes.map(({ bar, value }, n) => {
      const track = make('span', [bar]);
      track.className = 'track';
      return make('div', [make('span', `axis ${n}`), track, value]);
    }));
    axes.className = 'axes';
    const buttons = make('div', [make('span', 'buttons'), ...this.#buttons]);
    buttons.className = 'lamps';
    this.root.append(axes, buttons);
    this.show(pad);
  }

  /** A gamepad of one kind may have more of them in another browser's mode. @param {Gamepad} pad */
  fits(pad) {
    return pad.axes.length === this.#axes.length && pad.buttons.length === this.#buttons.length;
  }

  /** @param {Gamepad} pad */
  show(pad) {
    this.#axes.forEach(({ bar, value }, n) => {
      const now = pad.axes[n] ?? 0;
      const text = now.toFixed(2).replace('-0.00', '0.00').replace('-', '−');
      if (value.textContent === text) return;
      value.textContent = text;
      const share = inReach(now) * 50;
      bar.style.left = `${50 + Math.min(0, share)}%`;
      bar.style.width = `${Math.abs(share)}%`;
    });
    this.#buttons.forEach((lamp, n) => {
      const button = pad.buttons[n];
      lamp.classList.toggle('down', !!button && (button.pressed || button.value > 0.5));
    });
  }
}
