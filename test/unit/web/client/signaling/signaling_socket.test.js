import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';

import { FakeSocket, sockets } from '../fake_peers.js';
import {
  signalingUrl, SignalingSocket,
} from '../../../../../rtc_bridge/web/client/signaling/signaling_socket.js';

beforeEach(() => {
  sockets.length = 0;
  globalThis.WebSocket = FakeSocket;
  mock.timers.enable({ apis: ['setTimeout'] });
});
afterEach(() => {
  mock.timers.reset();
  delete globalThis.WebSocket;
});

/** Let time pass, timers that are made meanwhile included. @param {number} ms */
function pass(ms) {
  for (let i = 0; i < ms; i += 50) mock.timers.tick(50);
}

test('a socket that does not open makes room for another', () => {
  const signaling = new SignalingSocket('ws://h/bot');
  const states = [];
  signaling.addEventListener('state', () => states.push(signaling.state));
  signaling.start();
  pass(2450);
  assert.equal(sockets.length, 1);
  pass(50);
  assert.deepEqual([sockets.length, sockets[0].readyState, ...states], [2, 3, 'down']);
  // The next one has longer, but not for ever.
  pass(2500);
  assert.equal(sockets.length, 2);
  pass(60000);
  const count = sockets.length;
  assert.ok(count > 8 && count < 14, String(count));
  sockets.at(-1).open();
  assert.deepEqual(sockets.at(-1).sent, [{ type: 'watch' }]);
  assert.deepEqual(states, ['down', 'open']);
  pass(60000);
  assert.equal(sockets.length, count);
});

test('a socket that closes comes back', () => {
  const signaling = new SignalingSocket('ws://h/bot');
  signaling.start();
  sockets[0].open();
  sockets[0].onclose();
  assert.equal(signaling.state, 'down');
  pass(600);
  assert.equal(sockets.length, 2);
  signaling.stop();
  pass(60000);
  assert.equal(sockets.length, 2);
});

test('the WebSocket belongs to the path of the page, also behind a prefix', () => {
  const url = (text) => signalingUrl(new URL(text));
  assert.equal(url('http://h:8080/'), 'ws://h:8080/ws');
  assert.equal(url('https://h/rover?camera=a#v1.x'), 'wss://h/rover');
  assert.equal(url('https://h/robots/'), 'wss://h/robots/ws');
  assert.equal(url('https://h/robots/rover'), 'wss://h/robots/rover');
});
