import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ServiceStream } from '../../../../rtc_bridge/web/client/service_stream.js';

const WINDOW = 32 * 1024;

class FakeChannel extends EventTarget {
  readyState = 'open';
  sent = [];

  send(data) {
    this.sent.push(data);
  }

  hear(...bytes) {
    this.dispatchEvent(Object.assign(new Event('message'),
      { data: Uint8Array.from(bytes).buffer }));
  }
}

function make() {
  const channel = new FakeChannel();
  const stream = new ServiceStream(channel);
  const heard = [];
  for (const type of ['open', 'message', 'end', 'error', 'close']) {
    stream.on(type, (detail) => heard.push([type, detail]));
  }
  return { channel, stream, heard };
}

test('a program is heard, and what is said to it is framed', () => {
  const { channel, stream, heard } = make();
  channel.hear(3);
  channel.hear(1, 104, 105);
  channel.hear(0x82, 1, 2);
  channel.hear(2, 3);
  channel.hear(4);
  channel.hear(5, ...new TextEncoder().encode('{"code":"broken","message":"gone"}'));
  assert.deepEqual(heard, [['open', null], ['message', 'hi'],
    ['message', Uint8Array.from([1, 2, 3])], ['end', null],
    ['error', { code: 'broken', message: 'gone' }]]);
  stream.send('hi');
  stream.send(new Uint8Array(4000));
  stream.send('');
  stream.end();
  assert.deepEqual(channel.sent.map((frame) => [frame[0], frame.length - 1]),
    [[6, 4], [1, 2], [0x82, 3072], [2, 928], [1, 0], [4, 0]]);
});

test('no more is sent than the robot takes', () => {
  const { channel, stream } = make();
  stream.send(new Uint8Array(2 * WINDOW));
  const sent = () => channel.sent.reduce((sum, frame) => sum + frame.length - 1, 0);
  const counted = () => sent() + 64 * channel.sent.length;
  assert.ok(counted() <= WINDOW && counted() > WINDOW - 3200);
  assert.equal(stream.bufferedAmount + sent(), 2 * WINDOW);
  channel.hear(6, 0, 4, 0, 0);
  channel.hear(6, 0, 4, 0, 0);
  assert.equal(stream.bufferedAmount, 0);
});

test('what was heard is allowed again', () => {
  const { channel } = make();
  for (let number = 0; number < 22; number += 1) channel.hear(0, ...new Array(3072).fill(7));
  assert.equal(channel.sent.length, 1);
  const [credit] = channel.sent;
  assert.equal(credit[0], 6);
  assert.equal(new DataView(credit.buffer).getUint32(1), 21 * 3136);
});

test('what is said before the connection is open waits for it', () => {
  const { channel, stream } = make();
  channel.readyState = 'connecting';
  stream.send('home');
  assert.deepEqual(channel.sent, []);
  channel.readyState = 'open';
  channel.dispatchEvent(new Event('open'));
  assert.equal(channel.sent.length, 1);
});
