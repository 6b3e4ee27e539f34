import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Emitter } from '../../../../../rtc_bridge/web/client/messages.js';
import { OperatorCamera } from '../../../../../rtc_bridge/web/client/media/operator_camera.js';
import { RobotConnection } from '../../../../../rtc_bridge/web/client/robot_connection.js';

const LIMITS = { max_width: 640, max_height: 480, max_fps: 15 };

class FakeConnection extends Emitter {
  handle(handlers) {
    this.handlers = handlers;
  }

  begin(limits = LIMITS) {
    const session = { state: 'up', hello: { operator_camera: limits }, sent: [], tracks: [],
      sendControl: (message) => session.sent.push([message.type, message.on]),
      media: { camera: { sender: { getParameters: () => ({}),
        replaceTrack: async (track) => { session.tracks.push(track); } } } } };
    this.session = session;
    this.emit('session');
    return session;
  }
}

class FakeTrack extends EventTarget {
  stopped = false;

  getSettings() {
    return {};
  }

  stop() {
    this.stopped = true;
  }
}

const settled = () => new Promise((resolve) => { setImmediate(resolve); });

function make() {
  globalThis.isSecureContext = true;
  const connection = new FakeConnection();
  const asked = [];
  const track = new FakeTrack();
  const camera = new OperatorCamera(connection, async (constraints) => {
    asked.push(constraints);
    return { getVideoTracks: () => [track] };
  });
  return { connection, camera, asked, track };
}

test('a camera is opened as the robot takes it, and sent while somebody looks', async () => {
  const { connection, camera, asked, track } = make();
  const session = connection.begin();
  await camera.start();
  assert.deepEqual(asked, [{ width: { max: 640 }, height: { max: 480 }, frameRate: { max: 15 } }]);
  assert.deepEqual([session.sent, session.tracks], [[['show_camera', true]], [null]]);
  connection.handlers.operator_camera({ you: true, somebody: true, name: null, watched: false });
  assert.deepEqual([camera.held, camera.watched, session.tracks.at(-1)], [true, false, null]);
  connection.handlers.operator_camera({ you: true, somebody: true, name: null, watched: true });
  await settled();
  assert.deepEqual([camera.watched, session.tracks.at(-1)], [true, track]);
  connection.handlers.operator_camera({ you: true, somebody: true, name: null, watched: false });
  await settled();
  assert.equal(session.tracks.at(-1), null);
  // The last word counts, whatever takes longer.
  for (const watched of [true, false]) {
    connection.handlers.operator_camera({ you: true, somebody: true, name: null, watched });
  }
  await settled();
  assert.equal(session.tracks.at(-1), null);
});

test('the robot says why it shows nothing of the pictures', async () => {
  const { connection, camera } = make();
  connection.begin();
  await camera.start();
  connection.handlers.operator_camera(
    { you: true, somebody: true, name: null, watched: true, reason: 'too large' });
  assert.equal(camera.reason, 'too large');
  connection.handlers.operator_camera({ you: false, somebody: true, name: null, reason: 'x' });
  assert.equal(camera.reason, '');
});

test('a screen whose sharing the browser ends is shown no more', async () => {
  const { connection, camera, track } = make();
  const session = connection.begin();
  await camera.start();
  track.dispatchEvent(new Event('ended'));
  assert.deepEqual([camera.wanted, session.sent.at(-1), session.tracks.at(-1)],
    [false, ['show_camera', false], null]);
});

test('a camera that is loaded late hears what the robot said before', async () => {
  const { connection } = make();
  const session = connection.begin();
  session.lastSent = { messages: [
    { type: 'operator_camera', you: false, somebody: true, name: 'Ada', watched: true }] };
  connection.handle = RobotConnection.prototype.handle;
  const late = new OperatorCamera(connection, async () => assert.fail());
  await Promise.resolve();
  assert.deepEqual([late.holder, late.watched], ['Ada', true]);
});

test('a robot that takes no pictures is asked for nothing', async () => {
  const { connection, camera, asked } = make();
  connection.begin(null);
  await camera.start();
  assert.deepEqual([camera.available, camera.wanted, asked], [false, false, []]);
});
