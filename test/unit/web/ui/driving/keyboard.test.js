import assert from 'node:assert/strict';
import { test } from 'node:test';

import { commandOf, KeyState } from '../../../../../rtc_bridge/web/ui/driving/keyboard.js';

test('WASD and the arrows drive, opposite keys cancel', () => {
  const keys = new KeyState();
  assert.equal(keys.press('KeyW'), true);
  keys.press('ArrowLeft');
  assert.deepEqual(keys.motion, { x: 1, y: 0, turn: 1, up: 0 });
  keys.press('KeyS');
  assert.deepEqual(keys.motion, { x: 0, y: 0, turn: 1, up: 0 });
  keys.release('KeyW');
  keys.release('ArrowLeft');
  assert.deepEqual(keys.motion, { x: -1, y: 0, turn: 0, up: 0 });
});

test('keys that do not drive are left alone', () => {
  const keys = new KeyState();
  for (const code of ['KeyX', 'Tab', 'toString', '__proto__']) {
    assert.equal(keys.press(code), false);
  }
  assert.deepEqual(keys.motion, { x: 0, y: 0, turn: 0, up: 0 });
});

// The table of teleop_twist_keyboard: forward, sideways, turn; with Shift in capitals.
const TWIST = {
  KeyU: [1, 0, 1], KeyI: [1, 0, 0], KeyO: [1, 0, -1],
  KeyJ: [0, 0, 1], KeyL: [0, 0, -1],
  KeyM: [-1, 0, -1], Comma: [-1, 0, 0], Period: [-1, 0, 1],
};
const SHIFTED = {
  KeyU: [1, 1, 0], KeyI: [1, 0, 0], KeyO: [1, -1, 0],
  KeyJ: [0, 1, 0], KeyL: [0, -1, 0],
  KeyM: [-1, 1, 0], Comma: [-1, 0, 0], Period: [-1, -1, 0],
};

test('the movement keys are those of teleop_twist_keyboard, with Shift and without', () => {
  for (const [shift, table] of [[false, TWIST], [true, SHIFTED]]) {
    for (const [code, [x, y, turn]] of Object.entries(table)) {
      const keys = new KeyState();
      keys.strafes = true;
      keys.shift = shift;
      assert.ok(keys.press(code));
      const { motion } = keys;
      assert.deepEqual([motion.x, motion.y, motion.turn].map((v) => v + 0), [x, y, turn], code);
    }
  }
});

test('a robot that cannot go sideways turns with Shift, too', () => {
  const keys = new KeyState();
  keys.shift = true;
  keys.press('KeyJ');
  assert.deepEqual(keys.motion, { x: 0, y: 0, turn: 1, up: 0 });
});

test('Shift that is let go in between turns again', () => {
  const keys = new KeyState();
  keys.strafes = keys.shift = true;
  keys.press('KeyA');
  assert.deepEqual(keys.motion, { x: 0, y: 1, turn: 0, up: 0 });
  keys.shift = false;
  assert.deepEqual(keys.motion, { x: 0, y: 0, turn: 1, up: 0 });
});

test('the dead-man key alone drives nothing, and without it nothing drives', () => {
  const keys = new KeyState();
  assert.equal(keys.press('KeyF'), false);
  keys.deadMan = true;
  for (const key of ['KeyF', 'Enter']) {
    assert.equal(keys.press(key), true);
    assert.deepEqual([keys.motion.x, keys.waitsForDeadMan], [0, false]);
    keys.press('KeyW');
    assert.equal(keys.motion.x, 1);
    keys.release(key);
    assert.deepEqual([keys.motion.x, keys.waitsForDeadMan], [0, true]);
    keys.clear();
    assert.equal(keys.waitsForDeadMan, false);
  }
});

test('other keys go by their place, but signs by what is written on them', () => {
  assert.equal(commandOf('Space', ' '), 'let-go');
  assert.equal(commandOf('KeyK', 'k'), 'let-go');
  // The places of Q and Z, on a French keyboard.
  assert.equal(commandOf('KeyQ', 'a'), 'faster');
  assert.equal(commandOf('KeyZ', 'w'), 'slower');
  // American, German and French keyboards.
  for (const code of ['Equal', 'BracketRight']) assert.equal(commandOf(code, '+'), 'faster');
  for (const code of ['Minus', 'Slash', 'Digit6']) assert.equal(commandOf(code, '-'), 'slower');
  assert.equal(commandOf('NumpadAdd', 'Unidentified'), 'faster');
  for (const code of ['', 'KeyX', 'toString']) assert.equal(commandOf(code, 'x'), undefined);
});

test('the repeats of a held key that was cleared do not start it again', () => {
  const keys = new KeyState();
  keys.press('KeyW');
  keys.clear();
  assert.equal(keys.press('KeyW', true), true);
  assert.equal(keys.motion.x, 0);
  keys.press('KeyW');
  assert.equal(keys.motion.x, 1);
});

test('a dead man\'s key counts only where it is asked for', () => {
  const keys = new KeyState();
  keys.press('KeyF');
  assert.equal(keys.holdsDeadMan, false);
  keys.deadMan = true;
  keys.press('KeyF');
  assert.equal(keys.holdsDeadMan, true);
});
