import assert from 'node:assert/strict';
import { test } from 'node:test';

import { backoff, Retry } from '../../../../../rtc_bridge/web/client/signaling/retry.js';

test('waiting times grow, spread, and stay within fifteen seconds', () => {
  const take = (random) => {
    const delays = backoff(() => random);
    return Array.from({ length: 20 }, () => delays.next().value);
  };
  const [low, high] = [take(0), take(1)];
  assert.ok(low[0] > 100 && high[0] < 1000);
  assert.ok(low.every((delay, i) => delay < high[i]));
  assert.ok(high.at(-1) === 15000 && low.at(-1) === 5000);
});

test('a vague failure is reported the second time, every other one at once', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let attempts = 0;
  const retry = new Retry(() => { attempts += 1; });
  retry.onFailure('closed', '');
  assert.equal(retry.failure, null);
  retry.onFailure('disconnected', '');
  assert.deepEqual(retry.failure, { code: 'no-path', message: '' });
  retry.onSuccess();
  assert.equal(retry.failure, null);
  retry.onFailure('busy', 'three others');
  assert.deepEqual(retry.failure, { code: 'busy', message: 'three others' });
  t.mock.timers.tick(15_000);
  assert.equal(attempts, 1);
  // A link that has expired stays so.
  retry.onFailure('expired', '');
  retry.cancel();
  t.mock.timers.tick(60_000);
  assert.deepEqual([attempts, retry.failure?.code], [1, 'expired']);
});
