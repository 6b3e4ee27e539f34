import assert from 'node:assert/strict';
import { test } from 'node:test';

import { rowTexts } from '../../../../../rtc_bridge/web/ui/panels/stats_panel.js';

const row = (more) => ({ time: Date.UTC(2026, 0, 2, 3, 4, 5), delay_ms: 12.345, worst_delay_ms: 20,
  command_ms: null, clock_error_ms: 0.4, round_trip_ms: 0.8, fps: 29.97, kbit_per_s: 1234.5,
  lost_percent: 0, width: 640, height: 480, codec: 'H264', route: 'direct', camera: 'front',
  from: 'camera', ...more });

test('what is not known is a dash, and never a zero', () => {
  const known = new Map(rowTexts(row({})));
  assert.equal(known.get('Camera to screen'), '12 ± 0.4 ms');
  assert.equal(known.get('Command to robot'), '–');
  assert.equal(known.get('Picture'), '640 × 480 H264');
  assert.equal(known.get('Lost'), '0.0 %');
  const nothing = rowTexts(row({ delay_ms: null, worst_delay_ms: null, clock_error_ms: null,
    round_trip_ms: null, fps: null, kbit_per_s: null, lost_percent: null, width: null,
    height: null, codec: '', route: '' }));
  assert.deepEqual(new Set(nothing.map(([, text]) => text)), new Set(['–']));
});

test('where the camera does not stamp, the label says from where the delay counts', () => {
  assert.equal(rowTexts(row({ from: 'arrival' }))[0][0], 'Robot to screen');
  assert.ok(rowTexts(row({ route: 'relay' })).some(([, text]) => text === 'via TURN server'));
});
