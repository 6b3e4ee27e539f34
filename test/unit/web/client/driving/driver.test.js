import assert from 'node:assert/strict';
import { test } from 'node:test';

import { COMMAND_PERIOD_MS, Driver } from '../../../../../rtc_bridge/web/client/driving/driver.js';
import { NEUTRAL } from '../../../../../rtc_bridge/web/client/driving/motion.js';

const LIMITS = { enabled: true, joy: false, max_linear_x: 0.5, max_linear_y: 0.2,
  max_angular_z: 1.5 };
const FORWARD = { x: 1, y: 0, turn: 0 };

/** A driver with what it sent, and a clock that steps by itself. */
function make(limits = LIMITS, role = 'drive') {
  const control = [];
  const sent = [];
  let now = 1000;
  const driver = new Driver({ limits, role, sendControl: (message) => control.push(message),
    sendTeleop: (message) => sent.push(message) });
  const step = (motion = NEUTRAL, pad = null, pause = COMMAND_PERIOD_MS, held = false) => {
    now += pause;
    return driver.step(now, motion, pad, held);
  };
  const hold = (motion = NEUTRAL) => step(motion, null, COMMAND_PERIOD_MS, true);
  return { driver, control, sent, step, hold };
}

/** The same, holding the lease and past the neutral commands. */
function driving(limits = LIMITS) {
  const all = make(limits);
  all.step();
  all.driver.ask();
  all.driver.onLease({ epoch: 7, driver: true });
  all.driver.onNonce({ tick: 11 });
  while (all.sent.length < 3) all.step();
  return all;
}

test('a fresh page takes no lease and moves nothing, whatever is pressed, and says why', () => {
  const { driver, control, sent, step } = make();
  step();
  driver.onLease({ epoch: null, driver: false });
  assert.equal(step(FORWARD), 'arm');
  assert.equal(step(FORWARD), '');
  step();
  assert.equal(step(FORWARD), 'arm');
  assert.deepEqual([control, sent, driver.armed], [[], [], false]);
});

test('the Drive button takes the lease and arms, but not what is held meanwhile', () => {
  const { driver, control, sent, step } = make();
  step();
  step(FORWARD);
  driver.ask();
  assert.ok(driver.armed && driver.arming.pressed);
  assert.deepEqual(control, [{ type: 'want', lease: true }]);
  driver.onLease({ epoch: 7, driver: true });
  driver.onNonce({ tick: 1 });
  for (let i = 0; i < 6; i++) step(FORWARD);
  assert.ok(sent.length === 6 && sent.every(({ linear_x }) => linear_x === 0) && driver.arming.locked);
  step();
  step(FORWARD);
  assert.equal(sent.at(-1).linear_x, 0.5);
  // Pressed again it asks for nothing.
  driver.ask();
  assert.equal(control.length, 1);
});

test('the dead man arms while held: the first motion takes the lease, letting go ends it', () => {
  const { driver, control, sent, step, hold } = make();
  step();
  hold();
  assert.ok(driver.armed && !driver.arming.pressed);
  assert.deepEqual(control, []);
  hold(FORWARD);
  hold(FORWARD);
  assert.deepEqual(control, [{ type: 'want', lease: true }]);
  driver.onLease({ epoch: 7, driver: true });
  driver.onNonce({ tick: 1 });
  for (let i = 0; i < 4; i++) hold(FORWARD);
  assert.equal(sent.at(-1).linear_x, 0.5);
  step(FORWARD);
  assert.equal(sent.at(-1).linear_x, 0);
  // Held again it waits for the other control.
  hold(FORWARD);
  assert.ok(driver.arming.locked && sent.at(-1).linear_x === 0);
  step();
  // A key without it: the lease is there, but nobody means it.
  assert.equal(step(FORWARD), 'arm');
  assert.equal(sent.at(-1).linear_x, 0);
});

test('a dead man that is down from before, or stuck, does not count', () => {
  const { driver, control, step, hold } = make();
  for (let i = 0; i < 3; i++) hold();
  assert.equal(hold(FORWARD), 'arm');
  step();
  hold();
  hold(FORWARD);
  assert.ok(driver.armed);
  assert.equal(control.length, 1);
});

test('a stop, its release, and the loss of the lease end the arming', () => {
  const ends = {
    release: (d) => d.release(), idle: (d) => d.onLease({ epoch: null, driver: false }),
    'another lease': (d) => d.onLease({ epoch: 9, driver: true }),
    'hand-over': (d) => d.onLease({ epoch: null, driver: true, name: 'Ada' }),
    stop: (d) => d.onStop({ latched: true, id: 'a', by: '' }), 'own stop': (d) => d.emergencyStop(),
    disarming: (d) => d.arming.disarm(),
  };
  for (const [name, end] of Object.entries(ends)) {
    const { driver, sent, step, hold } = driving();
    step(FORWARD);
    assert.equal(sent.at(-1).linear_x, 0.5, name);
    end(driver);
    assert.ok(!driver.armed, name);
    driver.onNonce({ tick: 12 });
    sent.length = 0;
    for (const motion of [FORWARD, NEUTRAL, FORWARD, FORWARD]) step(motion);
    hold(FORWARD);
    assert.ok(sent.every(({ type, linear_x }) => type !== 'drive' || linear_x === 0), name);
  }
});

test('nothing arms while the emergency stop is engaged', () => {
  const { driver, sent, step } = driving();
  driver.onStop({ latched: true, id: 'a', by: '' });
  driver.ask();
  driver.onStop({ latched: false, id: null, by: '' });
  step();
  step(FORWARD);
  assert.equal(sent.at(-1).linear_x, 0);
  step();
  driver.ask();
  step(FORWARD);
  assert.equal(sent.at(-1).linear_x, 0.5);
});

test('a Drive button that brought no lease is forgotten, one that waits for the driver is not', () => {
  const { driver, control, step } = make();
  step();
  driver.ask();
  step();
  step(NEUTRAL, null, 6000);
  assert.equal(step(FORWARD), 'arm');
  step();
  driver.ask();
  driver.onLease({ epoch: null, driver: true, name: 'Ada', asked: true });
  step();
  step(NEUTRAL, null, 20000);
  assert.ok(driver.armed);
  // The driver says no.
  driver.onLease({ epoch: null, driver: true, name: 'Ada', asked: false });
  assert.ok(!driver.armed);
  assert.equal(control.length, 2);
});

test('a key press does not ask the holder of the lease', () => {
  const { driver, control, step } = make();
  driver.onLease({ epoch: null, driver: true, name: 'Ada', asks: null, asked: false });
  step();
  assert.equal(step(FORWARD), 'taken');
  assert.deepEqual(control, []);
  assert.equal(driver.holder, 'Ada');
});

test('asks, is asked, and answers', () => {
  const { driver, control } = make();
  driver.ask();
  driver.onLease({ epoch: null, driver: true, asked: true });
  assert.ok(driver.requestPending);
  driver.release();
  driver.takeOver();
  driver.onLease({ epoch: 3, driver: true, asks: 'Ada', request: 5, asked: false });
  assert.equal(driver.requester, 'Ada');
  driver.refuse();
  driver.handOver();
  assert.deepEqual(control, [
    { type: 'want', lease: true }, { type: 'want', lease: false },
    { type: 'want', lease: true, take: true }, { type: 'refuse', request: 5 },
    { type: 'yield', request: 5 }]);
});

test('what was held while the driver was asked moves nothing when they hand over', () => {
  const { driver, sent, step } = make();
  step();
  driver.ask();
  driver.onLease({ epoch: null, driver: true, name: 'Ada', asked: true });
  step(FORWARD);
  driver.onLease({ epoch: 8, driver: true });
  driver.onNonce({ tick: 1 });
  for (let i = 0; i < 10; i++) step(FORWARD);
  assert.ok(sent.length && sent.every(({ linear_x }) => linear_x === 0));
  step();
  step(FORWARD);
  assert.equal(sent.at(-1).linear_x, 0.5);
});

test('after giving the lease back no other person is said to drive', () => {
  const { driver, step } = driving();
  driver.release();
  step();
  assert.equal(step(FORWARD), 'arm');
  // A request that is withdrawn leaves the lease with its holder.
  driver.onLease({ epoch: null, driver: true, name: 'Ada', asked: true });
  driver.release();
  assert.ok(driver.taken);
});

test('sends nothing without a lease, and nothing before the first tick of an epoch', () => {
  const { driver, sent, step } = make();
  driver.onNonce({ tick: 1 });
  step();
  driver.onLease({ epoch: 3, driver: true });
  step();
  assert.equal(sent.length, 0);
  driver.onNonce({ tick: 2 });
  step();
  assert.deepEqual(sent, [{ type: 'drive', epoch: 3, seq: 1, tick: 2, frame: null, linear_x: 0,
    linear_y: 0, angular_z: 0 }]);
});

test('begins each epoch neutral, with seq from 1 and the newest tick', () => {
  const { driver, sent, step } = make();
  step();
  for (const epoch of [4, 6]) {
    sent.length = 0;
    driver.ask();
    driver.onLease({ epoch, driver: true });
    for (let i = 1; i <= 5; i++) {
      driver.onNonce({ tick: i * 10 });
      step(FORWARD);
    }
    driver.release();
    step();
    assert.deepEqual(sent.map((m) => m.linear_x), [0, 0, 0, 0.5, 0.5]);
    assert.deepEqual(sent.map((m) => m.seq), [1, 2, 3, 4, 5]);
    assert.deepEqual(sent.map((m) => m.tick), [10, 20, 30, 40, 50]);
    assert.ok(sent.every((m) => m.epoch === epoch));
  }
});

test('a repeated lease message changes nothing', () => {
  const { driver, sent, step } = driving();
  driver.onLease({ epoch: 7, driver: true });
  step(FORWARD);
  assert.equal(sent.at(-1).linear_x, 0.5);
  assert.equal(sent.at(-1).seq, 4);
});

test('after the robot stopped, waits until the controls were let go', () => {
  const { driver, sent, step } = driving();
  step(FORWARD);
  driver.onRefused({ reason: 'neutral-first' });
  step(FORWARD);
  step(FORWARD);
  assert.equal(sent.at(-1).linear_x, 0);
  step();
  step(FORWARD);
  assert.equal(sent.at(-1).linear_x, 0.5);
});

test('a refusal from before the controls were let go comes too late', () => {
  const { driver, sent, step } = driving();
  step(FORWARD);
  const { seq } = sent.at(-1);
  step();
  step(FORWARD);
  driver.onRefused({ reason: 'neutral-first', seq });
  step(FORWARD);
  assert.equal(sent.at(-1).linear_x, 0.5);
  driver.onRefused({ reason: 'neutral-first', seq: sent.at(-1).seq });
  step(FORWARD);
  assert.equal(sent.at(-1).linear_x, 0);
});

test('other refusals do not lock the controls', () => {
  const { driver, sent, step } = driving();
  step(FORWARD);
  driver.onRefused({ reason: 'sequence' });
  step(FORWARD);
  assert.equal(sent.at(-1).linear_x, 0.5);
});

test('after a pause at rest sends neutral before motion', () => {
  const { sent, step } = driving();
  step(FORWARD, null, 1000);
  assert.equal(sent.at(-1).linear_x, 0);
  step(FORWARD);
  assert.equal(sent.at(-1).linear_x, 0.5);
});

test('stops sending when the lease is gone, and gives it back when asked', () => {
  const { driver, control, sent, step } = driving();
  const count = sent.length;
  driver.onLease({ epoch: null, driver: true });
  step(FORWARD);
  assert.equal(sent.length, count);
  assert.equal(driver.taken, true);
  driver.onLease({ epoch: 9, driver: true });
  driver.release();
  assert.deepEqual(control.at(-1), { type: 'want', lease: false });
  step(FORWARD);
  assert.equal(sent.length, count);
});

test('says why a moved control does nothing', () => {
  const watching = make(LIMITS, 'view');
  watching.step();
  assert.equal(watching.step(FORWARD), 'role');
  assert.equal(watching.step(FORWARD), '');
  assert.equal(watching.control.length, 0);
  const off = make({ ...LIMITS, enabled: false });
  off.step();
  assert.equal(off.step(FORWARD), 'disabled');
  const other = make();
  other.driver.onLease({ epoch: null, driver: true });
  other.step();
  assert.equal(other.step(FORWARD), 'taken');
});

test('sends joy from the same seq, at rest while drive is', () => {
  const { driver, sent, step } = make({ ...LIMITS, joy: true });
  const pad = { axes: [0, -1, 0, 0], buttons: [1, 0] };
  step();
  driver.ask();
  driver.onLease({ epoch: 1, driver: true });
  driver.onNonce({ tick: 5 });
  for (let i = 0; i < 4; i++) step(FORWARD, pad);
  assert.deepEqual(sent.map((m) => m.seq), [1, 2, 3, 4, 5, 6, 7, 8]);
  const joys = sent.filter((m) => m.type === 'joy');
  assert.deepEqual(joys[2].axes, [0, 0, 0, 0]);
  assert.deepEqual(joys[2].buttons, [0, 0]);
  assert.deepEqual(joys[3].axes, pad.axes);
  // The pad goes away: once at rest, then silence.
  step();
  step();
  assert.equal(sent.filter((m) => m.type === 'joy').length, 5);
  assert.ok(sent.findLast((m) => m.type === 'joy').buttons.every((b) => b === 0));
});

test('repeats the emergency stop until its own request is confirmed', () => {
  const { driver, control, sent, step } = make();
  driver.onStop({ latched: false, id: null, by: '' });
  assert.equal(driver.stopped.id, null);
  driver.emergencyStop();
  step();
  driver.onStop({ latched: true, id: 'b1', by: 'Ada' });
  assert.deepEqual(driver.stopped, { id: 'b1', by: 'Ada' });
  step();
  driver.onStop({ latched: true, id: 'b1', by: 'Ada', request: 1 });
  assert.ok(!driver.stopping);
  step();
  assert.deepEqual(sent, Array(3).fill({ type: 'stop', request: 1 }));
  driver.releaseStop();
  assert.deepEqual(control, [{ type: 'release', id: 'b1' }]);
  driver.onStop({ latched: false, id: null, by: '' });
  driver.releaseStop();
  assert.equal(control.length, 1);
  driver.emergencyStop();
  assert.deepEqual(sent.at(-1), { type: 'stop', request: 2 });
});

test('tells with each command which picture was painted', () => {
  const sent = [];
  let painted = null;
  const driver = new Driver({ limits: { ...LIMITS, joy: true }, role: 'drive',
    sendControl: () => {}, sendTeleop: (message) => sent.push(message),
    paintedFrame: () => painted });
  driver.onLease({ epoch: 1, driver: true });
  driver.onNonce({ tick: 5 });
  driver.step(0, NEUTRAL);
  painted = 4294967295;
  driver.step(COMMAND_PERIOD_MS, NEUTRAL, { axes: [0], buttons: [0] });
  assert.deepEqual(sent.map(({ type, frame }) => [type, frame]),
    [['drive', null], ['drive', 4294967295], ['joy', 4294967295]]);
});

for (const reason of ['neutral-first', 'frozen', 'stopped', 'guard']) {
  test(`waits until the controls are let go after ${reason}`, () => {
    const { driver, sent, step } = driving();
    step(FORWARD);
    driver.onRefused({ reason });
    step(FORWARD);
    assert.ok(driver.arming.locked);
    assert.equal(sent.at(-1).linear_x, 0);
    step();
    step(FORWARD);
    assert.equal(sent.at(-1).linear_x, 0.5);
  });
}

test('the robot says who may press and release the stop; without its word the role decides', () => {
  const may = (role, stop) => {
    const driver = new Driver({ limits: { enabled: false }, role, stop, sendControl: () => {},
      sendTeleop: () => {} });
    return [driver.mayStop, driver.mayRelease, driver.mayDrive];
  };
  assert.deepEqual(may('drive'), [true, true, false]);
  assert.deepEqual(may('view'), [false, false, false]);
  assert.deepEqual(may('view', { may_press: true, may_release: false }), [true, false, false]);
});

for (const [how, stop] of [
  ['a notice', (driver) => driver.onNotices([{ code: 'other-stop' }])],
  ['a refusal', (driver) => driver.onRefused({ reason: 'other-stop', seq: 5 })],
]) {
  test(`another bridge's emergency stop disarms this page, as ${how} tells`, () => {
    const { driver, sent, step } = driving();
    step(FORWARD);
    assert.ok(driver.armed && sent.at(-1).linear_x > 0);
    stop(driver);
    assert.ok(!driver.armed);
    // Its release moves nothing: not what is held, and not what is pushed anew.
    driver.onNotices([]);
    step(FORWARD);
    step(NEUTRAL);
    step(FORWARD);
    assert.ok(!driver.armed && sent.at(-1).linear_x === 0);
    driver.ask();
    step(NEUTRAL);
    step(FORWARD);
    assert.ok(driver.armed && sent.at(-1).linear_x > 0);
  });
}

test('no page is armed while the emergency stop of another bridge is in force', () => {
  const { driver } = driving();
  driver.onNotices([{ code: 'other-stop' }]);
  driver.ask();
  assert.ok(!driver.armed);
  // It was not pressed for the time after.
  driver.onNotices([{ code: 'no-subscriber' }]);
  assert.ok(!driver.armed);
  driver.ask();
  driver.onNotices([{ code: 'foreign' }]);
  assert.ok(driver.armed);
});
