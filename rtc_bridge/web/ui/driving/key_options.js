// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The part of the dialog with the keys: what each does, and giving it to another key. */

import { make } from '../dom.js';
import { KEY_ACTIONS } from './key_assignment.js';

const FIXED = [['u i o j l m , .', 'drive as in teleop_twist_keyboard'], ['+ −', 'faster, slower'],
  ['Esc, Backspace', 'emergency stop, anywhere on the page']];

/**
 * Return the elements of the part.
 * @param {import('./key_assignment.js').KeyAssignment} keys
 * @param {AbortSignal} closed the dialog is closed
 * @returns {HTMLElement[]}
 */
export function keyOptions(keys, closed) {
  const list = make('dl');
  list.className = 'keys';
  const problem = make('p');
  problem.className = 'problem';
  problem.setAttribute('role', 'alert');
  const reset = make('button', 'Reset all keys');
  /** The action that waits for a key. @type {string | null} */
  let waiting = null;

  const show = () => {
    const focused = document.activeElement?.getAttribute('data-action');
    list.replaceChildren(...Object.entries(KEY_ACTIONS).flatMap(([action, { text }]) => {
      const button = make('button', waiting === action ? 'press a key'
        : keys.names(action).join(', '));
      button.dataset.action = action;
      button.setAttribute('aria-label', `${text}: ${button.textContent}. Change`);
      button.addEventListener('click', () => {
        waiting = waiting === action ? null : action;
        problem.textContent = '';
        show();
      });
      return [make('dt', [button]), make('dd', text)];
    }), ...FIXED.flatMap(([names, text]) => [make('dt', names), make('dd', text)]));
    reset.hidden = !keys.isChanged;
    for (const one of list.querySelectorAll('button')) {
      if (focused && one.dataset.action === focused) one.focus();
    }
  };

  // Before all other listeners: the key is for this dialog alone.
  addEventListener('keydown', (event) => {
    if (waiting === null || event.isComposing || event.code === 'Backspace') return;
    if (['Shift', 'Control', 'Alt', 'Meta', 'Tab'].includes(event.key)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const action = waiting;
    waiting = null;
    problem.textContent = event.code === 'Escape' ? '' : keys.assign(action, event.code);
    show();
  }, { capture: true, signal: closed });
  // A button that has the focus is pressed by the key that goes up.
  list.addEventListener('keyup', (event) => event.preventDefault());
  reset.addEventListener('click', () => {
    waiting = null;
    problem.textContent = '';
    keys.reset();
    show();
  });
  show();
  return [make('h2', 'Keys (places on a US keyboard)'),
    make('p', 'They drive while the picture has the focus. Press one to change it.'),
    list, problem, reset];
}
