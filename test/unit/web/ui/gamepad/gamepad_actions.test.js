import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  inVainText, pageButtons, ReleasePause, signOf, stepCamera,
} from '../../../../../rtc_bridge/web/ui/gamepad/gamepad_actions.js';
import {
  BUTTON_SETTINGS, ButtonPresses, buttonsOf, buttonSign,
} from '../../../../../rtc_bridge/web/ui/gamepad/gamepad_buttons.js';
import { DEFAULTS } from '../../../../../rtc_bridge/web/ui/settings.js';

test('each button has one meaning at first, and those that were chosen before keep theirs', () => {
  const first = buttonsOf((name) => DEFAULTS[name]);
  const used = Object.values(first).filter((button) => button >= 0);
  assert.equal(new Set(used).size, used.length);
  assert.deepEqual(first, Object.fromEntries(
    BUTTON_SETTINGS.map((name) => [name, DEFAULTS[name]])));
  const changed = { ...DEFAULTS, turbo: 9, enable: 12, nextCameraButton: 8 };
  const { takeButton, fasterButton, nextCameraButton, turbo, enable } = buttonsOf(
    (name) => changed[name]);
  assert.deepEqual([turbo, enable, takeButton, fasterButton, nextCameraButton], [9, 12, -1, -1, -1]);
  // Nobody loses the emergency stop so, nor the button to hold, without which a stick drives.
  const both = buttonsOf((name) => ({ ...DEFAULTS, enable: 1 })[name]);
  assert.deepEqual([both.enable, both.stopButton], [1, 1]);
});

test('presses are told once, for each gamepad apart', () => {
  const presses = new ButtonPresses();
  const take = (...pads) => [...presses.take(pads.map((buttons, n) => (
    { key: String(n), isDown: (button) => buttons.includes(button) })), [1, 9, -1])];
  assert.deepEqual([take([1]), take([1, 9]), take([], [9]), take([9], [9]), take([9, 1], []),
    take([9, 1], [9])], [[], [9], [], [9], [1], [9]]);
});

test('the camera before and the next one go round', () => {
  const cameras = ['a', 'b', 'c'];
  assert.deepEqual([['a', 1], ['a', -1], ['c', 1], [null, 1], [null, -1], ['gone', -1]].map(
    ([main, step]) => stepCamera(cameras, main, step)), ['b', 'c', 'a', 'a', 'c', 'c']);
  assert.equal(stepCamera(['a'], 'a', 1), null);
  assert.equal(stepCamera([], 'a', 1), null);
});

test('a gamepad withdraws no emergency stop, and takes note of one that has expired', () => {
  for (const state of ['idle', 'sent', 'unsent']) {
    assert.deepEqual(pageButtons('releaseButton', state), ['keepstopped', 'yield', 'release']);
  }
  assert.ok(pageButtons('releaseButton', 'expired').includes('withdraw'));
  assert.deepEqual(pageButtons('enable', 'idle'), []);
});

test('quick presses neither release a stop nor drive on', () => {
  const pause = new ReleasePause();
  pause.note(true, 0);
  assert.equal(pause.allows('keepstopped', true, 0), true);
  assert.equal(pause.allows('releasestop', false, 1000), true);
  // However long it is pressed again and again.
  for (let ms = 1300; ms < 5000; ms += 300) {
    assert.equal(pause.allows('releasestop', true, ms), false);
  }
  assert.equal(pause.allows('releasestop', true, 5900), true);
  pause.note(false, 6000);
  for (const ms of [6300, 6900, 7800]) assert.equal(pause.allows('take', false, ms), false);
  assert.equal(pause.allows('refuse', false, 7800), true);
  assert.equal(pause.allows('take', false, 8800), true);
  // Without a stop it counts at once.
  pause.note(false, 8900);
  assert.equal(pause.allows('take', false, 8900), true);
});

test('a button that drives nothing says why', () => {
  const facts = { connected: true, mayDrive: true, role: 'drive', engaged: false };
  assert.equal(inVainText(facts), '');
  assert.match(inVainText({ ...facts, connected: false }), /no connection/);
  assert.match(inVainText({ ...facts, mayDrive: false, role: 'view' }), /for watching/);
  assert.match(inVainText({ ...facts, mayDrive: false }), /switched off/);
  assert.match(inVainText({ ...facts, engaged: true }), /may not release/);
});

test('what is written on a button depends on its maker, and on what was assigned', () => {
  assert.equal(buttonSign(9, 'Xbox Wireless Controller (Vendor: 045e Product: 0b13)'), 'Start');
  assert.equal(buttonSign(1, 'DualSense Wireless Controller (Vendor: 054c Product: 0ce6)'), '○');
  assert.equal(buttonSign(1, '54c-ce6-Wireless Controller'), '○');
  assert.equal(buttonSign(1, 'Pro Controller (Vendor: 057e Product: 2009)'), 'A');
  assert.equal(buttonSign(30, ''), 'button 30');
  const layout = { axes: [], buttons: { 9: 7, 4: { axis: 2, rest: -1, at: 1 } } };
  assert.deepEqual([9, 4, 1, -1].map((button) => signOf(button, '', layout)),
    ['button 7', 'axis 2', '', '']);
  assert.equal(signOf(9, '', { axes: [], buttons: null }), 'Start');
});
