import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  KEY_ACTIONS, KeyAssignment, keyName,
} from '../../../../../rtc_bridge/web/ui/driving/key_assignment.js';
import { commandOf, KeyState } from '../../../../../rtc_bridge/web/ui/driving/keyboard.js';

function memory(text = null) {
  let kept = text;
  return { getItem: () => kept, setItem: (_, value) => { kept = value; } };
}

test('no key has two meanings at first', () => {
  const codes = Object.values(KEY_ACTIONS).flatMap((action) => action.codes);
  assert.equal(new Set(codes).size, codes.length);
});

test('a key that is assigned drives, the one before it does not, and the browser keeps it', () => {
  const store = memory();
  const keys = new KeyAssignment(store);
  let changes = 0;
  keys.addEventListener('change', () => { changes += 1; });
  // One of teleop_twist_keyboard's keys gets another meaning.
  assert.equal(keys.assign('back', 'KeyI'), '');
  assert.equal(keys.assign('stop', 'KeyW'), `W is for “${KEY_ACTIONS.forward.text}”. Choose `
    + 'another key, or give that one another key first.');
  assert.equal(keys.assign('forward', 'Numpad8'), '');
  assert.equal(keys.assign('stop', 'KeyW'), '');
  assert.equal(changes, 3);
  const again = new KeyAssignment(store);
  const state = new KeyState(again);
  assert.equal(state.press('KeyS'), false);
  assert.equal(state.press('KeyI'), true);
  assert.equal(state.motion.x, -1);
  state.release('KeyI');
  assert.equal(state.press('ArrowUp'), false);
  state.press('Numpad8');
  assert.equal(state.motion.x, 1);
  assert.equal(commandOf('KeyW', 'w', again), 'let-go');
  assert.equal(commandOf('Space', ' ', again), undefined);
  assert.deepEqual(again.names('forward'), ['Numpad 8']);
  // What is held gets no other meaning.
  again.reset();
  assert.equal(state.motion.x, 0);
  assert.equal(again.isChanged, false);
  assert.equal(new KeyState(new KeyAssignment(store)).press('KeyW'), true);
});

test('keys that belong to something else are refused with a word', () => {
  const keys = new KeyAssignment();
  for (const [code, why] of [['Escape', 'emergency stop'], ['Backspace', 'emergency stop'],
    ['Tab', 'focus'], ['F5', 'browser'], ['ShiftLeft', 'other keys'], ['', 'This key']]) {
    assert.match(keys.assign('forward', code), new RegExp(why), code);
  }
  assert.equal(keys.isChanged, false);
  assert.equal(keys.assign('forward', 'KeyW'), '');
});

test('what is stored by others does no harm', () => {
  for (const text of ['{', '[]', '7', '{"forward": "KeyX"}', '{"forward": ["Escape"]}',
    '{"forward": []}', '{"forward": ["KeyX", 7]}', '{"nothing": ["KeyX"]}',
    // Two meanings, one of them that of the start.
    '{"forward": ["KeyS"]}']) {
    assert.equal(new KeyAssignment(memory(text)).isChanged, false, text);
  }
  const forbidden = { getItem() { throw new Error('no'); }, setItem() { throw new Error('no'); } };
  const keys = new KeyAssignment(forbidden);
  assert.equal(keys.assign('forward', 'KeyX'), '');
  assert.equal(keys.actionOf('KeyX'), 'forward');
});

test('T and B, and Page Up and Page Down, move up and down where a robot can', () => {
  const keys = new KeyState();
  assert.equal(keys.press('KeyT'), false);
  keys.flies = true;
  for (const [code, up] of [['KeyT', 1], ['PageUp', 1], ['KeyB', -1], ['PageDown', -1]]) {
    assert.equal(keys.press(code), true);
    keys.press('KeyW');
    assert.deepEqual(keys.motion, { x: 1, y: 0, turn: 0, up });
    keys.clear();
  }
});

test('keys are named as on a US keyboard', () => {
  assert.deepEqual(['KeyW', 'Digit1', 'ArrowUp', 'Numpad4', 'NumpadAdd', 'Space', 'Comma'].map(
    keyName), ['W', '1', '↑', 'Numpad 4', 'Numpad +', 'Space', ',']);
});
