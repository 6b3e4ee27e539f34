import assert from 'node:assert/strict';
import { test } from 'node:test';

import { deadZone, Gamepads, padHands } from '../../rtc_bridge/web/gamepad.js';
import { KeyState } from '../../rtc_bridge/web/keyboard.js';
import { stickHands } from '../../rtc_bridge/web/stick.js';

test('WASD and the arrows drive, opposite keys cancel', () => {
  const keys = new KeyState();
  assert.equal(keys.press('KeyW'), true);
  keys.press('ArrowLeft');
  assert.deepEqual(keys.hands, { x: 1, y: 0, turn: 1 });
  keys.press('KeyS');
  assert.deepEqual(keys.hands, { x: 0, y: 0, turn: 1 });
  keys.release('KeyW');
  keys.release('ArrowLeft');
  assert.deepEqual(keys.hands, { x: -1, y: 0, turn: 0 });
});

test('keys that do not drive are left alone', () => {
  const keys = new KeyState();
  for (const code of ['KeyX', 'Tab', 'toString', '__proto__']) {
    assert.equal(keys.press(code), false);
  }
  assert.deepEqual(keys.hands, { x: 0, y: 0, turn: 0 });
});

test('Space stops, and the repeats of a held key do not start again', () => {
  const keys = new KeyState();
  keys.press('KeyW');
  assert.equal(keys.press('Space'), true);
  assert.equal(keys.press('KeyW', true), true);
  assert.equal(keys.hands.x, 0);
  keys.press('KeyW');
  assert.equal(keys.hands.x, 1);
  keys.clear();
  keys.press('KeyW', true);
  assert.equal(keys.hands.x, 0);
});

test('the dead zone is round and leaves no step at its edge', () => {
  assert.deepEqual(deadZone(0.07, 0.07), [0, 0]);
  assert.deepEqual(deadZone(NaN, 0), [0, 0]);
  const [x, y] = deadZone(0.101, 0);
  assert.ok(x > 0 && x < 0.01 && y === 0);
  const [dx, dy] = deadZone(0.6, 0.8);
  assert.ok(Math.abs(Math.hypot(dx, dy) - 1) < 1e-9 && Math.abs(dx / dy - 0.75) < 1e-9);
  // A square stick reaches 1.41 in its corners.
  assert.ok(Math.hypot(...deadZone(1, 1)) <= 1 + 1e-9);
});

test('the sticks have the signs of REP-103', () => {
  assert.deepEqual(stickHands(0, -1), { x: 1, y: 0, turn: 0 });
  assert.deepEqual(stickHands(1, 0), { x: 0, y: 0, turn: -1 });
  assert.deepEqual(padHands({ axes: [-1, 0, 0, 0], buttons: [] }, false), { x: 0, y: 0, turn: 1 });
  assert.deepEqual(padHands({ axes: [-1, 0, 1, 0], buttons: [] }, true), { x: 0, y: 1, turn: -1 });
  assert.deepEqual(padHands({ axes: [], buttons: [] }, true), { x: 0, y: 0, turn: 0 });
});

test('a gamepad counts once its sticks were at rest, and again after each loss', () => {
  const pad = { index: 0, id: 'pad', connected: true, mapping: 'standard', axes: [0, -1, 0, 0],
    buttons: [{ value: 0.5 }] };
  let list = [null, pad];
  const pads = new Gamepads(() => list);
  assert.equal(pads.poll(), null);
  pad.axes = [0.02, 0, 0, 0];
  assert.deepEqual(pads.poll(), { axes: [0.02, 0, 0, 0], buttons: [0.5] });
  pad.axes = [0, -1, 0, 0];
  assert.equal(pads.hands(pads.poll(), false).x, 1);
  list = [];
  assert.equal(pads.poll(), null);
  assert.deepEqual(pads.hands(null, false), { x: 0, y: 0, turn: 0 });
  list = [pad];
  assert.equal(pads.poll(), null);
  pad.axes = [0, 0, 0, 0];
  assert.notEqual(pads.poll(), null);
  pads.clear();
  pad.axes = [0, -1, 0, 0];
  assert.equal(pads.poll(), null);
});

test('only connected gamepads of the standard mapping drive', () => {
  const pad = { index: 0, id: 'p', connected: true, mapping: '', axes: [0, 0], buttons: [] };
  assert.equal(new Gamepads(() => [pad]).poll(), null);
  const gone = { ...pad, mapping: 'standard', connected: false };
  assert.equal(new Gamepads(() => [gone]).poll(), null);
});
