// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What the buttons of gamepads are called, which of them does what, and when one is pressed. */

/**
 * Names of the buttons that can be chosen for something, by number in the standard mapping.
 * @type {Readonly<Record<number, string>>}
 */
export const BUTTONS = { 4: 'the left shoulder button', 5: 'the right shoulder button',
  6: 'the left trigger', 7: 'the right trigger', 0: 'the lower button', 1: 'the right button (B)',
  2: 'the left button (X)', 3: 'the upper button (Y)', 8: 'the left middle button (back)',
  9: 'the right middle button (start)', 10: 'the left stick, pressed',
  11: 'the right stick, pressed', 12: 'the cross, up', 13: 'the cross, down',
  14: 'the cross, left', 15: 'the cross, right', 16: 'the middle button' };

/** @param {number} button */
export const buttonName = (button) => BUTTONS[button] ?? `button ${button}`;

// What is written on them, by the maker that a gamepad's id names (USB vendor numbers of Sony and
// Nintendo, or words); on all others as on Microsoft's.
const CROSS = ['▲', '▼', '◀', '▶'];
/** @type {[RegExp, string[]][]} */
const SIGNS = [
  [/\b0?54c\b|playstation|dual(shock|sense)/i, ['✕', '○', '□', '△', 'L1', 'R1', 'L2', 'R2', 'Share',
    'Options', 'L3', 'R3', ...CROSS, 'PS']],
  [/\b0?57e\b|nintendo|joy-con|switch/i, ['B', 'A', 'Y', 'X', 'L', 'R', 'ZL', 'ZR', '−', '+', 'LS',
    'RS', ...CROSS, 'Home']],
  [/(?:)/, ['A', 'B', 'X', 'Y', 'LB', 'RB', 'LT', 'RT', 'Back', 'Start', 'LS', 'RS', ...CROSS,
    'Guide']],
];

/**
 * Return what is written on a button.
 * @param {number} button its number in the standard mapping
 * @param {string} id of the gamepad
 */
export const buttonSign = (button, id) => SIGNS.find(([maker]) => maker.test(id))?.[1][button]
  ?? `button ${button}`;

/** Those that do something at once when they are pressed. Robots do not get them. */
export const COMMANDS = /** @type {const} */ (['takeButton', 'releaseButton', 'fasterButton',
  'slowerButton', 'previousCameraButton', 'nextCameraButton']);

/** @typedef {typeof COMMANDS[number]} PadCommand */

/** The settings that each have a button. */
export const BUTTON_SETTINGS = /** @type {const} */ (['enable', 'turbo', 'stopButton', 'talkButton',
  ...COMMANDS]);

/** @typedef {typeof BUTTON_SETTINGS[number]} ButtonSetting */

/** What each of them does. @type {Record<ButtonSetting, string>} */
export const BUTTON_TEXTS = {
  enable: 'Hold to drive',
  turbo: 'Hold for full speed',
  stopButton: 'Emergency stop',
  talkButton: 'Hold to talk, where the robot takes voices',
  takeButton: 'Drive; keep driving; release the stop (twice)',
  releaseButton: 'Stop driving; hand over; keep stopped',
  fasterButton: 'Faster',
  slowerButton: 'Slower',
  previousCameraButton: 'Camera before',
  nextCameraButton: 'Next camera',
};

// The first ones keep their button whatever else has it: nobody may lose the emergency stop so, nor
// the button to hold, without which a stick drives.
const KEEPING = 3;

/**
 * Return the button of each setting; -1: none. Who has given a button a meaning, before another one
 * had it at first, keeps that meaning alone.
 * @param {(name: ButtonSetting) => number} get the chosen one
 * @returns {Record<ButtonSetting, number>}
 */
export function buttonsOf(get) {
  /** @type {number[]} */
  const found = [];
  for (const name of BUTTON_SETTINGS) {
    const button = get(name);
    found.push(found.length < KEEPING || !found.includes(button) ? button : -1);
  }
  return /** @type {Record<ButtonSetting, number>} */ (Object.fromEntries(
    BUTTON_SETTINGS.map((name, n) => [name, found[n]])));
}

/**
 * Which buttons were just pressed, on any gamepad. A button that is down when the gamepad comes, as
 * a stuck one is, does not count before it was released.
 */
export class ButtonPresses {
  /** Those that were up since the gamepad came, as `key button`. @type {Set<string>} */
  #released = new Set();

  /**
   * Return the numbers of the buttons that were pressed since the last call.
   * @param {{key: string, isDown: (button: number) => boolean}[]} pads
   * @param {number[]} buttons that matter
   */
  take(pads, buttons) {
    /** @type {Set<string>} */
    const released = new Set();
    /** @type {Set<number>} */
    const pressed = new Set();
    for (const { key, isDown } of pads) {
      for (const button of buttons) {
        const name = `${button} ${key}`;
        if (!isDown(button)) released.add(name);
        else if (this.#released.has(name)) pressed.add(button);
      }
    }
    this.#released = released;
    return pressed;
  }

  /** Let buttons that are down now count only after they were released. */
  forget() {
    this.#released.clear();
  }
}
