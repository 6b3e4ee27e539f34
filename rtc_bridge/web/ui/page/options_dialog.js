// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The dialog with the settings of the controls, and a list of the keys. */

import { hudOptions } from '../display/hud_options.js';
import { make } from '../dom.js';
import { keyOptions } from '../driving/key_options.js';
import { deviceOptions } from '../media/device_options.js';
import { makeDialog, openDialog } from './dialog.js';
import { checkbox, labelled } from './form_parts.js';

/** @typedef {import('../settings.js').Settings} Settings */

/**
 * @param {[string, string][]} choices value and text
 * @param {string} value
 * @param {(value: string) => void} onChange
 */
function select(choices, value, onChange) {
  const node = make('select', choices.map(([name, text]) => new Option(text, name)));
  node.value = value;
  node.addEventListener('change', () => onChange(node.value));
  return node;
}

/**
 * Open the dialog.
 * @param {Settings} settings
 * @param {import('../driving/input_devices.js').InputDevices} inputs
 * @param {string} pathProblem why no path is drawn in the main picture; '': nothing is amiss
 * @param {() => void} closed
 */
export function showOptions(settings, inputs, pathProblem, closed) {
  const open = new AbortController();
  const theme = select([['auto', 'as the system has them'], ['dark', 'dark'],
    ['light', 'light, for bright daylight']], settings.get('theme'),
  (value) => settings.set('theme', value));
  const help = make('button', 'All keys, buttons and gestures');
  const dialog = makeDialog('Controls and keys', [
    ...keyOptions(inputs.keys, open.signal),
    labelled('Keys drive only while one is held (F or Enter at first)',
      checkbox(settings.get('deadMan'), (deadMan) => settings.set('deadMan', deadMan))),
    make('h2', 'Gamepad'),
    ...inputs.gamepads?.options(inputs.flies, open.signal) ?? [make('p', 'Not loaded yet.')],
    make('h2', 'Sticks on the screen'),
    labelled('How many', select([['auto', 'two on touch screens'], ['one', 'one'], ['two', 'two'],
      ['off', 'none']], settings.get('sticks'), (value) => settings.set('sticks', value))),
    ...hudOptions(settings),
    labelled('Where the robot will go, if the place of its camera is known',
      checkbox(settings.get('path'), (path) => settings.set('path', path))),
    ...pathProblem ? [make('p', `${pathProblem[0].toUpperCase()}${pathProblem.slice(1)}.`)] : [],
    ...deviceOptions(settings),
    make('h2', 'Page'),
    labelled('Colours', theme),
    help,
  ]);
  dialog.addEventListener('close', () => open.abort());
  openDialog(dialog, closed);
  help.addEventListener('click', () => {
    // When this dialog has gone.
    dialog.addEventListener('close', () => inputs.emit('help'));
    dialog.close();
  });
}
