// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Controls of dialogs and sections with what can be chosen. */

import { make } from '../dom.js';

/** Return a row with a text and a control. @param {string} text @param {HTMLElement} control */
export const labelled = (text, control) => make('label', [make('span', text), control]);

/**
 * Return a box to check.
 * @param {boolean} checked
 * @param {(checked: boolean) => void} onChange
 */
export function checkbox(checked, onChange) {
  const box = make('input');
  box.type = 'checkbox';
  box.checked = checked;
  box.addEventListener('change', () => onChange(box.checked));
  return box;
}
