import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  cameraText, driverText, notMovingText, refusedText,
} from '../../../../../rtc_bridge/web/ui/texts/driving_texts.js';
import { stopText } from '../../../../../rtc_bridge/web/ui/texts/stop_texts.js';

test('that the robot stopped is said only if it did', () => {
  const facts = { engaged: false, locked: false, armed: true, refusal: '', state: 'camera-lost',
    tone: 'bad' };
  assert.equal(notMovingText(facts), 'No fresh picture');
  assert.equal(notMovingText({ ...facts, refusal: 'frozen' }), 'Stopped: no fresh picture');
  assert.equal(notMovingText({ ...facts, locked: true }), 'Stopped: no fresh picture');
  assert.equal(notMovingText({ ...facts, state: 'live', tone: 'ok' }), '');
  const live = { ...facts, state: 'live', tone: 'ok', armed: false, locked: true };
  assert.equal(notMovingText({ ...live, refusal: 'arm' }), 'Press Drive first');
  assert.equal(notMovingText(live), '');
  assert.equal(notMovingText({ ...live, armed: true }), 'Stopped: let go of the controls');
});

test('what became of a stop is said as it is', () => {
  const text = (state, sent, id = null, by = '') => stopText({ state, sent }, id, by).join(': ');
  assert.equal(text('idle', true, 'b1', 'Ada'), 'Emergency stop: by Ada. The robot does not move.');
  assert.match(text('sent', true), /^Stopping…: .*not confirmed/);
  assert.match(text('unsent', false), /^STOP not sent: No connection/);
  assert.match(text('unsent', true), /^STOP not confirmed: No connection/);
  assert.equal(text('expired', false),
    'STOP not sent: The stop was not sent: no connection for 10 s. Press STOP again.');
  assert.match(text('expired', true), /^STOP not confirmed: .*Press STOP again/);
});

test('a camera that is not for driving is named so', () => {
  assert.equal(cameraText(['front/image_raw', 'rear']), 'This camera is not for driving.');
  assert.match(cameraText([]), /no other/);
});

test('says who drives', () => {
  const driver = { role: 'drive', enabled: true, epoch: null, taken: false };
  assert.equal(driverText(driver), 'Nobody drives');
  assert.equal(driverText({ ...driver, epoch: 3, taken: true }), 'You drive');
  assert.equal(driverText({ ...driver, taken: true }), 'Somebody else drives');
  assert.equal(driverText({ ...driver, role: 'view', enabled: false }), 'Watching only');
  assert.equal(driverText({ ...driver, enabled: false }), 'Driving is off');
  assert.equal(refusedText('sequence'), '');
  for (const reason of ['role', 'epoch', 'stale', 'neutral-first', 'bad-value', 'disabled']) {
    assert.ok(refusedText(reason).endsWith('.'), reason);
  }
});
