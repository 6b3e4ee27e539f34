// A robot's clock and a page's, of which it is known how they differ.

import assert from 'node:assert/strict';

import { RobotClock } from '../../../../rtc_bridge/web/client/measurements/robot_clock.js';

// The robot's clock shows 5000 s when this page's shows 0.
export const robot = (ms) => 5000 + ms / 1000;

export const aligned = () => {
  const clock = new RobotClock();
  clock.add(0, 10, robot(5));
  return clock;
};

export const near = (value, wanted) => assert.ok(Math.abs(value - wanted) < 1e-6,
  `${value}: ${wanted}`);
