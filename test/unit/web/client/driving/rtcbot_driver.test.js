import assert from 'node:assert/strict';
import { test } from 'node:test';

import { NEUTRAL } from '../../../../../rtc_bridge/web/client/driving/motion.js';
import { RtcbotDriver } from '../../../../../rtc_bridge/web/client/driving/rtcbot_driver.js';

const FORWARD = { x: 1, y: 0, turn: 0 };

/** A driver, what it sends, and its step. */
function make() {
  const sent = [];
  const driver = new RtcbotDriver((command) => sent.push(command.forward));
  return { driver, sent, step: (motion, held = false) => driver.step(0, motion, null, held) };
}

test('a robot of RTCBot gets no motion from a page that is not armed', () => {
  const { driver, sent, step } = make();
  step(NEUTRAL);
  assert.equal(step(FORWARD), 'arm');
  driver.ask();
  assert.equal(driver.epoch, 0);
  // It is pushed from before.
  step(FORWARD);
  step(NEUTRAL);
  assert.deepEqual(sent, []);
  assert.equal(step(FORWARD), '');
  assert.deepEqual(sent, [1]);
  driver.release();
  step(FORWARD);
  assert.deepEqual(sent, [1, 0]);
  step(NEUTRAL);
  step(NEUTRAL, true);
  step(FORWARD, true);
  step(FORWARD);
  assert.deepEqual(sent, [1, 0, 1, 0]);
  assert.equal(driver.epoch, null);
});

test('only changes are sent', () => {
  const { driver, sent, step } = make();
  step(NEUTRAL);
  driver.ask();
  for (const motion of [FORWARD, FORWARD, { ...FORWARD, y: 1 }, NEUTRAL, NEUTRAL]) step(motion);
  assert.deepEqual(sent, [1, 0]);
});
