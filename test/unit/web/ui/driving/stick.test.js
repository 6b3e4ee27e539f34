import assert from 'node:assert/strict';
import { test } from 'node:test';

import { stickMotion } from '../../../../../rtc_bridge/web/ui/driving/stick.js';
import { curved } from '../../../../../rtc_bridge/web/ui/driving/stick_curve.js';

test('a stick has the signs of REP-103', () => {
  assert.deepEqual(stickMotion(0, -1), { x: 1, y: 0, turn: 0, up: 0 });
  assert.deepEqual(stickMotion(1, 0), { x: 0, y: 0, turn: -1, up: 0 });
});

test('each stick of two does its own', () => {
  assert.deepEqual(stickMotion(0.8, -0.6, 'turn').x, 0);
  assert.deepEqual(stickMotion(0.8, -1, 'move'), { x: 1, y: 0, turn: 0, up: 0 });
  const slide = stickMotion(-1, 0, 'slide');
  assert.deepEqual(slide, { x: 0, y: 1, turn: 0, up: 0 });
  assert.ok(stickMotion(0.8, -0.6, 'all').x > 0 && stickMotion(0.8, -0.6, 'all').turn < 0);
});

test('the stick that turns moves up and down, too, where a robot can', () => {
  assert.deepEqual(stickMotion(0, -1, 'climb'), { x: 0, y: 0, turn: 0, up: 1 });
  assert.deepEqual(stickMotion(-1, 0, 'climb'), { x: 0, y: 0, turn: 1, up: 0 });
});

test('small pushes answer less than they are long, in the same direction, and the end is the end', () => {
  assert.deepEqual(curved(0, 0, 0.5), [0, 0]);
  assert.deepEqual(curved(0.6, -0.8, 0.5), [0.6, -0.8]);
  const [x, y] = curved(0.3, -0.4, 0.5);
  assert.ok(Math.hypot(x, y) < 0.35 && Math.hypot(x, y) > 0.25);
  assert.ok(Math.abs(x / y + 0.75) < 1e-9);
  let last = 0;
  for (let push = 0; push <= 1; push += 0.01) {
    const { x: speed } = stickMotion(0, -push);
    assert.ok(speed >= last && speed <= push, `${push}`);
    last = speed;
  }
  // Outside the dead zone it begins at once, and gently.
  assert.ok(stickMotion(0, -0.15).x > 0 && stickMotion(0, -0.15).x < 0.05);
});
