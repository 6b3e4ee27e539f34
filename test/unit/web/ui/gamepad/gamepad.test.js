import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Gamepads } from '../../../../../rtc_bridge/web/ui/gamepad/gamepad.js';
import { ButtonPresses } from '../../../../../rtc_bridge/web/ui/gamepad/gamepad_buttons.js';
import { padMotion, withoutDeadZone } from '../../../../../rtc_bridge/web/ui/gamepad/gamepad_motion.js';
import { curved, deadZone } from '../../../../../rtc_bridge/web/ui/driving/stick_curve.js';

test('a curve leaves the direction, and a full push full', () => {
  for (const share of [0, 0.3, 1]) {
    assert.ok(Math.abs(Math.hypot(...curved(0.6, -0.8, share)) - 1) < 1e-9);
    const [x, y] = curved(0.3, -0.4, share);
    assert.ok(Math.abs(x / y + 0.75) < 1e-9);
    assert.ok(Math.abs(Math.hypot(x, y) - (0.5 * (1 - share) + 0.125 * share)) < 1e-9);
    assert.equal(padMotion({ axes: [0, -1, 0, 0], buttons: [] }, {}, 0.1, share).x, 1);
  }
  assert.ok(padMotion({ axes: [0, -0.5, 0, 0], buttons: [] }, {}, 0.1, 0.5).x
    < padMotion({ axes: [0, -0.5, 0, 0], buttons: [] }, {}, 0.1, 0).x);
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
  assert.deepEqual(padMotion({ axes: [-1, 0, 0, 0], buttons: [] }, {}), { x: 0, y: 0, turn: 1, up: 0 });
  assert.deepEqual(padMotion({ axes: [-1, 0, 1, 0], buttons: [] }, { strafes: true }), { x: 0, y: 1, turn: -1, up: 0 });
  assert.deepEqual(padMotion({ axes: [], buttons: [] }, { strafes: true }), { x: 0, y: 0, turn: 0, up: 0 });
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
  assert.equal(pads.motion(pads.poll(), false).x, 1);
  list = [];
  assert.equal(pads.poll(), null);
  assert.deepEqual(pads.motion(null, false), { x: 0, y: 0, turn: 0, up: 0 });
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

test('a frame that may not see gamepads has none', () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  const see = (getGamepads) => {
    Object.defineProperty(globalThis, 'navigator', { configurable: true, value: { getGamepads } });
    return new Gamepads().poll();
  };
  assert.equal(see(() => { throw new Error('SecurityError'); }), null);
  assert.equal(see(undefined), null);
  assert.ok(see(() => [standard(0)]));
  if (before) Object.defineProperty(globalThis, 'navigator', before);
  else delete globalThis.navigator;
});

/** A standard gamepad as browsers give it. */
const standard = (index, axes = [0, 0, 0, 0], buttons = [], more = {}) => ({
  index, id: 'pad', connected: true, mapping: 'standard', axes,
  buttons: Array.from({ length: 17 }, (_, n) => ({ value: buttons.includes(n) ? 1 : 0,
    pressed: buttons.includes(n) })), ...more,
});
const AHEAD = [0, -1, 0, 0];

test('a gamepad with another layout is reported, and does not drive', () => {
  let list = [standard(0, AHEAD, [], { mapping: '' })];
  const pads = new Gamepads(() => list);
  assert.equal(pads.poll(), null);
  assert.equal(pads.unknownPressed, false);
  list = [standard(0, AHEAD, [3], { mapping: 'xr-standard' })];
  assert.equal(pads.poll(), null);
  assert.equal(pads.unknownPressed, true);
  // Once for each press.
  pads.poll();
  assert.equal(pads.unknownPressed, false);
  list = [standard(0, AHEAD, [3], { mapping: '', connected: false })];
  pads.poll();
  assert.equal(pads.unknownPressed, false);
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
  assert.equal(pads.motion(pads.poll(), false).x, 1);
});

test('drives while a button is held, as with teleop_twist_joy', () => {
  const pads = new Gamepads(() => []);
  const drive = (...buttons) => {
    const pad = { axes: AHEAD, buttons: standard(0, [], buttons).buttons.map((b) => b.value) };
    return [pads.motion(pad, false).x, pads.waitsForDeadMan(pad), pads.isTurbo(pad)];
  };
  assert.deepEqual(drive(), [1, false, false]);
  pads.enableButton = 4;
  assert.deepEqual(drive(), [0, true, false]);
  assert.deepEqual(drive(5), [0, true, false]);
  assert.deepEqual(drive(4), [1, false, false]);
  // Its turbo button works without the other one, too.
  pads.turboButton = 5;
  assert.deepEqual(drive(5), [1, false, true]);
  assert.deepEqual(drive(4, 5), [1, false, true]);
  assert.deepEqual([pads.motion(null, false).x, pads.waitsForDeadMan(null),
    pads.isTurbo(null)], [0, false, false]);
});

test('the right stick turns by its width alone', () => {
  assert.deepEqual(padMotion({ axes: [0, 0, 0.06, -1], buttons: [] }, { strafes: true }),
    { x: 0, y: 0, turn: 0, up: 0 });
});

test('the dead man is its own button, not that for full speed', () => {
  const pads = new Gamepads(() => []);
  pads.enableButton = 4;
  pads.turboButton = 5;
  const pad = (...buttons) => ({ axes: AHEAD,
    buttons: standard(0, [], buttons).buttons.map((b) => b.value) });
  assert.deepEqual([[], [5], [4]].map((buttons) => pads.holdsDeadMan(pad(...buttons))),
    [false, false, true]);
  pads.enableButton = -1;
  assert.equal(pads.holdsDeadMan(pad(4)), false);
  assert.equal(pads.holdsDeadMan(null), false);
});

test('the stop button counts once for each press, and not if it came pressed', () => {
  let list = [standard(0, AHEAD, [1])];
  const pads = new Gamepads(() => list);
  const presses = new ButtonPresses();
  const takeStopPress = () => presses.take(pads.look(), [1, -1]).has(1);
  const look = (...buttons) => {
    list = [standard(0, AHEAD, buttons)];
    return takeStopPress();
  };
  assert.equal(takeStopPress(), false);
  assert.deepEqual([look(1), look(), look(1), look(1), look(), look(2), look(1, 2)],
    [false, false, true, false, false, false, true]);
  // It comes back pressed; it is of another layout; there is no such button.
  look();
  list = [null];
  takeStopPress();
  assert.equal(look(1), false);
  list = [standard(0, AHEAD, [], { mapping: '' })];
  takeStopPress();
  list = [standard(0, AHEAD, [1], { mapping: '' })];
  assert.equal(takeStopPress(), false);
  look();
  presses.forget();
  assert.equal(look(1), false);
});

test('the dead zone is taken out of what is sent, and the rest is scaled', () => {
  const { axes, buttons } = withoutDeadZone({ axes: [0.15, 0, 0, -0.1], buttons: [0.1, 1] }, 0.2);
  assert.deepEqual(axes, [0, 0, 0, 0]);
  assert.deepEqual(buttons, [0, 1]);
  const pushed = withoutDeadZone({ axes: [0, -1, 0.15], buttons: [] }, 0.2);
  assert.deepEqual(pushed.axes, [0, -1, 0]);
});
