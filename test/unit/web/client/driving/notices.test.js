import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readNotices } from '../../../../../rtc_bridge/web/client/driving/notices.js';

test('notices are texts, the worst first, and not too many', () => {
  assert.deepEqual(readNotices([{ code: 'b', level: 'info', text: 'x' }, null, 7, { text: '' },
    { code: 'a', level: 'error', text: 'y'.repeat(1000) }, { code: 'c', level: '<b>', text: 'z' }]),
  [{ code: 'a', level: 'error', text: 'y'.repeat(700) }, { code: 'c', level: 'warn', text: 'z' },
    { code: 'b', level: 'info', text: 'x' }]);
  assert.equal(readNotices(Array(99).fill({ text: 'x' })).length, 8);
  for (const list of [null, undefined, {}, 'x']) assert.deepEqual(readNotices(list), []);
});
