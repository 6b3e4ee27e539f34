import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PendingStop, STOP_LIFE_MS } from '../../../../../rtc_bridge/web/client/driving/pending_stop.js';

/** One with two clocks that a test sets. */
function make() {
  const time = [5000, 1_000_000];
  const stop = new PendingStop([() => time[0], () => time[1]]);
  const pass = (ms) => { time[0] += ms; time[1] += ms; };
  return { stop, time, pass };
}

test('a confirmed stop is done, however long that takes', () => {
  const { stop, pass } = make();
  assert.equal(stop.state, 'idle');
  stop.press('bot', true);
  assert.deepEqual([stop.state, stop.sent], ['sent', true]);
  pass(STOP_LIFE_MS * 3);
  stop.update(true);
  assert.equal(stop.state, 'sent');
  stop.confirm();
  assert.equal(stop.state, 'idle');
});

test('without a connection it waits for one, and is sent to that robot', () => {
  const { stop, pass } = make();
  stop.press('bot', false);
  assert.deepEqual([stop.state, stop.sent], ['unsent', false]);
  pass(STOP_LIFE_MS - 1);
  stop.update(false);
  assert.equal(stop.remainingMs, 1);
  assert.equal(stop.onConnected('bot', true), true);
  assert.equal(stop.state, 'sent');
  // Said twice by a robot that raises the role: sent again.
  assert.equal(stop.onConnected('bot', true), true);
});

test('it expires after ten seconds, and says so until somebody has read it', () => {
  const { stop, pass } = make();
  stop.press('bot', false);
  pass(STOP_LIFE_MS);
  assert.equal(stop.onConnected('bot', true), false);
  assert.equal(stop.state, 'expired');
  stop.update(true);
  assert.equal(stop.onConnected('bot', true), false);
  assert.equal(stop.state, 'expired');
  stop.withdraw();
  assert.equal(stop.state, 'idle');
});

test('sleep, or a clock that is set back, does not make it last longer', () => {
  for (const which of [0, 1]) {
    const { stop, time } = make();
    stop.press('bot', false);
    time[which] += STOP_LIFE_MS;
    time[1 - which] -= 3_600_000;
    assert.equal(stop.onConnected('bot', true), false);
    assert.equal(stop.state, 'expired');
  }
});

test('a connection that breaks before the robot confirmed: ten seconds from the press', () => {
  const { stop, pass } = make();
  stop.press('bot', true);
  pass(STOP_LIFE_MS - 1000);
  stop.update(false);
  assert.deepEqual([stop.state, stop.sent], ['unsent', true]);
  pass(1000);
  stop.update(false);
  assert.equal(stop.state, 'expired');
});

test('it can be withdrawn, and is not sent then', () => {
  const { stop } = make();
  stop.press('bot', false);
  stop.withdraw();
  assert.equal(stop.onConnected('bot', true), false);
  assert.equal(stop.state, 'idle');
});

test('it is not sent to another robot, without permission, or after the end of the connection', () => {
  for (const act of [(s) => s.onConnected('other', true), (s) => s.onConnected('bot', false),
    (s) => s.expire()]) {
    const { stop } = make();
    stop.press('bot', false);
    assert.ok(!act(stop));
    assert.equal(stop.state, 'expired');
  }
  const { stop } = make();
  stop.expire();
  assert.equal(stop.state, 'idle');
});

test('a press again counts anew', () => {
  const { stop, pass } = make();
  stop.press('bot', false);
  pass(STOP_LIFE_MS);
  stop.update(false);
  stop.press('bot', false);
  assert.deepEqual([stop.state, stop.remainingMs], ['unsent', STOP_LIFE_MS]);
});
