// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  bounded, frameOf, MAX_FACTOR, moved, pinched, turned, viewStyle, WHOLE, zoomedAt,
} from '../../../../../rtc_bridge/web/ui/pictures/picture_geometry.js';

// A picture of 4:3 in a wide place: 100 px are free on both sides.
const FRAME = frameOf({ width: 640, height: 480 }, { width: 1000, height: 600 }, 0);

/** Where a point of the picture (shares of it) is drawn, px from the middle of the place. */
const drawnAt = ({ factor, x, y }, [px, py], { fitted }) => [
  (px - x) * fitted.width * factor, (py - y) * fitted.height * factor];
/** The edges of the drawn picture: left, top, right, bottom. */
const edges = (zoom, frame) => [
  ...drawnAt(zoom, [0, 0], frame), ...drawnAt(zoom, [1, 1], frame)];
const near = (got, expected) => got.forEach((value, i) => (
  assert.ok(Math.abs(value - expected[i]) < 1e-6, `${got} is not ${expected}`)));

test('a picture fits its place, also when it is turned', () => {
  assert.deepEqual(FRAME.fitted, { width: 800, height: 600 });
  const upright = frameOf({ width: 640, height: 480 }, { width: 1000, height: 640 }, 90);
  assert.deepEqual(upright.fitted, { width: 480, height: 640 });
  assert.deepEqual(turned({ width: 3, height: 2 }, 180), { width: 3, height: 2 });
  // Before the first frame.
  assert.deepEqual(frameOf({ width: 0, height: 0 }, { width: 10, height: 20 }, 0).fitted,
    { width: 10, height: 20 });
  assert.deepEqual(frameOf({ width: 4, height: 3 }, { width: 0, height: 0 }, 0).fitted,
    { width: 0, height: 0 });
});

test('zoom is from 1 to 8', () => {
  let zoom = WHOLE;
  for (let i = 0; i < 30; i++) zoom = zoomedAt(zoom, 1.25, { x: 0, y: 0 }, FRAME);
  assert.equal(zoom.factor, MAX_FACTOR);
  for (let i = 0; i < 30; i++) zoom = zoomedAt(zoom, 0.8, { x: 390, y: 290 }, FRAME);
  assert.deepEqual(zoom, WHOLE);
  assert.equal(bounded({ factor: 99, x: 0.5, y: 0.5 }, FRAME).factor, MAX_FACTOR);
});

test('the point under the pointer stays there', () => {
  const zoom = zoomedAt(WHOLE, 2, { x: 200, y: -150 }, FRAME);
  near(drawnAt(zoom, [0.75, 0.25], FRAME), [200, -150]);
  near(drawnAt(zoomedAt(zoom, 1.5, { x: 200, y: -150 }, FRAME), [0.75, 0.25], FRAME), [200, -150]);
});

test('nothing beyond an edge is seen in place of the picture', () => {
  for (const by of [{ x: 9999, y: 9999 }, { x: -9999, y: -9999 }, { x: 9999, y: -9999 }]) {
    for (const factor of [1.01, 1.25, 2, 8]) {
      const frame = frameOf({ width: 640, height: 480 }, { width: 1000, height: 600 }, 90);
      for (const one of [FRAME, frame]) {
        const [left, top, right, bottom] = edges(moved({ factor, x: 0.5, y: 0.5 }, by, one), one);
        const [wide, high] = [one.fitted.width * factor, one.fitted.height * factor];
        // It covers its place, or is in the middle of it.
        if (wide >= 1000) assert.ok(left < -499.999 && right > 499.999);
        else near([left + right], [0]);
        if (high >= 600) assert.ok(top < -299.999 && bottom > 299.999);
        else near([top + bottom], [0]);
      }
    }
  }
});

test('a drag moves the picture with the pointer', () => {
  const zoom = zoomedAt(WHOLE, 4, { x: 0, y: 0 }, FRAME);
  const [x, y] = drawnAt(zoom, [0.5, 0.5], FRAME);
  near(drawnAt(moved(zoom, { x: 30, y: -20 }, FRAME), [0.5, 0.5], FRAME), [x + 30, y - 20]);
  assert.deepEqual(moved(WHOLE, { x: 30, y: -20 }, FRAME), WHOLE);
});

test('two fingers keep what is under them', () => {
  const before = [{ x: -50, y: 0 }, { x: 50, y: 0 }];
  const now = [{ x: -80, y: 20 }, { x: 120, y: 20 }];
  const zoom = pinched({ factor: 2, x: 0.5, y: 0.5 }, before, now, FRAME);
  assert.equal(zoom.factor, 4);
  const under = (at) => [0.5 + at.x / (FRAME.fitted.width * 2), 0.5 + at.y / (FRAME.fitted.height * 2)];
  before.forEach((at, i) => near(drawnAt(zoom, under(at), FRAME), [now[i].x, now[i].y]));
  // Fingers at one point.
  assert.equal(pinched(WHOLE, [now[0], now[0]], now, FRAME).factor, 1);
});

test('the style fills the place unless something is changed', () => {
  assert.deepEqual(viewStyle(WHOLE, 0, FRAME), { inset: '', width: '', height: '', transform: '' });
  assert.deepEqual(viewStyle(WHOLE, 90, FRAME), { inset: '-200px auto auto 200px', width: '600px',
    height: '1000px', transform: 'translate(0px, 0px) scale(1.0000) rotate(90deg)' });
  assert.equal(viewStyle({ factor: 2, x: 0.75, y: 0.5 }, 180, FRAME).transform,
    'translate(-400px, 0px) scale(2.0000) rotate(180deg)');
});
