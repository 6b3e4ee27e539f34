import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CommandHistory, velocityOf } from '../../../../../rtc_bridge/web/ui/ground/command_history.js';

const AHEAD = { ahead: 0.5, left: 0, turn: 0 };
const STILL = { ahead: 0, left: 0, turn: 0 };

function history(...sent) {
  const made = new CommandHistory();
  for (const [at, velocity] of sent) made.add(at, velocity);
  return made;
}

const near = (pose, wanted) => Object.values(pose).forEach((value, i) => (
  assert.ok(Math.abs(value - wanted[i]) < 1e-9, `${Object.values(pose)}`)));

test('commands to drive have a velocity, others have none', () => {
  const command = { type: 'drive', linear_x: 0.5, linear_y: 0.1, angular_z: -1 };
  assert.deepEqual(velocityOf(command), { ahead: 0.5, left: 0.1, turn: -1 });
  assert.equal(velocityOf({ ...command, type: 'joy' }), null);
  assert.equal(velocityOf({ type: 'stop' }), null);
  assert.equal(velocityOf({ ...command, linear_x: NaN }), null);
});

test('each command holds until the next one, and only the time asked for counts', () => {
  const sent = history([1000, AHEAD], [1400, { ahead: 0, left: 0, turn: 1 }], [2000, AHEAD]);
  near(sent.motion(2200, 200), [0.1, 0, 0]);
  near(sent.motion(2200, 400), [0.1 * Math.cos(0.2), 0.1 * Math.sin(0.2), 0.2]);
  // Ahead from 1300 to 1400, then a turn of 0.6.
  near(sent.motion(2200, 900), [0.05 + 0.1 * Math.cos(0.6), 0.1 * Math.sin(0.6), 0.6]);
  near(sent.motion(2200, 5000), [0.2 + 0.1 * Math.cos(0.6), 0.1 * Math.sin(0.6), 0.6]);
  near(sent.motion(2200, 0), [0, 0, 0]);
  near(history().motion(2200, 500), [0, 0, 0]);
});

test('a command holds no longer than the robot waits for the next one', () => {
  const sent = history([1000, AHEAD]);
  sent.timeoutMs = 300;
  assert.deepEqual(sent.newest(1299), AHEAD);
  assert.equal(sent.newest(1301), null);
  near(sent.motion(2000, 5000), [0.15, 0, 0]);
});

test('zero is no motion', () => {
  const sent = history([1000, AHEAD]);
  assert.deepEqual(sent.newest(1000), AHEAD);
  sent.add(1040, STILL);
  assert.equal(sent.newest(1040), null);
  sent.clear();
  near(sent.motion(1040, 1000), [0, 0, 0]);
});

test('what is long ago is forgotten', () => {
  const sent = history([0, AHEAD], [6000, AHEAD]);
  near(sent.motion(6000, 6000), [0, 0, 0]);
});
