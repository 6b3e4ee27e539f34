// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import test from 'node:test';
import { Emitter } from '../../../../../rtc_bridge/web/client/messages.js';
import { ViewerQuality } from '../../../../../rtc_bridge/web/client/session/viewer_quality.js';

const SAVE = { mode: 'save', cap: 300.4, smooth: false };

/** A connection whose sessions note what they are told. */
function stage() {
  const connection = new Emitter();
  const handlers = {};
  connection.handle = (more) => Object.assign(handlers, more);
  const teleop = Object.assign(new Emitter(), { driver: null });
  const begin = (quality) => {
    const session = { state: 'up', hello: { quality }, sent: [], target: null,
      sendControl: (message) => session.sent.push(message),
      setJitterTarget: (ms) => { session.target = ms; } };
    connection.session = session;
    connection.emit('session');
    handlers.hello(session.hello);
    return session;
  };
  connection.session = null;
  return { begin, connection, teleop, handlers, viewer: new ViewerQuality(connection, teleop) };
}

test('each robot is told once what was chosen', () => {
  const { begin, teleop, viewer } = stage();
  const first = begin(true);
  assert.deepEqual(first.sent, [], 'a session begins with auto');
  viewer.choose(SAVE);
  teleop.emit('change');
  viewer.choose({ ...SAVE });
  assert.deepEqual(first.sent, [{ type: 'quality', mode: 'save', max_kbit_per_s: 300 }]);
  const second = begin(true);
  assert.deepEqual(second.sent, first.sent);
  viewer.choose({ ...SAVE, mode: 'auto' });
  viewer.choose({ ...SAVE, mode: 'best' });
  assert.deepEqual(second.sent.slice(1), [{ type: 'quality', mode: 'auto' },
    { type: 'quality', mode: 'best' }]);
});

test('a robot that does not know the message is not sent it', () => {
  const { begin, viewer } = stage();
  const session = begin(undefined);
  viewer.choose(SAVE);
  assert.deepEqual(session.sent, []);
  assert.equal(viewer.available, false);
});

test('the driver sees each frame at once', () => {
  const { begin, handlers, teleop, viewer } = stage();
  const session = begin(true);
  viewer.choose({ mode: 'auto', cap: 0, smooth: true });
  assert.equal(session.target, 100);
  assert.deepEqual(session.sent, [{ type: 'quality', mode: 'auto', smooth: true }]);
  teleop.driver = { epoch: 7 };
  handlers.lease();
  assert.equal(session.target, 0);
  teleop.driver = { epoch: null };
  teleop.emit('change');
  assert.equal(session.target, 100);
  assert.equal(begin(true).target, 100);
});
