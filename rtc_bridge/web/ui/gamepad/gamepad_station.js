// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Gamepads on the page: driving with them, what their buttons do, and what they make felt. */

import { storage } from '../settings.js';
import { GamepadActions } from './gamepad_actions.js';
import { GamepadInput } from './gamepad_input.js';
import { Rumble, rumbleOnStopAndLoss } from './rumble.js';

/**
 * Add them to the page; return what shakes them, for other alarms.
 * @param {Pick<import('../station.js').Page, 'connection' | 'teleop' | 'settings' | 'cameras'
 *   | 'inputs' | 'status'>} page
 */
export function addGamepads({ connection, teleop, settings, cameras, inputs, status }) {
  const input = new GamepadInput(settings, storage());
  inputs.gamepads = input;
  const tell = (/** @type {GamepadEvent} */ event) => {
    if (teleop.mayDrive) status.toast(input.textOf(event));
  };
  addEventListener('gamepadconnected', tell);
  addEventListener('gamepaddisconnected', tell);
  new GamepadActions({ connection, teleop, cameras, status, input });
  // In the page that is looked at: another one may be about another robot.
  const rumble = new Rumble(() => (document.hasFocus() ? input.pads.current : null),
    () => settings.get('rumble'));
  rumbleOnStopAndLoss(rumble, connection, teleop);
  return rumble;
}
