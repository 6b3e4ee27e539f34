import assert from 'node:assert/strict';
import { test } from 'node:test';

import { deadZone, Gamepads, padHands, withoutDeadZone } from '../../../../rtc_bridge/web/ui/gamepad.js';
import { commandOf, KeyState } from '../../../../rtc_bridge/web/ui/keyboard.js';
import { stickHands } from '../../../../rtc_bridge/web/ui/stick.js';

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
      const { hands } = keys;
      assert.deepEqual([hands.x, hands.y, hands.turn].map((v) => v + 0), [x, y, turn], code);
    }
  }
});

test('a robot that cannot go sideways turns with Shift, too', () => {
  const keys = new KeyState();
  keys.shift = true;
  keys.press('KeyJ');
  assert.deepEqual(keys.hands, { x: 0, y: 0, turn: 1 });
});

test('Shift that is let go in between turns again', () => {
  const keys = new KeyState();
  keys.strafes = keys.shift = true;
  keys.press('KeyA');
  assert.deepEqual(keys.hands, { x: 0, y: 1, turn: 0 });
  keys.shift = false;
  assert.deepEqual(keys.hands, { x: 0, y: 0, turn: 1 });
});

test('the dead-man key alone drives nothing, and without it nothing drives', () => {
  const keys = new KeyState();
  assert.equal(keys.press('KeyF'), false);
  keys.deadMan = true;
  for (const key of ['KeyF', 'Enter']) {
    assert.equal(keys.press(key), true);
    assert.deepEqual([keys.hands.x, keys.waits], [0, false]);
    keys.press('KeyW');
    assert.equal(keys.hands.x, 1);
    keys.release(key);
    assert.deepEqual([keys.hands.x, keys.waits], [0, true]);
    keys.clear();
    assert.equal(keys.waits, false);
  }
});

test('other keys go by their place, but signs by what is written on them', () => {
  assert.equal(commandOf('Space', ' '), 'halt');
  assert.equal(commandOf('KeyK', 'k'), 'halt');
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
  assert.equal(keys.hands.x, 0);
  keys.press('KeyW');
  assert.equal(keys.hands.x, 1);
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

/** A standard gamepad as browsers give it. */
const standard = (index, axes = [0, 0, 0, 0], buttons = [], more = {}) => ({
  index, id: 'pad', connected: true, mapping: 'standard', axes,
  buttons: Array.from({ length: 17 }, (_, n) => ({ value: buttons.includes(n) ? 1 : 0,
    pressed: buttons.includes(n) })), ...more,
});
const AHEAD = [0, -1, 0, 0];

test('a button of a gamepad with another layout is told, and drives nothing', () => {
  let list = [standard(0, AHEAD, [], { mapping: '' })];
  const pads = new Gamepads(() => list);
  assert.equal(pads.poll(), null);
  assert.equal(pads.unknown, false);
  list = [standard(0, AHEAD, [3], { mapping: 'xr-standard' })];
  assert.equal(pads.poll(), null);
  assert.equal(pads.unknown, true);
  // Once for each press.
  pads.poll();
  assert.equal(pads.unknown, false);
  list = [standard(0, AHEAD, [3], { mapping: '', connected: false })];
  pads.poll();
  assert.equal(pads.unknown, false);
});

test('of two gamepads the one that is used drives', () => {
  let list = [standard(0), standard(1)];
  const pads = new Gamepads(() => list);
  pads.poll();
  list = [standard(0), standard(1, AHEAD)];
  assert.deepEqual(pads.poll()?.axes, AHEAD);
  // The other one has to wait until that is put down, and to be let go itself.
  const back = [0, 1, 0, 0];
  list = [standard(0, back), standard(1, AHEAD)];
  assert.deepEqual(pads.poll()?.axes, AHEAD);
  list = [standard(0, back), standard(1)];
  assert.deepEqual(pads.poll()?.axes, [0, 0, 0, 0]);
  list = [standard(0), standard(1)];
  pads.poll();
  list = [standard(0, back), standard(1)];
  assert.deepEqual(pads.poll()?.axes, back);
});

test('no gamepad goes on in the place of one that was lost', () => {
  let list = [standard(0), standard(1)];
  const pads = new Gamepads(() => list);
  pads.poll();
  list = [standard(0, AHEAD), standard(1)];
  assert.notEqual(pads.poll(), null);
  list = [null, standard(1, AHEAD)];
  assert.equal(pads.poll(), null);
  list = [null, standard(1)];
  assert.notEqual(pads.poll(), null);
  list = [null, standard(1, AHEAD)];
  assert.equal(pads.hands(pads.poll(), false).x, 1);
});

test('drives while a button is held, as with teleop_twist_joy', () => {
  const pads = new Gamepads(() => []);
  const hands = (...buttons) => {
    const pad = { axes: AHEAD, buttons: standard(0, [], buttons).buttons.map((b) => b.value) };
    return [pads.hands(pad, false).x, pads.waits(pad), pads.fast(pad)];
  };
  assert.deepEqual(hands(), [1, false, false]);
  pads.enable = 4;
  assert.deepEqual(hands(), [0, true, false]);
  assert.deepEqual(hands(5), [0, true, false]);
  assert.deepEqual(hands(4), [1, false, false]);
  // Its turbo button works without the other one, too.
  pads.turbo = 5;
  assert.deepEqual(hands(5), [1, false, true]);
  assert.deepEqual(hands(4, 5), [1, false, true]);
  assert.deepEqual([pads.hands(null, false).x, pads.waits(null), pads.fast(null)], [0, false, false]);
});

test('the right stick turns by its width alone', () => {
  assert.deepEqual(padHands({ axes: [0, 0, 0.06, -1], buttons: [] }, true),
    { x: 0, y: 0, turn: 0 });
});

test('each stick of two does its own', () => {
  assert.deepEqual(stickHands(0.8, -0.6, 'turn').x, 0);
  assert.deepEqual(stickHands(0.8, -1, 'move'), { x: 1, y: 0, turn: 0 });
  const slide = stickHands(-1, 0, 'slide');
  assert.deepEqual(slide, { x: 0, y: 1, turn: 0 });
  assert.ok(stickHands(0.8, -0.6, 'all').x > 0 && stickHands(0.8, -0.6, 'all').turn < 0);
});

test('the dead man is its own button, not that for full speed', () => {
  const pads = new Gamepads(() => []);
  pads.enable = 4;
  pads.turbo = 5;
  const pad = (...buttons) => ({ axes: AHEAD,
    buttons: standard(0, [], buttons).buttons.map((b) => b.value) });
  assert.deepEqual([[], [5], [4]].map((buttons) => pads.holds(pad(...buttons))), [false, false, true]);
  pads.enable = -1;
  assert.equal(pads.holds(pad(4)), false);
  assert.equal(pads.holds(null), false);
  const keys = new KeyState();
  keys.press('KeyF');
  assert.equal(keys.holds, false);
  keys.deadMan = true;
  keys.press('KeyF');
  assert.equal(keys.holds, true);
});

test('the stop button counts once for each press, and not if it came pressed', () => {
  let list = [standard(0, AHEAD, [1])];
  const pads = new Gamepads(() => list);
  pads.stop = 1;
  const look = (...buttons) => {
    list = [standard(0, AHEAD, buttons)];
    return pads.stopPressed();
  };
  assert.equal(pads.stopPressed(), false);
  assert.deepEqual([look(1), look(), look(1), look(1), look(), look(2), look(1, 2)],
    [false, false, true, false, false, false, true]);
  // It comes back pressed; it is of another layout; there is no such button.
  look();
  list = [null];
  pads.stopPressed();
  assert.equal(look(1), false);
  list = [standard(0, AHEAD, [], { mapping: '' })];
  pads.stopPressed();
  list = [standard(0, AHEAD, [1], { mapping: '' })];
  assert.equal(pads.stopPressed(), false);
  pads.stop = -1;
  look();
  assert.equal(look(1), false);
  pads.stop = 1;
  look();
  pads.forgetStop();
  assert.equal(look(1), false);
});

test('what is sent of a pad has no dead zone, so that one that rests beside its middle is at rest', () => {
  const { axes, buttons } = withoutDeadZone({ axes: [0.15, 0, 0, -0.1], buttons: [0.1, 1] }, 0.2);
  assert.deepEqual(axes, [0, 0, 0, 0]);
  assert.deepEqual(buttons, [0, 1]);
  const pushed = withoutDeadZone({ axes: [0, -1, 0.15], buttons: [] }, 0.2);
  assert.deepEqual(pushed.axes, [0, -1, 0]);
});
