import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RobotClock } from '../../../../../rtc_bridge/web/client/measurements/robot_clock.js';
import { aligned, near, robot } from '../aligned_clock.js';

test('the quickest answer sets the clock, and tells how wrong it can be', () => {
  const clock = new RobotClock();
  assert.equal(clock.toPageTime(5000), null);
  assert.equal(clock.errorMs, null);
  clock.add(0, 100, robot(90)); // A queue on the way there: wrong by 40 ms.
  near(clock.toPageTime(5000), -40);
  // And a clock that shows whole milliseconds may be wrong by one.
  assert.equal(clock.errorMs, 51);
  clock.add(1000, 1004, robot(1002));
  clock.add(2000, 2300, robot(2010));
  near(clock.toPageTime(5000), 0);
  assert.equal(clock.errorMs, 3);
});

test('how coarse the page\'s clock is belongs to how wrong it can be', () => {
  const clock = new RobotClock();
  clock.add(10.3, 12.3, robot(11));
  near(clock.errorMs, 1.1);
  clock.add(20.3, 24.305, robot(21));
  near(clock.errorMs, 1);
  const coarse = new RobotClock();
  coarse.add(7, 7, robot(7));
  assert.equal(coarse.errorMs, 1);
});

test('an answer of long ago counts no more: clocks drift', () => {
  const clock = aligned();
  clock.add(31000, 31040, robot(31020) + 1);
  near(clock.toPageTime(5001), 0);
  assert.equal(clock.errorMs, 21);
});

test('an answer without a time, or from the future, is no answer', () => {
  const clock = new RobotClock();
  clock.add(0, 10, undefined);
  clock.add(0, 10, NaN);
  clock.add(10, 0, robot(0));
  assert.equal(clock.errorMs, null);
});
