import assert from 'node:assert/strict';
import { test } from 'node:test';

import { joinTelemetry } from '../../rtc_bridge/web/session.js';

test('what the robot told before its session is shown is of now, too', () => {
  const first = { type: 'telemetry', values: { battery: 1, map: 'm' }, ages: { map: 60 } };
  const next = joinTelemetry(joinTelemetry(undefined, first),
    { type: 'telemetry', values: { battery: 2 }, ages: {} });
  assert.deepEqual(next, { type: 'telemetry', values: { battery: 2, map: 'm' }, ages: { map: 60 } });
  // What is new has no age of before.
  assert.deepEqual(joinTelemetry(next, { type: 'telemetry', values: { map: 'n' } }).ages, {});
});
