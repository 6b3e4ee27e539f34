// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import test from 'node:test';
import { PictureSettings, readValues } from '../../../../../rtc_bridge/web/ui/pictures/picture_settings.js';

/** A storage as browsers have it. */
function memory() {
  const kept = new Map();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
}

test('choices are kept for each robot', () => {
  const storage = memory();
  const settings = new PictureSettings(storage);
  settings.useRobot('one');
  settings.change({ layout: 'grid', places: ['rear', 'arm'] });
  settings.turnOn('rear');
  settings.turnOn('rear');
  settings.useRobot('two');
  assert.equal(settings.values.layout, 'one');
  assert.equal(settings.turn('rear'), 0);
  settings.change({ layout: 'two' });
  const later = new PictureSettings(storage);
  later.useRobot('one');
  assert.deepEqual([later.values.layout, later.values.places, later.turn('rear'), later.turn(null)],
    ['grid', ['rear', 'arm'], 180, 0]);
  // Turned all the way round there is nothing to keep.
  later.turnOn('rear');
  later.turnOn('rear');
  assert.deepEqual(later.values.turns, {});
});

test('what was stored may be anything', () => {
  const defaults = readValues(null);
  for (const bad of [7, 'x', [], { layout: 'toString', places: 3, turns: { a: 45, b: 'x' }, cap: NaN,
    quality: 'all', labels: 1, smooth: 'yes', inset: [] }]) {
    assert.deepEqual(readValues(bad), defaults);
  }
  assert.equal(readValues({ cap: 1 }).cap, 150);
  const storage = memory();
  storage.setItem('rtc_bridge.pictures', '{');
  const settings = new PictureSettings(storage);
  settings.useRobot('one');
  assert.deepEqual(settings.values, defaults);
  const forbidden = new PictureSettings({ getItem() { throw new Error(); },
    setItem() { throw new Error(); } });
  forbidden.useRobot('one');
  forbidden.change({ smooth: true });
  assert.equal(forbidden.values.smooth, true);
});
