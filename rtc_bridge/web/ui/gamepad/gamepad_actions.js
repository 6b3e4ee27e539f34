// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What a gamepad's buttons do besides driving: they press the buttons of the page, so that the same
 * is offered, asked and refused as by hand. What is written on a gamepad's button stands beside
 * each of them.
 */

import { roleDrives } from '../../client/driving/driver.js';
import { box, element } from '../dom.js';
import { refusedText } from '../texts/driving_texts.js';
import { buttonSign } from './gamepad_buttons.js';

/**
 * @typedef {import('./gamepad_buttons.js').ButtonSetting} ButtonSetting
 * @typedef {import('./gamepad_buttons.js').PadCommand} PadCommand
 * @typedef {import('./gamepad_layout.js').Layout} Layout
 *
 * @typedef {object} ActionParts
 * @property {import('../../client/robot_connection.js').RobotConnection} connection
 * @property {import('../../client/driving/teleop.js').Teleop} teleop
 * @property {import('../pictures/camera_views.js').CameraViews} cameras
 * @property {import('../page/status_view.js').StatusView} status
 * @property {import('./gamepad_input.js').GamepadInput} input
 */

/** The page's buttons of each of the gamepad's; the first one that is there is pressed. */
const PAGE_BUTTONS = /** @type {Partial<Record<ButtonSetting, string[]>>} */ ({
  takeButton: ['releasestop', 'refuse', 'retry', 'take'],
  releaseButton: ['keepstopped', 'yield', 'withdraw', 'release'],
  fasterButton: ['faster'], slowerButton: ['slower'], stopButton: ['stop'],
});
// So often the page looks what is written beside its buttons, ms.
const LOOK_PERIOD_MS = 500;
/** No press counts for so long after the question and after the release of a stop, ms. */
const PAUSE_MS = 1000;

/**
 * Return the camera before or after the main one; null if there is no other one.
 * @param {string[]} cameras in the robot's order
 * @param {string | null} main
 * @param {1 | -1} step
 */
export function stepCamera(cameras, main, step) {
  const at = main === null ? -1 : cameras.indexOf(main);
  const from = at < 0 && step < 0 ? 0 : at;
  const next = cameras[(from + step + cameras.length) % cameras.length];
  return next === undefined || next === main ? null : next;
}

/**
 * Say why a gamepad's button for driving did nothing; '' if it drives already, or a text says so.
 * @param {{connected: boolean, mayDrive: boolean, role: string, engaged: boolean}} facts engaged:
 *   the emergency stop is, and this person may not release it
 */
export function inVainText({ connected, mayDrive, role, engaged }) {
  if (!connected) return 'There is no connection to the robot yet.';
  if (!mayDrive) return refusedText(roleDrives(role) ? 'disabled' : 'role');
  return engaged ? 'The emergency stop is engaged, and this link may not release it.' : '';
}

/**
 * Return what stands beside a button of the page: the sign of the gamepad's.
 * @param {number} button -1: none
 * @param {string} id of the gamepad
 * @param {Layout | null} layout
 */
export function signOf(button, id, layout) {
  if (button < 0) return '';
  if (!layout?.buttons) return buttonSign(button, id);
  const own = layout.buttons[button];
  if (own === undefined) return '';
  return typeof own === 'object' ? `axis ${own.axis}` : `button ${own}`;
}

/**
 * Return the page's buttons of one of the gamepad's. An emergency stop that was not sent yet is
 * withdrawn by hand only: a gamepad takes note of one that has expired.
 * @param {ButtonSetting} command
 * @param {import('../../client/driving/pending_stop.js').StopState} stop
 */
export const pageButtons = (command, stop) => (PAGE_BUTTONS[command] ?? []).filter(
  (id) => id !== 'withdraw' || stop === 'expired');

/**
 * Keeps quick presses of one button from releasing a stop and driving on: the answer to the
 * question, and the press that arms after a release, come after a pause without a press.
 */
export class ReleasePause {
  #isEngaged = false;
  #begunAt = -Infinity;

  /** @param {boolean} isEngaged the emergency stop is @param {number} nowMs */
  note(isEngaged, nowMs) {
    if (this.#isEngaged && !isEngaged) this.#begunAt = nowMs;
    this.#isEngaged = isEngaged;
  }

  /**
   * Whether a press counts; one that does not begins the pause anew.
   * @param {string} id of the page's button
   * @param {boolean} isAsked the page asks whether the robot may move
   * @param {number} nowMs
   */
  allows(id, isAsked, nowMs) {
    if (id !== 'releasestop' && id !== 'take') return true;
    const isQuestion = id === 'releasestop' && !isAsked;
    const isAllowed = isQuestion || nowMs - this.#begunAt >= PAUSE_MS;
    if (isQuestion || !isAllowed) this.#begunAt = nowMs;
    return isAllowed;
  }
}

/** Return the first of these buttons that the page offers now. @param {string[]} ids */
const offered = (ids) => ids.map((id) => element(id, HTMLButtonElement)).find(
  (button) => !button.disabled && !button.closest('[hidden]'));

export class GamepadActions {
  #parts;
  /** The page's buttons that have a sign. @type {Map<HTMLElement, string>} */
  #signs = new Map();
  #pause = new ReleasePause();

  /** @param {ActionParts} parts */
  constructor(parts) {
    this.#parts = parts;
    const { connection, teleop, input } = parts;
    input.on('press', (command) => {
      this.#press(command);
      this.#showSigns();
    });
    const show = () => {
      this.#noteStop();
      this.#showSigns();
    };
    for (const source of [connection, teleop]) source.on('change', show);
    connection.on('control', show);
    setInterval(() => this.#showSigns(), LOOK_PERIOD_MS);
  }

  /** @param {PadCommand} command */
  #press(command) {
    if (command === 'nextCameraButton') this.#showCamera(1);
    else if (command === 'previousCameraButton') this.#showCamera(-1);
    else {
      const button = offered(pageButtons(command, this.#parts.teleop.pendingStop.state));
      this.#noteStop();
      if (!button) {
        if (command === 'takeButton') this.#sayWhy();
      } else if (this.#pause.allows(button.id, !box('keepstopped').hidden, performance.now())) {
        button.click();
      }
    }
  }

  #noteStop() {
    this.#pause.note(this.#parts.teleop.driver?.stopped.id != null, performance.now());
  }

  #sayWhy() {
    const { teleop, status } = this.#parts;
    const { connected, mayDrive, driver, permissions } = teleop;
    status.toast(inVainText({ connected, mayDrive, role: driver && 'role' in driver
      ? driver.role : '', engaged: driver?.stopped.id != null && !permissions.release }));
  }

  /** @param {1 | -1} step */
  #showCamera(step) {
    const { connection, cameras } = this.#parts;
    const { cameras: names, chosen } = connection.selection;
    const camera = stepCamera(names ?? [], chosen[0] ?? null, step);
    if (camera !== null) cameras.exchange(0, camera);
  }

  #showSigns() {
    const { input, teleop } = this.#parts;
    const pad = input.pads.current;
    /** @type {Map<HTMLElement, string>} */
    const signs = new Map();
    const names = /** @type {ButtonSetting[]} */ (pad ? Object.keys(PAGE_BUTTONS) : []);
    for (const name of names) {
      const button = offered(pageButtons(name, teleop.pendingStop.state));
      const sign = signOf(input.buttons[name], pad?.id ?? '', input.layouts.get(pad?.id ?? ''));
      if (button && sign) signs.set(button, sign);
    }
    for (const button of this.#signs.keys()) if (!signs.has(button)) delete button.dataset.pad;
    for (const [button, sign] of signs) {
      if (button.dataset.pad !== sign) button.dataset.pad = sign;
    }
    this.#signs = signs;
  }
}
