import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Arming } from '../../../../rtc_bridge/web/client/arming.js';
import { LegacyDriver } from '../../../../rtc_bridge/web/client/rtcbot_driver.js';
import { firstSentence, readNotices } from '../../../../rtc_bridge/web/ui/notices_panel.js';
import { stopPlace } from '../../../../rtc_bridge/web/ui/zoom.js';

const FORWARD = { x: 1, y: 0, turn: 0 };
const NEUTRAL = { x: 0, y: 0, turn: 0 };

test('the button arms until it is ended, the dead man while it is held', () => {
  const arming = new Arming();
  assert.equal(arming.armed, false);
  arming.press();
  assert.ok(arming.armed && arming.pressed);
  arming.disarm();
  assert.equal(arming.armed, false);
  // What was held then has to be let go first.
  for (const [held, armed] of [[true, false], [false, false], [true, true], [false, false]]) {
    arming.hold(held);
    assert.equal(arming.armed, armed);
  }
});

test('a robot of RTCBot gets no motion from a page that is not armed', () => {
  const driver = new LegacyDriver();
  const step = (hands, held = false) => driver.step(hands, held);
  step(NEUTRAL);
  assert.deepEqual(step(FORWARD), { hands: NEUTRAL, why: 'arm' });
  driver.ask();
  assert.equal(driver.epoch, 0);
  // Held from before.
  assert.deepEqual(step(FORWARD).hands, NEUTRAL);
  step(NEUTRAL);
  assert.deepEqual(step(FORWARD), { hands: FORWARD, why: '' });
  driver.release();
  assert.deepEqual(step(FORWARD).hands, NEUTRAL);
  step(NEUTRAL);
  step(NEUTRAL, true);
  assert.deepEqual(step(FORWARD, true).hands, FORWARD);
  assert.deepEqual(step(FORWARD).hands, NEUTRAL);
  assert.equal(driver.epoch, null);
});

test('notices are texts, the worst first, and not too many', () => {
  assert.deepEqual(readNotices([{ code: 'b', level: 'info', text: 'x' }, null, 7, { text: '' },
    { code: 'a', level: 'error', text: 'y'.repeat(1000) }, { code: 'c', level: '<b>', text: 'z' }]),
  [{ code: 'a', level: 'error', text: 'y'.repeat(400) }, { code: 'c', level: 'warn', text: 'z' },
    { code: 'b', level: 'info', text: 'x' }]);
  assert.equal(readNotices(Array(99).fill({ text: 'x' })).length, 8);
  for (const list of [null, undefined, {}, 'x']) assert.deepEqual(readNotices(list), []);
});

test('of a notice the fact is seen at once', () => {
  assert.equal(firstSentence('Nobody subscribes to /cmd_vel. Start the node cmd.vel.'),
    'Nobody subscribes to /cmd_vel.');
  assert.equal(firstSentence('no end'), 'no end');
  assert.equal(firstSentence('One.'), 'One.');
});

test('the stop keeps its size at the lower edge of what is seen', () => {
  const seen = { scale: 2, offsetLeft: 100, offsetTop: 50, width: 200, height: 400 };
  const { left, top, scale } = stopPlace(seen, 80, 20);
  assert.equal(scale, 0.5);
  assert.deepEqual([left + 20, top + 40 + 10], [200, 450]);
});
