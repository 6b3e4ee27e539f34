import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Emitter, parseAny, parseObject } from '../../../../rtc_bridge/web/client/messages.js';

test('only objects are messages', () => {
  assert.deepEqual(parseObject('{"type":"ready"}'), { type: 'ready' });
  for (const text of ['[]', 'null', '3', 'no', '', undefined]) {
    assert.equal(parseObject(text), null);
  }
});

test('of an RTCBot robot everything is a message', () => {
  assert.deepEqual([parseAny('{"a":1}'), parseAny('"x"'), parseAny('plain')],
    [{ a: 1 }, 'x', 'plain']);
});

test('listeners get what an event carries', () => {
  const emitter = new Emitter();
  const heard = [];
  emitter.on('a', (detail) => heard.push(detail));
  emitter.emit('a', 1);
  emitter.emit('b', 2);
  emitter.emit('a');
  assert.deepEqual(heard, [1, null]);
});
