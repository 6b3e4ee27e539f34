// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  amountText, fromMbPerHour, ReceivedBytes, toMbPerHour,
} from '../../../../../rtc_bridge/web/ui/pictures/data_amounts.js';

test('kbit/s and MB in an hour', () => {
  assert.equal(toMbPerHour(1000), 450);
  assert.equal(fromMbPerHour(450), 1000);
  assert.deepEqual([0, 1_240_000, 45_600_000, 2_345_000_000].map(amountText),
    ['0.0 MB', '1.2 MB', '46 MB', '2.35 GB']);
});

test('what is received is added up over sessions', () => {
  const received = new ReceivedBytes();
  received.take(1000);
  received.take(3000);
  received.restart();
  assert.deepEqual([received.session, received.all], [0, 3000]);
  received.take(500);
  // A counter that runs back takes nothing away.
  received.take(100);
  assert.deepEqual([received.session, received.all], [500, 3500]);
});

test('a rate is compared with its cap over ten seconds', () => {
  const received = new ReceivedBytes();
  for (let s = 1; s < 10; s++) received.take(s * 200_000);
  assert.equal(received.kbitPerS, null);
  assert.equal(received.exceeds(100), false);
  received.take(2_000_000);
  assert.equal(received.kbitPerS, 1600);
  assert.equal(received.exceeds(1000), true);
  // Some more is usual.
  assert.equal(received.exceeds(1400), false);
});
