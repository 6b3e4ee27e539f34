import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ratesBetween, readTotals } from '../../../../../rtc_bridge/web/client/measurements/connection_stats.js';

const entry = (more) => ({ id: 'in', type: 'inbound-rtp', kind: 'video', mid: '0', codecId: 'c',
  timestamp: 1000, framesDecoded: 0, bytesReceived: 0, packetsReceived: 0, packetsLost: 0,
  frameWidth: 640, frameHeight: 480, ...more });
const report = (...entries) => new Map(entries.map((e) => [e.id, e]));
const codec = { id: 'c', type: 'codec', mimeType: 'video/H264' };

test('rates are differences over the time of the reports', () => {
  const a = readTotals(report(entry({}), codec));
  const b = readTotals(report(entry({ timestamp: 3000, framesDecoded: 60, bytesReceived: 500000,
    packetsReceived: 950, packetsLost: 50 }), codec));
  assert.deepEqual(ratesBetween(a, b).slots['0'],
    { width: 640, height: 480, codec: 'H264', fps: 30, kbps: 2000, loss: 0.05 });
});

test('the first report, and one of the same time, give no rates', () => {
  const now = readTotals(report(entry({ framesDecoded: 60 }), codec));
  assert.equal(ratesBetween(null, now).slots['0'].fps, 0);
  assert.deepEqual([ratesBetween(now, now).slots['0'].kbps, ratesBetween(null, now).slots['0'].loss],
    [null, null]);
});

test('late packets make no negative loss', () => {
  const a = readTotals(report(entry({ packetsLost: 5, packetsReceived: 10 })));
  const b = readTotals(report(entry({ timestamp: 2000, packetsLost: -1, packetsReceived: 20 })));
  assert.equal(ratesBetween(a, b).slots['0'].loss, 0);
});

test('audio and slots without a picture are ignored', () => {
  const now = readTotals(report({ id: 'a', type: 'inbound-rtp', kind: 'audio', mid: '3' },
    { id: 'b', type: 'inbound-rtp', kind: 'video', mid: '1', timestamp: 1 }));
  assert.deepEqual(Object.keys(now.slots), ['1']);
  assert.equal(ratesBetween(null, now).slots['1'].codec, '');
});

test('the route is known from transport (Chromium) and from the pair (Firefox)', () => {
  const pair = { id: 'p', type: 'candidate-pair', localCandidateId: 'l', remoteCandidateId: 'r' };
  const local = { id: 'l', type: 'local-candidate', candidateType: 'host' };
  const relay = { id: 'r', type: 'remote-candidate', candidateType: 'relay' };
  const transport = { id: 't', type: 'transport', selectedCandidatePairId: 'p' };
  assert.equal(readTotals(report(pair, local, relay, transport)).route, 'relay');
  assert.equal(readTotals(report({ ...pair, selected: true }, local)).route, 'direct');
  assert.equal(readTotals(report(pair, local)).route, '');
});
