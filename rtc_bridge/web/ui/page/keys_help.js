// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What keys, gamepads and fingers do on the page, as they are assigned now. Pure. */

import { KEY_ACTIONS, TWIST_KEYS, keyName } from '../driving/key_assignment.js';
import { BUTTON_SETTINGS, BUTTON_TEXTS, buttonName, buttonsOf } from '../gamepad/gamepad_buttons.js';

/**
 * @typedef {[names: string[], text: string]} Row what is pressed, and what it does
 * @typedef {{title: string, note: string, rows: Row[]}} Section
 */

/**
 * @param {import('../driving/key_assignment.js').KeyAssignment} keys
 * @param {Pick<import('../settings.js').Settings, 'get'>} settings
 * @param {boolean} touch the page is used with fingers
 * @returns {Section[]}
 */
export function helpSections(keys, settings, touch) {
  const twist = Object.keys(TWIST_KEYS).filter((code) => keys.actionOf(code) === undefined);
  const buttons = buttonsOf((name) => settings.get(name));
  const pressed = BUTTON_SETTINGS.filter((name) => buttons[name] >= 0).map((name) => (
    /** @type {Row} */ ([[buttonName(buttons[name])],
      BUTTON_TEXTS[name][0].toLowerCase() + BUTTON_TEXTS[name].slice(1)])));
  /** @type {Section[]} */
  const sections = [{
    title: 'Keys',
    note: 'They drive after Drive is pressed, while the picture has the focus. The letters are '
      + 'those of a US keyboard: the place of a key counts.',
    rows: [
      [['Esc', 'Backspace'], 'emergency stop, anywhere on the page; Esc first closes a dialog'],
      ...Object.entries(KEY_ACTIONS).map(([action, { text }]) => (
        /** @type {Row} */ ([keys.names(action), text]))),
      [twist.map((code) => keyName(code).toLowerCase()), 'drive as in teleop_twist_keyboard'],
      [['+', '−'], 'faster, slower'],
      [['?'], 'this list'],
    ].filter(([names]) => names.length).map((row) => /** @type {Row} */ (row)),
  }, {
    title: 'Gamepad',
    note: 'Buttons of the usual layout. A gamepad that you have assigned by hand has those that '
      + 'you chose.',
    rows: [...pressed, [['left stick'], 'drive and turn; sideways on robots that can'],
      [['right stick'], 'turn; up and down on robots that can']],
  }, {
    title: 'Fingers and mouse',
    note: '',
    rows: [[['STOP'], 'emergency stop'], [['left stick'], 'drive; sideways on robots that can'],
      [['right stick'], 'turn; up and down on robots that can; a single stick does both'],
      [['a camera’s name'], 'makes its picture the large one'],
      [['pinch', 'wheel'], 'zooms the picture, which can be dragged then']],
  }];
  return touch ? sections.reverse() : sections;
}

/**
 * Tell whether a key asks for the list of all keys: by its sign, since its place differs between
 * keyboards. One that a person has given a meaning keeps it.
 * @param {Pick<KeyboardEvent, 'key' | 'code' | 'repeat' | 'isComposing' | 'metaKey' | 'ctrlKey'
 *   | 'altKey' | 'getModifierState'>} event
 * @param {import('../driving/key_assignment.js').KeyAssignment} keys
 */
export function asksForHelp(event, keys) {
  // Windows shows AltGr as Ctrl and Alt.
  const modified = event.metaKey
    || ((event.ctrlKey || event.altKey) && !event.getModifierState('AltGraph'));
  return event.key === '?' && !event.repeat && !event.isComposing && !modified
    && keys.actionOf(event.code) === undefined;
}
