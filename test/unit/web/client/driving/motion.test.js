import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  combine, isIdle, NEUTRAL, toRtcbot, toTwist,
} from '../../../../../rtc_bridge/web/client/driving/motion.js';

const LIMITS = { max_linear_x: 0.5, max_linear_y: 0.2, max_angular_z: 1.5 };
const FORWARD = { x: 1, y: 0, turn: 0 };

test('scales to the limits with REP-103 signs and without negative zeros', () => {
  assert.deepEqual(toTwist({ x: 1, y: -1, turn: 0.5 }, LIMITS),
    { linear_x: 0.5, linear_y: -0.2, angular_z: 0.75 });
  const still = toTwist({ x: -0, y: -0, turn: -0 }, LIMITS);
  assert.ok(Object.values(still).every((value) => Object.is(value, 0)));
});

test('lets no number pass that is not finite or above full speed', () => {
  assert.deepEqual(toTwist({ x: NaN, y: Infinity, turn: -9 }, LIMITS),
    { linear_x: 0, linear_y: 0, angular_z: -1.5 });
  assert.deepEqual(toTwist(FORWARD, {}), { linear_x: 0, linear_y: 0, angular_z: 0 });
});

test('joins controls and keeps within full speed', () => {
  assert.deepEqual(combine([FORWARD, { x: 0.5, y: 0, turn: -1 }]), { x: 1, y: 0, turn: -1, up: 0 });
  assert.deepEqual(combine([]), NEUTRAL);
});

test('tells RTCBot robots right as positive', () => {
  assert.deepEqual(toRtcbot({ x: -1, y: 0, turn: -1 }), { forward: -1, leftright: 1 });
  assert.equal(JSON.stringify(toRtcbot(NEUTRAL)), '{"forward":0,"leftright":0}');
});

test('a gamepad is idle while no axis and no button is pushed', () => {
  assert.ok(isIdle(NEUTRAL) && isIdle(NEUTRAL, { axes: [0, 0], buttons: [0, 0.2] }));
  assert.ok(!isIdle(FORWARD));
  assert.ok(!isIdle(NEUTRAL, { axes: [0, 0.1], buttons: [] }));
  assert.ok(!isIdle(NEUTRAL, { axes: [], buttons: [1] }));
});

test('only robots that move up and down are told of that', () => {
  const up = { ...NEUTRAL, up: 1 };
  assert.equal('linear_z' in toTwist(up, LIMITS), false);
  assert.equal(toTwist(up, { ...LIMITS, max_linear_z: 0.5 }).linear_z, 0.5);
  assert.equal(toTwist({ ...NEUTRAL, up: NaN }, { max_linear_z: 0.5 }).linear_z, 0);
  assert.ok(Object.is(toTwist({ ...NEUTRAL, up: -0 }, { max_linear_z: 1 }).linear_z, 0));
  assert.ok(!isIdle(up));
  assert.equal(combine([up, { ...NEUTRAL, up: 0.5 }, FORWARD]).up, 1);
  assert.equal(toTwist(FORWARD, { max_linear_z: 0.5 }).linear_z, 0);
});
