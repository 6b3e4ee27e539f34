// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The button of the emergency stop, and the banner that tells what became of a stop. */

import { box, element, onPress, write } from '../dom.js';
import { stopText } from '../texts/stop_texts.js';

/** How long the page waits for the second press of a release, ms. */
const CONFIRM_TIME_MS = 6000;
/** Nobody reads the question in less than this, ms: a press before that is a double click. */
const READ_TIME_MS = 300;

export class StopView {
  #teleop;
  #askedAt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #confirmTimer;

  /**
   * @param {import('../../client/driving/teleop.js').Teleop} teleop
   * @param {{stop: () => void, withdraw: () => void}} actions the button was pressed; the person
   *   takes
   *   a stop back that was not sent
   */
  constructor(teleop, { stop, withdraw }) {
    this.#teleop = teleop;
    onPress('stop', stop);
    box('withdraw').addEventListener('click', withdraw);
    // A key that is held repeats its click.
    box('releasestop').addEventListener('keydown', (event) => event.repeat && event.preventDefault());
    box('releasestop').addEventListener('click', (event) => {
      const asking = !box('keepstopped').hidden;
      if (event.detail > 1 || (asking && performance.now() - this.#askedAt < READ_TIME_MS)) return;
      if (asking) teleop.driver?.releaseStop();
      this.#ask(!asking);
    });
    box('keepstopped').addEventListener('click', () => this.#ask(false));
  }

  /** Ask whether the robot may really move again, or no more. @param {boolean} asking */
  #ask(asking) {
    clearTimeout(this.#confirmTimer);
    this.#askedAt = performance.now();
    box('keepstopped').hidden = !asking;
    write('releasestop', asking ? 'It may move: release' : 'Release stop…');
    if (asking) this.#confirmTimer = setTimeout(() => this.#ask(false), CONFIRM_TIME_MS);
  }

  show() {
    const { connected, driver, pendingStop, permissions } = this.#teleop;
    const { id, by } = driver?.stopped ?? { id: null, by: '' };
    const { state } = pendingStop;
    const engaged = id !== null;
    const { body } = document;
    box('stop').hidden = !permissions.press;
    body.toggleAttribute('data-stopped', engaged);
    body.toggleAttribute('data-stopping', state === 'sent' || state === 'unsent');
    body.toggleAttribute('data-unsent', state === 'unsent' || state === 'expired');
    box('stopped').hidden = !engaged && state === 'idle';
    const [title, text] = stopText(pendingStop, id, by);
    write('stoppedtitle', title);
    write('stoppedtext', text);
    // This is seen, and not spoken each second.
    write('stopleft', state === 'unsent'
      ? `${Math.max(1, Math.ceil(pendingStop.remainingMs / 1000))} s` : '');
    box('withdraw').hidden = engaged || (state !== 'unsent' && state !== 'expired');
    write('withdraw', state === 'expired' ? 'Understood' : 'Withdraw');
    box('releasestop').hidden = !engaged || !permissions.release;
    element('releasestop', HTMLButtonElement).disabled = !connected;
    if (!engaged) this.#ask(false);
  }
}
