// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Shows what the robot has to say of driving, as that nobody takes its commands. */

import { make } from '../dom.js';

/** @typedef {import('../../client/driving/notices.js').Notice} Notice */

/** Return the first sentence, which has the fact; what to do follows it. @param {string} text */
export const firstSentence = (text) => /^.*?[.?!](?=\s|$)/s.exec(text)?.[0] ?? text;

/** @param {string} level @param {string} text */
function line(level, text) {
  const made = make('p', text);
  made.dataset.level = level;
  return made;
}

export class NoticesPanel {
  #root;
  #shown = '[]';

  /** @param {HTMLElement} root of role `status` */
  constructor(root) {
    this.#root = root;
  }

  /** Show the worst notice's first sentence, and the rest by a click. @param {Notice[]} notices */
  show(notices) {
    const text = JSON.stringify(notices);
    if (text === this.#shown) return;
    this.#shown = text;
    this.#root.hidden = !notices.length;
    this.#root.replaceChildren();
    if (!notices.length) return;
    const [worst, ...others] = notices;
    const fact = firstSentence(worst.text);
    if (fact === worst.text && !others.length) {
      this.#root.append(line(worst.level, fact));
      return;
    }
    const more = make('span', others.length ? `${others.length} more` : 'more');
    this.#root.append(make('details', [make('summary', [line(worst.level, fact), more]),
      ...notices.map((one) => line(one.level, one.text))]));
  }
}
