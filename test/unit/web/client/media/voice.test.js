import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Emitter } from '../../../../../rtc_bridge/web/client/messages.js';
import { Voice } from '../../../../../rtc_bridge/web/client/media/voice.js';

class FakeConnection extends Emitter {
  handle(handlers) {
    this.handlers = handlers;
  }

  begin(talk = true) {
    return this.open({ hello: { talk } });
  }

  open(members) {
    const session = { state: 'up', sent: [], voices: [],
      sendControl: (message) => session.sent.push([message.type, message.on]),
      media: { audio: { currentDirection: null, sender: {
        replaceTrack: async (track) => { session.voices.push(track); } } } }, ...members };
    this.session = session;
    this.emit('session');
    return session;
  }
}

class FakeTrack extends EventTarget {
  stopped = false;

  stop() {
    this.stopped = true;
  }
}

function make(microphone = async () => ({ getAudioTracks: () => [new FakeTrack()] })) {
  globalThis.isSecureContext = true;
  const connection = new FakeConnection();
  const voice = new Voice(connection, microphone);
  const errors = [];
  voice.on('error', ({ code }) => errors.push(code));
  return { connection, voice, errors };
}

test('the microphone is open while a person talks', async () => {
  const { connection, voice } = make();
  const session = connection.begin();
  await voice.start();
  assert.deepEqual(session.sent, [['talk', true]]);
  connection.handlers.talk({ somebody: true, you: true, name: 'Ada' });
  assert.deepEqual([voice.held, voice.holder], [true, 'Ada']);
  voice.stop();
  assert.deepEqual([session.sent.at(-1), session.voices.at(-1)], [['talk', false], null]);
  assert.ok(session.voices[0].stopped);
});

test('who loses the floor talks no more', async () => {
  const { connection, voice } = make();
  const session = connection.begin();
  await voice.start();
  connection.handlers.talk({ somebody: true, you: true, name: null });
  connection.handlers.talk({ somebody: true, you: false, name: 'Sue' });
  assert.deepEqual([voice.wanted, voice.holder, session.voices[0].stopped], [false, 'Sue', true]);
});

test('a microphone that comes too late is closed', async () => {
  let give;
  const track = new FakeTrack();
  const { connection, voice } = make(() => new Promise((resolve) => { give = resolve; }));
  const session = connection.begin();
  const started = voice.start();
  voice.stop();
  give({ getAudioTracks: () => [track] });
  await started;
  assert.deepEqual([track.stopped, session.sent], [true, []]);
});

test('why a person is not heard is told', async () => {
  for (const [name, code] of [['NotAllowedError', 'denied'], ['NotFoundError', 'no-microphone']]) {
    const { connection, voice, errors } = make(async () => {
      throw Object.assign(new Error(), { name });
    });
    connection.begin();
    await voice.start();
    assert.deepEqual([errors, voice.wanted], [[code], false]);
  }
  const { connection, voice, errors } = make();
  connection.begin();
  await voice.start();
  connection.handlers.error({ code: 'no-talk', message: 'somebody else talks' });
  connection.handlers.error({ code: 'busy' });
  assert.deepEqual([errors, voice.wanted], [['no-talk'], false]);
  globalThis.isSecureContext = false;
  await voice.start();
  assert.deepEqual(errors, ['no-talk', 'insecure']);
});

test('a new session begins in silence, and a robot without voices has none', async () => {
  const { connection, voice } = make();
  connection.begin();
  await voice.start();
  const second = connection.begin(false);
  assert.deepEqual([voice.wanted, voice.available, second.sent], [false, false, []]);
  await voice.start();
  assert.equal(voice.wanted, false);
});

test("a robot of RTCBot's that takes sound is talked to, and not asked", async () => {
  const { connection, voice } = make();
  const session = connection.open({ kind: 'rtcbot', hello: null, trustedSound: 'stream' });
  let changes = 0;
  voice.on('change', () => { changes += 1; });
  for (const [direction, available] of [
    ['inactive', false], ['recvonly', false], ['sendonly', true], ['sendrecv', true]]) {
    session.media.audio.currentDirection = direction;
    connection.emit('change');
    assert.equal(voice.available, available, direction);
  }
  assert.equal(changes, 1);
  await voice.start();
  assert.deepEqual([voice.held, voice.isTold, session.voices.length], [true, false, 1]);
  voice.stop();
  assert.deepEqual([voice.held, voice.holder, session.voices.at(-1), session.sent],
    [false, null, null, []]);
  await voice.start();
  assert.equal(connection.begin().sent.length, 0);
  assert.deepEqual([voice.held, voice.wanted], [false, false]);
});

test("a robot of RTCBot's is not talked to before it is connected, nor if it should prove itself",
  async () => {
    for (const members of [{ state: 'setup' }, { state: 'lost' }, { trustedSound: null }]) {
      const { connection, voice } = make();
      const session = connection.open({ kind: 'rtcbot', hello: null, trustedSound: 'stream',
        ...members });
      session.media.audio.currentDirection = 'sendrecv';
      connection.emit('change');
      await voice.start();
      assert.deepEqual([voice.available, voice.wanted, session.voices], [false, false, []]);
    }
  });

test('the microphone is closed when the connection is lost', async () => {
  for (const members of [{ hello: { talk: true } },
    { kind: 'rtcbot', hello: null, trustedSound: 'stream' }]) {
    const { connection, voice } = make();
    const session = connection.open(members);
    session.media.audio.currentDirection = 'sendrecv';
    await voice.start();
    connection.handlers.talk({ somebody: true, you: true });
    session.state = 'lost';
    connection.emit('change');
    assert.deepEqual([voice.wanted, voice.held, voice.holder, session.voices[0].stopped],
      [false, false, null, true]);
    await voice.start();
    assert.equal(voice.wanted, false);
  }
});
