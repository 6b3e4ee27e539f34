import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Driver } from '../../../../../rtc_bridge/web/client/driving/driver.js';
import { Emitter } from '../../../../../rtc_bridge/web/client/messages.js';
import { NEUTRAL } from '../../../../../rtc_bridge/web/client/driving/motion.js';
import { RobotConnection } from '../../../../../rtc_bridge/web/client/robot_connection.js';
import { RtcbotDriver } from '../../../../../rtc_bridge/web/client/driving/rtcbot_driver.js';
import { Teleop } from '../../../../../rtc_bridge/web/client/driving/teleop.js';

const FORWARD = { x: 1, y: 0, turn: 0 };
const HELLO = { type: 'hello', robot_id: 'bot', role: 'drive',
  teleop: { enabled: true, max_linear_x: 0.5 } };

/** A connection whose sessions a test makes. */
class FakeConnection extends Emitter {
  session = null;
  hasFailedForGood = false;
  /** What happens when something cannot wait for the next session. */
  takeOver = () => {};
  handle = RobotConnection.prototype.handle;

  /** Show another session. @param {string} kind */
  begin(kind = 'v1') {
    const session = { state: 'up', kind, control: [], commands: [],
      sendControl: (message) => session.control.push(message),
      sendTeleop: (message) => session.commands.push(message) };
    this.session = session;
    this.emit('session');
    this.emit('change');
    return session;
  }

  /** Lose the session, which stays on the screen. */
  lose() {
    this.session.state = 'lost';
    this.emit('change');
  }

  hear(message) {
    this.emit('control', message);
    this.emit('change');
  }
}

function make() {
  const connection = new FakeConnection();
  const teleop = new Teleop(connection, { paintedFrame: () => 5 });
  const say = (message = {}) => {
    connection.hear({ ...HELLO, ...message });
    connection.hear({ type: 'stop', latched: false });
  };
  return { connection, teleop, say };
}

test('each session has a driver of its own, and what a person may do outlives it', () => {
  const { connection, teleop, say } = make();
  assert.deepEqual([teleop.driver, teleop.mayDrive], [null, false]);
  connection.begin();
  say();
  const first = teleop.driver;
  assert.ok(first instanceof Driver && teleop.mayDrive);
  assert.deepEqual(teleop.permissions, { press: true, release: true });
  connection.lose();
  assert.equal(teleop.activeDriver, null);
  assert.ok(teleop.mayDrive && teleop.permissions.press);
  connection.begin();
  assert.equal(teleop.driver, null);
  say();
  assert.notEqual(teleop.driver, first);
  // Not even an arming goes over.
  assert.equal(teleop.driver.armed, false);
});

test('with the lease and the page armed, commands move the robot', () => {
  const { connection, teleop, say } = make();
  let granted = 0;
  teleop.on('granted', () => { granted += 1; });
  const session = connection.begin();
  say();
  teleop.step(NEUTRAL);
  assert.equal(teleop.step(FORWARD), 'arm');
  assert.equal(teleop.refusal, 'arm');
  teleop.step(NEUTRAL);
  teleop.driver.ask();
  connection.hear({ type: 'lease', epoch: 3, driver: true });
  assert.deepEqual([granted, teleop.refusal], [1, '']);
  connection.emit('teleop', { type: 'tick', tick: 'n' });
  for (let i = 0; i < 4; i += 1) teleop.step(NEUTRAL);
  teleop.step(FORWARD);
  const { frame, linear_x: speed, tick } = session.commands.at(-1);
  assert.deepEqual([frame, speed, tick], [5, 0.5, 'n']);
});

test('a refusal is reported while this page has the lease', () => {
  const { connection, teleop, say } = make();
  const refused = [];
  teleop.on('refused', (code) => refused.push(code));
  connection.begin();
  say();
  connection.emit('teleop', { type: 'refused', reason: 'epoch' });
  connection.hear({ type: 'lease', epoch: 3, driver: true });
  connection.emit('teleop', { type: 'refused', reason: 'frozen' });
  assert.deepEqual([refused, teleop.refusal], [['frozen'], 'frozen']);
});

test('a stop that is pressed without a connection is sent with the next one', () => {
  const { connection, teleop, say } = make();
  connection.begin();
  say();
  connection.lose();
  teleop.stop();
  assert.equal(teleop.pendingStop.state, 'unsent');
  const session = connection.begin();
  assert.deepEqual(session.commands, []);
  connection.hear(HELLO);
  assert.deepEqual(session.commands, [{ type: 'stop', request: 1 }]);
  connection.hear({ type: 'stop', latched: true, id: 'a', by: 'Ada', request: 1 });
  assert.equal(teleop.pendingStop.state, 'idle');
  assert.deepEqual(teleop.driver.stopped, { id: 'a', by: 'Ada' });
});

test('a stop goes out by a session that waits for its picture', () => {
  const { connection, teleop, say } = make();
  connection.begin();
  say();
  connection.lose();
  let session;
  connection.takeOver = () => {
    session = connection.begin();
    say();
  };
  teleop.stop();
  assert.deepEqual(session.commands, [{ type: 'stop', request: 1 }]);
  assert.equal(teleop.pendingStop.state, 'sent');
});

test('a stop goes to no other robot', () => {
  const { connection, teleop, say } = make();
  connection.begin();
  say();
  connection.lose();
  teleop.stop();
  const session = connection.begin();
  say({ robot_id: 'another' });
  assert.deepEqual([session.commands, teleop.pendingStop.state], [[], 'expired']);
});

test('without permission the emergency stop does nothing', () => {
  const { connection, teleop, say } = make();
  const session = connection.begin();
  say({ role: 'view' });
  teleop.stop();
  assert.deepEqual([session.commands, teleop.pendingStop.state], [[], 'idle']);
  say();
  teleop.stop();
  connection.lose();
  connection.hasFailedForGood = true;
  connection.emit('change');
  assert.deepEqual([teleop.permissions.press, teleop.mayDrive, teleop.pendingStop.state],
    [false, false, 'expired']);
});

test('what the robot has to say is of one session', () => {
  const { connection, teleop, say } = make();
  connection.begin();
  say();
  connection.hear({ type: 'notices', notices: [{ code: 'other-stop', text: 'Stopped there.' }] });
  assert.equal(teleop.notices.length, 1);
  teleop.driver.ask();
  assert.equal(teleop.driver.armed, false);
  connection.begin();
  assert.deepEqual(teleop.notices, []);
});

test('an RTCBot robot is driven without a hello, and stopped by giving it up', () => {
  const { connection, teleop } = make();
  const session = connection.begin('rtcbot');
  assert.ok(teleop.driver instanceof RtcbotDriver && teleop.mayDrive);
  teleop.step(NEUTRAL);
  teleop.driver.ask();
  teleop.step(NEUTRAL);
  teleop.step(FORWARD);
  assert.deepEqual(session.control, [{ forward: 1, leftright: 0 }]);
  teleop.stop();
  teleop.step(FORWARD);
  assert.deepEqual(session.control.at(-1), { forward: 0, leftright: 0 });
  assert.equal(teleop.pendingStop.state, 'idle');
});
