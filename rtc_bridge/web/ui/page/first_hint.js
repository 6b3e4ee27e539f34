// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** How to begin: for who may drive, and has not driven from this browser yet. */

import { box, make } from '../dom.js';

/**
 * Return what is said.
 * @param {boolean} touch the page is used with fingers
 * @param {string[]} keys names of those that drive: forward, left, back, right
 * @param {boolean} mayStop this person has the emergency stop
 * @returns {string[]}
 */
export const beginningLines = (touch, keys, mayStop) => [
  'Press Drive: then this page moves the robot.',
  touch ? 'The sticks on the screen move it, or a gamepad.'
    : `${keys.join(' ')}, the arrow keys, the stick or a gamepad move it.`,
  ...(mayStop ? [touch ? 'STOP stops it at once.' : 'STOP, or the key Esc, stops it at once.'] : []),
];

/**
 * Offer the hint until it was dismissed, or this person has driven.
 * @param {import('../../client/robot_connection.js').RobotConnection} connection
 * @param {import('../../client/driving/teleop.js').Teleop} teleop
 * @param {import('../settings.js').Settings} settings
 * @param {import('../driving/key_assignment.js').KeyAssignment} keys
 * @param {() => void} dismissed by its button, which is gone
 */
export function offerFirstHint(connection, teleop, settings, keys, dismissed) {
  const button = make('button', 'Got it');
  button.type = 'button';
  button.addEventListener('click', () => {
    settings.set('begun', true);
    dismissed();
  });
  const hint = make('section');
  hint.id = 'firsthint';
  hint.setAttribute('aria-label', 'How to begin');
  let shown = '';
  const update = () => {
    const { activeDriver, mayDrive, permissions } = teleop;
    const begins = activeDriver?.epoch != null && activeDriver.armed;
    if (begins && !settings.get('begun')) settings.set('begun', true);
    if (settings.get('begun') || !mayDrive) {
      hint.remove();
      shown = '';
      return;
    }
    const lines = beginningLines(matchMedia('(pointer: coarse)').matches,
      ['forward', 'left', 'back', 'right'].map((action) => keys.names(action)[0] ?? ''),
      permissions.press);
    // What is replaced would be read again.
    if (shown === lines.join()) return;
    shown = lines.join();
    hint.replaceChildren(...lines.map((line) => make('p', line)), button);
    box('stage').append(hint);
  };
  for (const source of [connection, teleop, settings]) source.addEventListener('change', update);
  connection.handle({ hello: update, lease: update, stop: update });
}
