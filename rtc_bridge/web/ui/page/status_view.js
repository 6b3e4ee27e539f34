// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The state of the page: beside the robot's name, over the picture, and in messages that go away.
 */

import { box, make, write } from '../dom.js';

const TOAST_TIME_MS = 3000;

export class StatusView {
  #state = '';
  #rows = '';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #toastTimer;

  /**
   * @param {import('../texts/connection_texts.js').View} view
   * @param {number | null} pictureAgeMs of the newest picture; null: there is none
   */
  show({ state, title, detail, tone, retry, rows }, pictureAgeMs) {
    document.body.dataset.state = state;
    document.body.dataset.tone = tone;
    write('status', title);
    // Spoken when the state changes, not with each second that a text counts.
    if (state !== this.#state) write('spoken', `${title}. ${detail}`);
    this.#state = state;
    box('notice').hidden = tone === 'ok';
    write('title', title);
    write('detail', detail);
    this.#showRows(rows);
    box('retry').hidden = !retry;
    box('ago').hidden = tone === 'ok' || pictureAgeMs === null;
    const age = Math.floor((pictureAgeMs ?? 0) / 1000);
    const seconds = String(age % 60).padStart(2, '0');
    write('ago', `Last picture ${Math.floor(age / 60)}:${seconds} ago`);
  }

  /** Show what was tried, for those who know. @param {[label: string, text: string][]} rows */
  #showRows(rows) {
    const text = JSON.stringify(rows);
    if (text === this.#rows) return;
    this.#rows = text;
    box('tried').hidden = !rows.length;
    box('triedrows').replaceChildren(...rows.flatMap(([label, value]) => [
      make('dt', label), make('dd', value)]));
  }

  /** Show a message for a few seconds. @param {string} text '': none */
  toast(text) {
    if (!text) return;
    write('toast', text);
    clearTimeout(this.#toastTimer);
    this.#toastTimer = setTimeout(() => this.hideToast(), TOAST_TIME_MS);
  }

  hideToast() {
    clearTimeout(this.#toastTimer);
    write('toast', '');
  }
}
