import assert from 'node:assert/strict';
import { test } from 'node:test';

import { toCsv, toReport } from '../../../../../rtc_bridge/web/ui/panels/stats_export.js';

const row = (more) => ({ time: Date.UTC(2026, 0, 2, 3, 4, 5), delay_ms: 12.345, worst_delay_ms: 20,
  command_ms: null, clock_error_ms: 0.4, round_trip_ms: 0.8, fps: 29.97, kbit_per_s: 1234.5,
  lost_percent: 0, width: 640, height: 480, codec: 'H264', route: 'direct', camera: 'front',
  from: 'camera', ...more });

test('CSV has a line a second; names with commas, quotes and formulas are only text', () => {
  const csv = toCsv('bot', [row({ camera: 'a,"b"' }), row({ camera: '=1+1', delay_ms: null })],
    'A browser, 1.0');
  const [head, first, second, end] = csv.split('\r\n');
  assert.equal(end, '');
  assert.equal(head.split(',')[2], 'delay_ms');
  assert.ok(first.startsWith('2026-01-02T03:04:05.000Z,bot,12.35,20,,0.4,'));
  assert.ok(first.includes('"a,""b"""') && first.endsWith('"A browser, 1.0"'));
  assert.ok(second.includes(",'=1+1,") && second.startsWith('2026-01-02T03:04:05.000Z,bot,,20'));
});

test('the report sums up, and has no invented figures', () => {
  const rows = Array.from({ length: 100 }, (_, index) => row({ delay_ms: index + 1 }));
  const report = toReport('bot', rows, { browser: 'b', page: 'http://x/bot', version: '1',
    saved: 0 });
  assert.deepEqual(report.summary.delay_ms, { median: 51, max: 100, p95: 95, seconds: 100 });
  assert.equal(report.summary.command_ms, null);
  assert.equal(report.saved, '1970-01-01T00:00:00.000Z');
  assert.equal(report.rows.length, 100);
  assert.equal(rows[0].delay_ms, 1);
  assert.deepEqual(JSON.parse(JSON.stringify(report)), report);
});
