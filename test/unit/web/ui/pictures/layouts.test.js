// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  DEFAULT_INSET, formatLayout, insetBox, isStacked, moveInset, parseLayout, possible, readInset,
  sizeInset, withParameter,
} from '../../../../../rtc_bridge/web/ui/pictures/layouts.js';

const STAGE = { width: 1000, height: 600 };

test('a URL says layout and cameras', () => {
  assert.deepEqual(parseLayout('two'), { layout: 'two', cameras: [] });
  assert.deepEqual(parseLayout('grid:rear/image_raw,,arm,more'),
    { layout: 'grid', cameras: ['rear/image_raw', '', 'arm'] });
  for (const bad of [null, '', 'three', 'toString', ':rear', `two:${'x'.repeat(600)}`]) {
    assert.equal(parseLayout(bad), null);
  }
  for (const text of ['one', 'two:rear', 'grid:rear/image_raw,,arm', 'inset:arm']) {
    const { layout, cameras } = parseLayout(text);
    assert.equal(formatLayout(layout, cameras), text);
  }
  assert.equal(formatLayout('two', [null, 'arm']), 'two');
});

test('the rest of a URL stays as it is', () => {
  const change = (url) => withParameter(url, 'layout', 'grid:a/b,ü&');
  const text = 'layout=grid:a/b,%C3%BC%26';
  assert.equal(change('http://h/robot'), `http://h/robot?${text}`);
  assert.equal(change('http://h/?camera=a%2Fb&layout=one&slots=3#v1.x.y'),
    `http://h/?camera=a%2Fb&slots=3&${text}#v1.x.y`);
  assert.equal(change('http://h/?a+b#x?layout=one'), `http://h/?a+b&${text}#x?layout=one`);
  assert.deepEqual(parseLayout(new URL(change('http://h/')).searchParams.get('layout')).cameras,
    ['a/b', 'ü&']);
});

test('a layout has no more places than there are pictures', () => {
  assert.equal(possible('grid', 4, 4), 'grid');
  assert.equal(possible('grid', 4, 3), 'grid');
  assert.equal(possible('grid', 4, 2), 'two');
  assert.equal(possible('grid', 2, 4), 'two');
  assert.equal(possible('inset', 4, 2), 'inset');
  assert.equal(possible('two', 1, 4), 'one');
  assert.equal(possible('two', 4, 1), 'one');
});

test('two pictures are above each other where they are larger so', () => {
  assert.equal(isStacked(STAGE), false);
  assert.equal(isStacked({ width: 390, height: 460 }), true);
});

test('an inset stays in the stage, and is neither too small nor too large', () => {
  assert.deepEqual(insetBox(DEFAULT_INSET, STAGE, 4 / 3),
    { left: 700, top: 0, width: 300, height: 225 });
  const right = moveInset(DEFAULT_INSET, { x: 50, y: 9999 }, STAGE, 4 / 3);
  assert.deepEqual(right, { x: 1, y: 1, width: 0.3 });
  const left = moveInset(right, { x: -350, y: -75 }, STAGE, 4 / 3);
  assert.deepEqual(insetBox(left, STAGE, 4 / 3), { left: 350, top: 300, width: 300, height: 225 });
  const wider = insetBox(sizeInset(left, 40, STAGE, 4 / 3), STAGE, 4 / 3);
  assert.deepEqual([wider.left, wider.top, wider.width].map(Math.round), [350, 300, 340]);
  for (const by of [-9999, 9999]) {
    for (const aspect of [0.5, 4 / 3, 3]) {
      for (const stage of [STAGE, { width: 320, height: 160 }, { width: 0, height: 0 }]) {
        const box = insetBox(sizeInset(left, by, stage, aspect), stage, aspect);
        assert.ok(box.left >= 0 && box.left + box.width <= stage.width + 1e-6);
        assert.ok(box.top >= 0 && box.top + box.height <= stage.height + 1e-6);
      }
    }
  }
});

test('what was stored may be anything', () => {
  for (const bad of [null, 7, 'x', [], { x: 'a', y: NaN, width: Infinity }]) {
    assert.deepEqual(readInset(bad), DEFAULT_INSET);
  }
  assert.deepEqual(readInset({ x: -3, y: 0.5, width: 9 }), { x: 0, y: 0.5, width: 0.6 });
});
