// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The dialog with the settings of the controls, and a list of the keys. */

import { deviceOptions } from './device_options.js';
import { makeDialog, openDialog } from './dialog.js';
import { make } from './dom.js';
import { BUTTONS } from './gamepad.js';
import { padOptions } from './gamepad_options.js';
import { keyOptions } from './key_options.js';

/** @typedef {import('./settings.js').Settings} Settings */

/** @param {string} text @param {HTMLElement} control */
const labelled = (text, control) => make('label', [make('span', text), control]);

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

/** Settings that each have a gamepad button. */
const BUTTON_SETTINGS = /** @type {const} */ (['enable', 'turbo', 'stopButton', 'talkButton']);

/**
 * Return an element for each of BUTTON_SETTINGS. A button has one meaning: the setting that had it
 * before becomes -1.
 * @param {Settings} settings
 */
function buttonSelects(settings) {
  const choices = BUTTON_SETTINGS.map((name) => select([['-1', 'nothing'],
    ...Object.entries(BUTTONS).map(([n, text]) => /** @type {[string, string]} */ ([n, text]))],
  String(settings.get(name)), (value) => {
    BUTTON_SETTINGS.forEach((other, i) => {
      if (other === name || value === '-1' || choices[i].value !== value) return;
      settings.set(other, -1);
      choices[i].value = '-1';
    });
    settings.set(name, Number(value));
  }));
  return choices;
}

/**
 * Open the dialog.
 * @param {Settings} settings
 * @param {import('./input_devices.js').InputDevices} inputs
 * @param {() => void} closed
 */
export function showOptions(settings, inputs, closed) {
  const open = new AbortController();
  const deadMan = make('input');
  deadMan.type = 'checkbox';
  deadMan.checked = settings.get('deadMan');
  deadMan.addEventListener('change', () => settings.set('deadMan', deadMan.checked));
  const zone = make('input');
  Object.assign(zone, { type: 'range', min: '0', max: '0.5', step: '0.05' });
  zone.value = String(settings.get('deadZone'));
  zone.style.width = '140px';
  zone.addEventListener('change', () => settings.set('deadZone', zone.valueAsNumber));
  const [enable, turbo, stop, talk] = buttonSelects(settings);
  const theme = select([['auto', 'as the system has them'], ['dark', 'dark'],
    ['light', 'light, for bright daylight']], settings.get('theme'),
  (value) => settings.set('theme', value));
  const help = make('button', 'All keys, buttons and gestures');
  const dialog = makeDialog('Controls and keys', [
    ...keyOptions(inputs.keys, open.signal),
    labelled('Keys drive only while one is held (F or Enter at first)', deadMan),
    make('h2', 'Gamepad'),
    padOptions({ pads: inputs.pads, layouts: inputs.layouts, wanted: () => ({
      flies: inputs.flies, enable: settings.get('enable'), stop: settings.get('stopButton') }) },
    open.signal),
    labelled('Hold to drive', enable),
    labelled('Hold for full speed', turbo),
    labelled('Emergency stop', stop),
    labelled('Hold to talk, where the robot takes voices', talk),
    labelled('Dead zone of the sticks', zone),
    make('h2', 'Sticks on the screen'),
    labelled('How many', select([['auto', 'two on touch screens'], ['one', 'one'], ['two', 'two'],
      ['off', 'none']], settings.get('sticks'), (value) => settings.set('sticks', value))),
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
