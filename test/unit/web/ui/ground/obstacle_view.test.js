// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  bandPaths, describe, directionOf, levelOf, nearestOf, pictureBox, readLimits, readSeen, ringPaths,
} from '../../../../../rtc_bridge/web/ui/ground/obstacle_view.js';

const LIMITS = { amber: 1, red: 0.4, view: Math.PI / 2, sensors: true };
const CLEAR = Array(72).fill(-1);
/** @param {Record<number, number>} values by sector */
const seen = (values, rest = {}) => ({ cm: CLEAR.map((one, sector) => values[sector] ?? one),
  reason: '', monitor: '', ...rest });
/** Points of a path. @param {string} path */
const points = (path) => [...path.matchAll(/[ML](\S+) ([^MLZ]+)/g)].map(([, x, y]) => (
  [Number(x), Number(y)]));

test('limits are read, and others are none', () => {
  assert.deepEqual(readLimits({ amber: 1, red: 2, view: 9 }),
    { amber: 1, red: 1, view: Math.PI, sensors: true });
  assert.deepEqual(readLimits({ amber: 1, red: 0.5, view: 'x', sensors: false }),
    { amber: 1, red: 0.5, view: 1.25, sensors: false });
  for (const value of [undefined, null, 3, {}, { amber: NaN, red: 1 }, { amber: 1, red: -1 }]) {
    assert.equal(readLimits(value), null);
  }
});

test('bad distances are none', () => {
  assert.deepEqual(readSeen({ cm: CLEAR, reason: 'x', monitor: { action: 'stop' } }),
    { cm: CLEAR, reason: 'x', monitor: 'stop' });
  const bad = [null, 'x', CLEAR.slice(1), [...CLEAR, 1], CLEAR.with(3, 1.5), CLEAR.with(0, -3),
    CLEAR.with(0, 10000), CLEAR.with(71, /** @type {any} */ ('1'))];
  for (const cm of bad) {
    assert.deepEqual(readSeen({ cm, reason: 5, monitor: { action: '<b>' } }),
      { cm: null, reason: '', monitor: '' });
  }
});

test('levels have their limits', () => {
  assert.deepEqual([-2, -1, 200, 199, 100, 99, 40, 39, 0].map((cm) => levelOf(cm, LIMITS)),
    ['unknown', 'clear', 'clear', 'near', 'near', 'amber', 'amber', 'red', 'red']);
});

test('the nearest is found, and where it is', () => {
  assert.equal(nearestOf(CLEAR.with(3, -2)), null);
  assert.deepEqual(nearestOf(CLEAR.with(3, 7).with(70, 5)), { cm: 5, sector: 70 });
  assert.deepEqual([0, 71, 4, 5, 9, 18, 27, 35, 36, 45, 54, 63].map((one) => directionOf(one).words),
    ['ahead', 'ahead', 'ahead', 'ahead left', 'ahead left', 'left', 'behind left', 'behind',
      'behind', 'behind right', 'right', 'ahead right']);
  assert.equal(directionOf(18).arrow, '←');
});

test('what is far is not worth a word, and told to those who do not see it', () => {
  assert.deepEqual(describe(seen({ 0: 150 }), LIMITS, false), { tone: '', arrow: '', text: '',
    spoken: 'Obstacles: nearest 1.50 m ahead' });
  assert.equal(describe(seen({}), LIMITS, false).spoken, 'Obstacles: none is seen');
});

test('what is near is told with distance, direction and level', () => {
  assert.deepEqual(describe(seen({ 0: 90, 18: 91 }), LIMITS, false), { tone: 'amber', arrow: '↑',
    text: '0.90 m ahead', spoken: 'Obstacles: nearest 0.90 m ahead' });
  assert.deepEqual(describe(seen({ 37: 5 }), LIMITS, false), { tone: 'red', arrow: '↓',
    text: '0.05 m behind', spoken: 'Obstacles: nearest 0.05 m behind' });
});

test('what is not of now is never told as distances', () => {
  for (const [one, stale] of /** @type {[any, boolean][]} */ ([
    [seen({ 0: 5 }), true], [seen({}, { cm: null }), false]])) {
    const words = describe(one, LIMITS, stale);
    assert.equal(words.tone, 'stale');
    assert.equal(words.text, 'No obstacle data');
    assert.equal(words.spoken, words.text);
  }
  assert.equal(describe({ cm: null, reason: '/scan is silent', monitor: '' }, LIMITS, true).text,
    'No obstacle data: /scan is silent');
});

test('one of several sensors that tells nothing is told beside what the others see', () => {
  const words = describe(seen({ 0: 90 }, { reason: '/rear is silent' }), LIMITS, false);
  assert.equal(words.text, '0.90 m ahead · Not all obstacles are seen: /rear is silent');
  assert.equal(describe(seen({}, { reason: 'x' }), LIMITS, false).tone, 'amber');
});

test('the collision monitor is a word', () => {
  const stop = describe(seen({ 0: 90 }, { monitor: 'stop' }), LIMITS, false);
  assert.equal(stop.text, 'Collision monitor: stop · 0.90 m ahead');
  assert.equal(stop.tone, 'red');
  assert.equal(describe(seen({}, { monitor: 'slow down' }), LIMITS, false).tone, 'amber');
  const alone = { ...LIMITS, sensors: false };
  assert.deepEqual(describe({ cm: null, reason: '', monitor: 'limit' }, alone, false), {
    tone: 'amber', arrow: '', text: 'Collision monitor: limit', spoken: 'Collision monitor: limit' });
  assert.equal(describe({ cm: null, reason: '', monitor: '' }, alone, false).text, '');
  assert.equal(describe({ cm: null, reason: 'none runs', monitor: '' }, alone, false).tone, 'stale');
});

test('the ring is up ahead, left at the left, and thicker for what is nearer', () => {
  const paths = ringPaths(CLEAR.with(0, 10).with(18, 50).with(36, -2), LIMITS);
  const ahead = points(paths.red);
  assert.equal(ahead.length, 4);
  assert.ok(ahead.every(([x, y]) => x < 0 && x > -9 && y < -70));
  const left = points(paths.amber);
  assert.ok(left.every(([x, y]) => x < -80 && y > -1 && y < 9));
  assert.equal(points(paths.unknown).length, 4);
  assert.equal(points(paths.clear).length, 69 * 4);
  const thickness = (/** @type {number} */ cm) => Math.max(...points(
    ringPaths(Array(72).fill(-2).with(0, cm), LIMITS)[levelOf(cm, LIMITS)]).map(([, y]) => y));
  // The inner edge moves away from -98.
  const edges = [250, 190, 110, 95, 45, 35, 0].map(thickness);
  assert.deepEqual(edges, edges.toSorted((a, b) => a - b));
  assert.equal(new Set(edges).size, edges.length);
});

test('the band has what the camera sees, left at the left', () => {
  // 45 degrees to both sides: 18 sectors.
  const all = bandPaths(Array(72).fill(10), LIMITS);
  assert.equal(all.red.split('M').length - 1, 18);
  const spans = (/** @type {string} */ path) => [...path.matchAll(/M(\S+) 26V(\S+)H([^V]+)V/g)].map(
    ([, from, top, to]) => [Number(from), Number(to), Number(top)]);
  const [[from, to, top]] = spans(bandPaths(CLEAR.with(8, 10), LIMITS).red);
  assert.equal(from, 1);
  // tan 40 degrees of tan 45 degrees.
  assert.ok(Math.abs(to - (500 - 500 * Math.tan(40 * Math.PI / 180) - 1)) < 0.1);
  assert.ok(top < 7 && top > 0);
  assert.deepEqual(spans(bandPaths(CLEAR.with(0, 10), LIMITS).red)[0].slice(1, 2), [499]);
  assert.deepEqual(spans(bandPaths(CLEAR.with(71, 10), LIMITS).red)[0].slice(0, 1), [501]);
  assert.equal(bandPaths(CLEAR.with(9, 10).with(36, 10), LIMITS).red, '');
  assert.equal(bandPaths(CLEAR, LIMITS).clear, '');
  // As wide as it can be.
  const wide = bandPaths(Array(72).fill(10), { ...LIMITS, view: Math.PI }).red;
  assert.equal(wide.split('M').length - 1, 36);
  assert.doesNotMatch(wide, /NaN|Infinity/);
});

test('a picture is in the middle of its place in the stage', () => {
  const stage = { left: 10, bottom: 520 };
  const place = { left: 10, bottom: 520, width: 400, height: 500 };
  assert.deepEqual(pictureBox(stage, { ...place, width: 1000, height: 300 }, 400, 300),
    { left: 300, width: 400, below: 0 });
  assert.deepEqual(pictureBox(stage, place, 40, 30), { left: 0, width: 400, below: 100 });
  assert.deepEqual(pictureBox(stage, place, 0, 0), { left: 0, width: 400, below: 0 });
  // Beside and above other pictures.
  assert.deepEqual(pictureBox(stage, { left: 211, bottom: 269, width: 400, height: 240 }, 40, 30),
    { left: 241, width: 320, below: 251 });
});
