// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Which microphone, loudspeaker and camera of this computer the page uses, among the options. */

import { make } from '../dom.js';
import { labelled } from '../page/form_parts.js';
import { SCREEN } from '../settings.js';

/** Settings by the kind of device, as browsers name it. */
const KINDS = /** @type {const} */ ({
  audioinput: ['microphone', 'Microphone'], audiooutput: ['loudspeaker', 'Loudspeaker'],
  videoinput: ['shownCamera', 'Camera shown there'] });
const AS_THE_BROWSER = ['as the browser chooses', ''];

/**
 * Return the options, which list what is there as soon as the browser tells it: its names only
 * after a person has allowed the microphone.
 * @param {import('../settings.js').Settings} settings
 * @returns {HTMLElement[]} none where the browser lets no page choose
 */
export function deviceOptions(settings) {
  const { mediaDevices } = navigator;
  // Plain http has none.
  if (!mediaDevices?.enumerateDevices) return [];
  const canChoose = { audioinput: true,
    audiooutput: 'setSinkId' in HTMLMediaElement.prototype, videoinput: true };
  // Phones share no screen.
  const others = { audioinput: [], audiooutput: [],
    videoinput: 'getDisplayMedia' in mediaDevices ? [['the screen', SCREEN]] : [] };
  const rows = Object.entries(KINDS).flatMap(([kind, [name, text]]) => {
    if (!canChoose[/** @type {keyof typeof KINDS} */ (kind)]) return [];
    const choice = make('select');
    choice.addEventListener('change', () => settings.set(name, choice.value));
    return [{ kind, name, choice, row: labelled(text, choice) }];
  });
  const fill = async () => {
    const found = await mediaDevices.enumerateDevices().catch(() => []);
    for (const { kind, name, choice } of rows) {
      const known = [AS_THE_BROWSER, ...others[/** @type {keyof typeof KINDS} */ (kind)]];
      const devices = found.filter((one) => one.kind === kind && one.deviceId
        && one.deviceId !== 'default');
      choice.replaceChildren(...known.map(([text, value]) => new Option(text, value)), ...devices.map(
        ({ label, deviceId }, i) => new Option(label || `Number ${i + 1}`, deviceId)));
      const chosen = settings.get(name);
      // One that is unplugged stays chosen: it may come back.
      if (![...choice.options].some(({ value }) => value === chosen)) {
        choice.append(new Option('the chosen one, which is not there', chosen));
      }
      choice.value = chosen;
    }
  };
  fill();
  return [make('h2', 'Sound and camera'), ...rows.map(({ row }) => row)];
}
