// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Dialogs under which the emergency stop stays in reach. */

import { make } from '../dom.js';

/** What a dialog makes inert. The emergency stop never is. */
const BEHIND = 'header, main, #tools, #panels, footer > :not(#stop)';

/**
 * Return a dialog that is not shown yet, with a button that closes it.
 * @param {string} label
 * @param {Node[]} content
 */
export function makeDialog(label, content) {
  const dialog = make('dialog');
  dialog.setAttribute('aria-label', label);
  dialog.tabIndex = -1;
  const done = make('button', 'Done');
  done.className = 'main';
  done.addEventListener('click', () => dialog.close());
  dialog.append(...content, done);
  return dialog;
}

/**
 * Open a dialog. A modal one would make the emergency stop inert, too.
 * @param {HTMLDialogElement} dialog
 * @param {() => void} closed
 */
export function openDialog(dialog, closed) {
  const open = new AbortController();
  const behind = (/** @type {boolean} */ inert) => document.querySelectorAll(BEHIND).forEach(
    (one) => one.toggleAttribute('inert', inert));
  // Also while the focus is on the emergency stop.
  addEventListener('keydown', (event) => {
    if (event.code !== 'Escape' || event.isComposing) return;
    event.preventDefault();
    dialog.close();
  }, { signal: open.signal });
  dialog.addEventListener('close', () => {
    open.abort();
    dialog.remove();
    behind(false);
    closed();
  });
  behind(true);
  document.body.append(dialog);
  dialog.show();
  // The dialog itself gets the focus, so that it is read from its beginning.
  dialog.focus({ preventScroll: true });
  dialog.scrollTop = 0;
}
