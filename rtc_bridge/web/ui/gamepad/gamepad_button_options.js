// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The part of the dialog with what each button of gamepads does. */

import { make } from '../dom.js';
import { checkbox, labelled } from '../page/form_parts.js';
import { BUTTON_SETTINGS, BUTTON_TEXTS, BUTTONS, buttonsOf } from './gamepad_buttons.js';

/**
 * Return a choice for each setting with a button, and the others that hold for all gamepads. A
 * button has one meaning: the setting that had it before becomes -1.
 * @param {import('../settings.js').Settings} settings
 * @returns {HTMLElement[]}
 */
export function buttonOptions(settings) {
  const buttons = buttonsOf((name) => settings.get(name));
  const rows = BUTTON_SETTINGS.map((name) => {
    const choice = make('select', [new Option('nothing', '-1'),
      ...Object.entries(BUTTONS).map(([n, text]) => new Option(text, n))]);
    choice.value = String(buttons[name]);
    choice.addEventListener('change', () => {
      for (const other of rows) {
        if (other.choice === choice || choice.value === '-1') continue;
        if (other.choice.value !== choice.value) continue;
        settings.set(other.name, -1);
        other.choice.value = '-1';
      }
      settings.set(name, Number(choice.value));
    });
    return { name, choice };
  });
  const zone = make('input');
  Object.assign(zone, { type: 'range', min: 0, max: 0.5, step: 0.05,
    value: settings.get('deadZone') });
  zone.addEventListener('change', () => settings.set('deadZone', zone.valueAsNumber));
  const rumble = checkbox(settings.get('rumble'), (isOn) => settings.set('rumble', isOn));
  return [...rows.map(({ name, choice }) => labelled(BUTTON_TEXTS[name], choice)),
    labelled('Dead zone of sticks that were not measured', zone),
    labelled('Shake on an emergency stop, a lost connection and alarms', rumble)];
}
