// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Gamepads on the page: driving with them, and what their buttons do. */

import { loadStyle } from './dom.js';
import { GamepadActions } from './gamepad_actions.js';
import { GamepadInput } from './gamepad_input.js';
import { storage } from './settings.js';

/**
 * Add them to the page.
 * @param {Pick<import('./station.js').Page, 'connection' | 'teleop' | 'settings' | 'inputs'
 *   | 'status'>} page
 */
export function addGamepads({ connection, teleop, settings, inputs, status }) {
  loadStyle('gamepad.css');
  const input = new GamepadInput(settings, storage());
  inputs.gamepads = input;
  const tell = (/** @type {GamepadEvent} */ event) => {
    if (teleop.mayDrive) status.toast(input.textOf(event));
  };
  addEventListener('gamepadconnected', tell);
  addEventListener('gamepaddisconnected', tell);
  new GamepadActions({ connection, teleop, settings, status, input });
}
