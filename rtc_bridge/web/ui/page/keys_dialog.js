// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The list of all keys: by the key `?`, and by a button. */

import { box, make, TEXT_FIELDS } from '../dom.js';
import { makeDialog, openDialog } from './dialog.js';
import { asksForHelp, helpSections } from './keys_help.js';

/** @param {import('./keys_help.js').Section} section */
function sectionNodes({ title, note, rows }) {
  const list = make('dl', rows.map(([names, text]) => make('div', [
    make('dt', names.map((name) => make('kbd', name))), make('dd', text)])));
  return [make('h2', title), ...(note ? [make('p', note)] : []), list];
}

export class KeysHelp {
  #settings;
  #inputs;
  #closed;

  /**
   * @param {import('../settings.js').Settings} settings
   * @param {import('../driving/input_devices.js').InputDevices} inputs
   * @param {() => void} closed the list was closed
   */
  constructor(settings, inputs, closed) {
    this.#settings = settings;
    this.#inputs = inputs;
    this.#closed = closed;
    const button = box('allkeys');
    button.addEventListener('click', () => this.show());
    button.hidden = false;
    inputs.on('help', () => this.show());
    // Before the keys that drive: of some keyboards ? is at the place of one of these.
    addEventListener('keydown', (event) => this.#onKey(event), { capture: true });
  }

  /** Show the list; the person lets go of the controls. */
  show() {
    // Another dialog is open.
    if (document.querySelector('dialog')) return;
    this.#inputs.letGo();
    const dialog = makeDialog('All keys',
      helpSections(this.#inputs.keys, this.#settings, matchMedia('(pointer: coarse)').matches)
        .flatMap(sectionNodes));
    dialog.id = 'keyslist';
    openDialog(dialog, this.#closed);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const [target] = event.composedPath();
    if (target instanceof Element && target.closest(TEXT_FIELDS)) return;
    if (!asksForHelp(event, this.#inputs.keys)) return;
    const open = document.querySelector('dialog');
    // The options may be waiting for a key.
    if (open && open.id !== 'keyslist') return;
    event.preventDefault();
    event.stopPropagation();
    if (open) open.close();
    else this.show();
  }
}
