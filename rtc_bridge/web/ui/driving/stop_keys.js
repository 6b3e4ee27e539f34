// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The keys of the emergency stop, which nobody can assign to anything else. */

import { TEXT_FIELDS } from '../dom.js';

const STOP_KEYS = ['Escape', 'Backspace'];

/** Call a function when one of them is pressed, anywhere on the page. @param {() => void} stop */
export function listenToStopKeys(stop) {
  addEventListener('keydown', (event) => {
    const [target] = event.composedPath();
    if (!STOP_KEYS.includes(event.code) || event.isComposing) return;
    if (target instanceof Element && target.closest(TEXT_FIELDS)) return;
    // Escape closes a dialog.
    if (event.code === 'Escape' && document.querySelector('dialog[open]')) return;
    event.preventDefault();
    if (!event.repeat) stop();
  });
}
