import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CommandDelay, FrameDelay, median } from '../../../../../rtc_bridge/web/client/measurements/delays.js';
import { RobotClock } from '../../../../../rtc_bridge/web/client/measurements/robot_clock.js';
import { aligned, near, robot } from '../aligned_clock.js';

test('a picture is as old as its stamp says, also across the wrap of 32 bits', () => {
  const clock = aligned();
  const delay = new FrameDelay();
  delay.onStamps({ rtp: 0xffffff00, time: robot(1000), by: 'camera' });
  // 3000 ticks of 90 kHz later: 33.3 ms.
  const rtpTimestamp = (0xffffff00 + 3000) % 2 ** 32;
  delay.onFrame({ rtpTimestamp, expectedDisplayTime: 1053.3333333333333 });
  // One before the stamped one.
  delay.onFrame({ rtpTimestamp: 0xffffff00 - 9000, expectedDisplayTime: 950 });
  // Held up: handed over after it was expected to be seen.
  delay.onFrame({ rtpTimestamp, expectedDisplayTime: 1000,
    presentationTime: 1043.3333333333333 });
  const taken = delay.take(clock);
  near(taken.delay, 20);
  near(taken.worst, 50);
  assert.equal(delay.fromCamera, true);
  assert.deepEqual(delay.take(clock), { delay: null, worst: null });
});

test('nothing is said without stamps, without a clock, or by a browser that does not tell', () => {
  const delay = new FrameDelay();
  const clock = aligned();
  delay.onFrame({ rtpTimestamp: 1, expectedDisplayTime: 1000 });
  delay.onStamps({ rtp: 0, time: 'now' });
  delay.onFrame({ rtpTimestamp: 1, expectedDisplayTime: 1000 });
  delay.onStamps({ rtp: 0, time: robot(0), by: 'arrival' });
  delay.onFrame({ expectedDisplayTime: 1000 });
  assert.deepEqual(delay.take(clock), { delay: null, worst: null });
  delay.onFrame({ rtpTimestamp: 1, expectedDisplayTime: 1000 });
  assert.deepEqual(delay.take(new RobotClock()), { delay: null, worst: null });
  assert.equal(delay.fromCamera, false);
});

test('a command is timed from its sending to its acceptance, once', () => {
  const clock = aligned();
  const delay = new CommandDelay();
  for (let seq = 1; seq < 500; seq++) delay.onSent({ seq }, seq * 40);
  delay.onTick({ tick: 1, seq: 490, time: robot(490 * 40 + 7) });
  delay.onTick({ tick: 2, seq: 490, time: robot(490 * 40 + 7) });
  delay.onTick({ tick: 3 });
  delay.onTick({ tick: 4, seq: 3, time: robot(3 * 40 + 900) });
  near(delay.take(clock), 7);
  assert.equal(delay.take(clock), null);
  // What was sent in the last epoch is not of this one.
  delay.onSent({ seq: 1 }, 30000);
  delay.onTick({ seq: 495, time: robot(30001) });
  assert.equal(delay.take(clock), null);
});

test('the median of an even number is one of them', () => {
  assert.equal(median([]), null);
  assert.equal(median([3, 1, 2]), 2);
  assert.ok([1, 2].includes(median([2, 1])));
});
