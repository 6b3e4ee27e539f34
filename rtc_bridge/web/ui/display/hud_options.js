// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What is shown over the picture, and whether alarms are heard, among the options. */

import { make } from '../dom.js';
import { checkbox, labelled } from '../page/form_parts.js';
import { PARTS, partsOff, withPart } from './hud_readings.js';

/** Return the options. @param {import('../settings.js').Settings} settings @returns {HTMLElement[]} */
export function hudOptions(settings) {
  const off = partsOff(settings.get('hudOff'));
  return [
    make('h2', 'Over the picture'),
    ...Object.entries(PARTS).map(([part, text]) => labelled(text, checkbox(!off.has(part),
      (on) => settings.set('hudOff', withPart(settings.get('hudOff'), part, on))))),
    make('h2', 'Alarms'),
    labelled('Tones', checkbox(settings.get('alarmSound'),
      (on) => settings.set('alarmSound', on))),
  ];
}
