// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** A key that does something as long as it is held. */

import { TEXT_FIELDS } from '../dom.js';

/**
 * Follow a key that does something as long as it is held, everywhere on the page but where a person
 * types and under a dialog.
 * @param {import('./key_assignment.js').KeyAssignment} assignment
 * @param {string} action
 * @param {(held: boolean) => void} changed
 */
export function listenToHeldKey(assignment, action, changed) {
  addEventListener('keydown', (event) => {
    const [target] = event.composedPath();
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey
        || assignment.actionOf(event.code) !== action
        || (target instanceof Element && target.closest(TEXT_FIELDS))
        || document.querySelector('dialog[open]')) return;
    changed(true);
  });
  addEventListener('keyup', ({ code, key }) => {
    // While Cmd is down, macOS does not tell which keys are released.
    if (assignment.actionOf(code) === action || key === 'Meta') changed(false);
  });
  addEventListener('blur', () => changed(false));
}
