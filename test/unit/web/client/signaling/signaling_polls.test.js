import assert from 'node:assert/strict';
import { test } from 'node:test';

import { provideHttpSignaling } from '../../../../../rtc_bridge/web/client/signaling/http_signaling.js';
import {
  pollingUrl, signalOverHttp, SignalingPolls,
} from '../../../../../rtc_bridge/web/client/signaling/signaling_polls.js';
import { SignalingRoute } from '../../../../../rtc_bridge/web/client/signaling/signaling_route.js';
import { SignalingTransport } from '../../../../../rtc_bridge/web/client/signaling/signaling_transport.js';
import { sockets, useFakePeers } from '../fake_peers.js';

const settled = async () => {
  for (let i = 0; i < 5; i += 1) await new Promise((resolve) => { setImmediate(resolve); });
};

/** Wait for requests: what makes them is waited for. */
async function requested(requests, count) {
  while (requests.length < count) await settled();
}

/** Requests that wait for an answer, in the place of `fetch`. */
function useFakeFetch(t) {
  const before = globalThis.fetch;
  const requests = [];
  globalThis.fetch = (url, { method = 'GET', body, signal } = {}) => new Promise((resolve, reject) => {
    signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
    requests.push({ method, url, body, fail: () => reject(new TypeError('Failed to fetch')),
      answer: (status, text = '', type = 'application/x-ndjson') => resolve(
        { status, text: async () => text, headers: { get: () => type } }) });
  });
  t.after(() => { globalThis.fetch = before; });
  return requests;
}

function memory() {
  const values = new Map();
  return { getItem: (key) => values.get(key) ?? null, setItem: (key, value) => values.set(key, value),
    removeItem: (key) => values.delete(key) };
}

test('HTTP that is not there in time has failed, and is used once it is there', async (t) => {
  const timers = useFakePeers(t);
  const requests = useFakeFetch(t);
  const tab = memory();
  tab.setItem('rtc-bridge-signaling', 'http');
  const transport = new SignalingTransport('ws://h/bot', tab);
  transport.start();
  // It waits for it once.
  transport.restart();
  await settled();
  timers.tick(4000);
  await settled();
  assert.deepEqual([transport.way, transport.state, transport.failures.http.silent],
    ['socket', 'down', true]);
  transport.stop();
  provideHttpSignaling(signalOverHttp);
  const next = new SignalingTransport('ws://h/bot', tab);
  next.start();
  next.restart();
  await requested(requests, 1);
  await settled();
  assert.equal(requests.length, 1);
  next.stop();
});

test('the page signals below its own folder, also behind a prefix', () => {
  assert.equal(pollingUrl('ws://h:8080/ws'), 'http://h:8080/signaling/ws');
  assert.equal(pollingUrl('wss://h/robots/rover'), 'https://h/robots/signaling/rover');
});

test('messages are posted in order and together, and fetched once', async (t) => {
  useFakePeers(t);
  const requests = useFakeFetch(t);
  const polls = new SignalingPolls('http://h/signaling/bot');
  const heard = [];
  polls.on('message', ({ type }) => heard.push(type));
  polls.start();
  assert.equal(polls.send({ type: 'early' }), false);
  assert.match(requests[0].url, /^http:\/\/h\/signaling\/bot\/[\w-]{22}$/);
  requests[0].answer(204);
  await settled();
  assert.equal(polls.state, 'open');
  assert.match(requests[1].url, /\?after=0$/);
  requests[1].answer(200, '{"type":"ready"}\n{"type":"x"}\n');
  await settled();
  assert.deepEqual(heard, ['ready', 'x']);
  assert.match(requests[2].url, /\?after=2$/);
  for (const type of ['offer', 'candidate']) assert.ok(polls.send({ type }));
  await settled();
  assert.equal(requests[3].body, '{"type":"offer"}\n{"type":"candidate"}');
  polls.send({ type: 'candidate' });
  await settled();
  assert.equal(requests.length, 4);
  requests[3].answer(204);
  await settled();
  assert.equal(requests[4].body, '{"type":"candidate"}');
  // A lost poll is made again.
  requests[2].answer(504, '<html>');
  await settled();
  t.mock.timers.tick(600);
  await settled();
  assert.match(requests[5].url, /\?after=2$/);
  polls.send({ type: 'close' });
  polls.stop();
  await settled();
  assert.equal(requests.at(-1).body, '{"type":"close"}');
  requests.at(-1).answer(204);
  await settled();
  assert.equal(requests.at(-1).method, 'DELETE');
});

test('a page that is not there any more, or is refused, has failed', async (t) => {
  useFakePeers(t);
  const requests = useFakeFetch(t);
  const polls = new SignalingPolls('http://h/signaling/bot');
  const failures = [];
  const heard = [];
  polls.on('failed', (failure) => failures.push([failure.status, failure.silent]));
  polls.on('message', ({ code }) => heard.push(code));
  polls.start();
  requests[0].answer(503, '{"type":"error","code":"busy"}');
  await settled();
  polls.start();
  requests[1].answer(204);
  await settled();
  requests[2].answer(404, 'no such page');
  await settled();
  polls.start();
  requests[3].fail();
  await settled();
  // A proxy's own page is no answer of the relay.
  polls.start();
  requests[4].answer(200, '<html>', 'text/html');
  await settled();
  polls.start();
  t.mock.timers.tick(5000);
  await settled();
  assert.deepEqual(failures, [[503, false], [404, false], [0, false], [200, false], [0, true]]);
  assert.deepEqual(heard, ['busy']);
});

test('a WebSocket that does not open makes room for HTTP, and the tab remembers it', async (t) => {
  const timers = useFakePeers(t);
  const requests = useFakeFetch(t);
  const tab = memory();
  const transport = new SignalingTransport('ws://h/bot', tab);
  const states = [];
  transport.on('state', () => states.push(transport.state));
  transport.start();
  sockets[0].readyState = 3;
  sockets[0].onclose();
  assert.deepEqual([transport.way, transport.state], ['http', 'connecting']);
  await requested(requests, 1);
  requests[0].answer(204);
  await settled();
  requests[1].answer(200, '{"type":"ready"}\n');
  await settled();
  assert.deepEqual([states, transport.failures.socket, sockets.length], [['open'], 'closed', 1]);
  transport.stop();
  timers.tick(60_000);
  assert.equal(sockets.length, 1);
  const next = new SignalingTransport('ws://h/bot', tab);
  const asked = requests.length;
  next.start();
  assert.deepEqual([next.way, sockets.length], ['http', 1]);
  await requested(requests, asked + 1);
  // Where HTTP fails, too, the WebSocket is tried again, and then the page says what is wrong.
  requests.at(-1).answer(502, 'Bad Gateway');
  await settled();
  assert.deepEqual([next.way, next.state, next.failures.http.status], ['socket', 'down', 502]);
  timers.tick(1000);
  sockets[1].open();
  sockets[1].hear({ type: 'ready' });
  assert.deepEqual([next.state, next.failures.http], ['open', null]);
  assert.equal(new SignalingTransport('ws://h/bot', tab).way, 'socket');
  next.stop();
});

test('a browser that forbids WebSockets gets HTTP', async (t) => {
  const timers = useFakePeers(t);
  const requests = useFakeFetch(t);
  t.mock.method(console, 'warn', () => {});
  globalThis.WebSocket = class { constructor() { throw new Error('mixed content'); } };
  const transport = new SignalingTransport('ws://h/bot');
  transport.start();
  assert.deepEqual([transport.way, transport.failures.socket], ['http', 'forbidden']);
  await requested(requests, 1);
  timers.tick(10_000);
  assert.equal(requests.length, 1);
  transport.stop();
});

test('a WebSocket that hangs, or stays silent, makes room for HTTP', async (t) => {
  const timers = useFakePeers(t);
  const requests = useFakeFetch(t);
  const transport = new SignalingTransport('ws://h/bot');
  transport.start();
  timers.tick(2600);
  assert.deepEqual([transport.way, sockets[0].readyState], ['http', 3]);
  await requested(requests, 1);
  transport.stop();
  const silent = new SignalingTransport('ws://h/bot');
  silent.start();
  sockets.at(-1).open();
  silent.restart();
  assert.equal(silent.way, 'socket');
  sockets.at(-1).open();
  silent.restart();
  assert.equal(silent.way, 'http');
  silent.stop();
});

test('a page that stops before HTTP is loaded asks for nothing', async (t) => {
  useFakePeers(t);
  const requests = useFakeFetch(t);
  const tab = memory();
  tab.setItem('rtc-bridge-signaling', 'http');
  const transport = new SignalingTransport('ws://h/bot', tab);
  transport.start();
  transport.stop();
  await settled();
  assert.deepEqual(requests, []);
  transport.restart();
  await requested(requests, 1);
  transport.stop();
});

test('a server that was reached by a WebSocket is waited for with WebSockets', () => {
  const route = new SignalingRoute();
  route.onMessage();
  for (let i = 0; i < 3; i += 1) route.onFailure();
  assert.equal(route.way, 'socket');
  route.onFailure();
  assert.equal(route.way, 'http');
  route.onFailure();
  assert.equal(route.way, 'socket');
  // A tab that cannot remember works all the same.
  const broken = new SignalingRoute({ getItem() { throw new Error('forbidden'); },
    setItem() { throw new Error('full'); } });
  broken.onFailure();
  broken.onMessage();
  assert.equal(broken.way, 'http');
});
