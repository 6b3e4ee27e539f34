import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Emitter } from '../../../../../rtc_bridge/web/client/messages.js';
import { Sound } from '../../../../../rtc_bridge/web/client/media/sound.js';

class FakeConnection extends Emitter {
  session = null;

  handle(handlers) {
    this.handlers = handlers;
  }

  /** A new session takes the place of the one before, and greets. */
  greet(sound) {
    this.sent = [];
    const receiver = { getSynchronizationSources: () => [{ audioLevel: 0.5 }] };
    this.session = { hello: { sound }, trustedSound: 'stream', media: { audio: { receiver } },
      sendControl: (message) => this.sent.push(message) };
    this.emit('session');
    this.handlers.hello();
  }
}

test("a robot of RTCBot's is heard as soon as it sends sound, and asked for nothing", () => {
  const connection = new FakeConnection();
  const sound = new Sound(connection);
  let changes = 0;
  sound.on('change', () => { changes += 1; });
  const sent = [];
  const audio = { currentDirection: 'sendonly' };
  connection.session = { kind: 'rtcbot', hello: null, media: { audio }, trustedSound: 'stream',
    sendControl: (message) => sent.push(message) };
  connection.emit('session');
  sound.wanted = true;
  changes = 0;
  connection.emit('change');
  assert.deepEqual([sound.available, sound.stream, changes], [false, null, 0]);
  audio.currentDirection = 'sendrecv';
  connection.emit('change');
  connection.emit('change');
  assert.deepEqual([sound.available, sound.stream, changes, sent], [true, 'stream', 1, []]);
});

test('the robot is asked for its sound, and again in a new session', () => {
  const connection = new FakeConnection();
  const sound = new Sound(connection);
  connection.greet(true);
  assert.deepEqual([sound.available, sound.wanted, connection.sent], [true, false, []]);
  sound.wanted = true;
  sound.wanted = true;
  assert.deepEqual(connection.sent, [{ type: 'listen', on: true }]);
  assert.deepEqual([sound.stream, sound.level], ['stream', 0.5]);
  connection.greet(true);
  assert.deepEqual(connection.sent, [{ type: 'listen', on: true }]);
  sound.wanted = false;
  assert.deepEqual(connection.sent.at(-1), { type: 'listen', on: false });
  assert.equal(sound.level, 0);
});

test('a robot without sound is asked for nothing, and the next one is', () => {
  const connection = new FakeConnection();
  const sound = new Sound(connection);
  sound.wanted = true;
  connection.greet(false);
  assert.deepEqual([sound.available, sound.stream, connection.sent], [false, null, []]);
  connection.greet(true);
  assert.deepEqual(connection.sent, [{ type: 'listen', on: true }]);
});

test('changes are told', () => {
  const connection = new FakeConnection();
  const sound = new Sound(connection);
  let changes = 0;
  sound.on('change', () => { changes += 1; });
  connection.greet(true);
  assert.equal(changes, 2);
  connection.handlers.sound({ reason: 'nobody publishes /sound' });
  assert.deepEqual([changes, sound.reason], [3, 'nobody publishes /sound']);
  connection.greet(true);
  assert.equal(sound.reason, '');
});
