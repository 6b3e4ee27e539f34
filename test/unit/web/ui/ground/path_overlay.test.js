import assert from 'node:assert/strict';
import { test } from 'node:test';

import { GroundCamera } from '../../../../../rtc_bridge/web/ui/ground/path_geometry.js';
import { drawPath } from '../../../../../rtc_bridge/web/ui/ground/path_overlay.js';

/** 1 m above the ground, with a focal length of 50 of its 100 pixels: it sees from 1.25 m on. */
const CAMERA = new GroundCamera({ x: 0, y: 0, z: 1, roll: 0, pitch: 0, yaw: 0, fx: 0.5, fy: null,
  cx: 0.5, cy: 0.5 }, 100, 80);
const BODY = [[0.3, 0.2], [0.3, -0.2], [-0.1, -0.2], [-0.1, 0.2]];
const AHEAD = { ahead: 1, left: 0, turn: 0 };
const HERE = { x: 0, y: 0, heading: 0 };
/** Where a point of the ground is. */
const pixel = (x, y) => [50 - 50 * y / x, 40 + 50 / x];

function near(found, wanted) {
  assert.equal(found.length, wanted.length);
  found.forEach((point, i) => point.forEach((value, j) => (
    assert.ok(Math.abs(value - wanted[i][j]) < 1e-6, `${point} is not ${wanted[i]}`))));
}

test('a path has two edges, and marks where the front is after one and two seconds', () => {
  const { lines: [left, right, ...marks], area, ghost } = drawPath(CAMERA, AHEAD, BODY, null);
  near(left.slice(1), [pixel(2.3, 0.2)]);
  near(right.slice(1), [pixel(2.3, -0.2)]);
  assert.equal(marks.length, 2);
  near(marks[0], [pixel(1.3, 0.2), pixel(1.3, -0.2)]);
  near(marks[1], [pixel(2.3, 0.2), pixel(2.3, -0.2)]);
  near(area.slice(1, 3), [pixel(2.3, 0.2), pixel(2.3, -0.2)]);
  assert.deepEqual(ghost, []);
});

test('it begins where the robot is by now, and that is drawn, too', () => {
  const now = { x: 1.5, y: 0.5, heading: 0 };
  const { lines, ghost } = drawPath(CAMERA, AHEAD, BODY, now);
  near(lines[0], [pixel(1.5, 0.7), pixel(3.8, 0.7)]);
  near(ghost[0], [[0.3, 0.2], [0.3, -0.2], [-0.1, -0.2], [-0.1, 0.2], [0.3, 0.2]].map(
    ([x, y]) => pixel(1.5 + x, 0.5 + y)));
});

test('a slow robot has a path that is long enough to be seen', () => {
  const { lines } = drawPath(CAMERA, { ahead: 0.1, left: 0, turn: 0 }, BODY, HERE);
  assert.equal(lines[0].length, 2);
  near(lines[0].slice(1), [pixel(2, 0.2)]);
});

test('a path goes round half a circle at most', () => {
  // Round (0, 1), to (0, 2) and no mark after 1.57 s.
  const { lines } = drawPath(CAMERA, { ahead: 2, left: 0, turn: 2 }, [], HERE);
  assert.equal(lines.length, 2);
  assert.ok(lines[0].length > 30);
  // A slower turn of two seconds.
  assert.equal(drawPath(CAMERA, { ahead: 2, left: 0, turn: 1 }, BODY, HERE).lines.length, 4);
});

test('a robot that turns on the spot has no path, and one without an outline has a line', () => {
  const turning = drawPath(CAMERA, { ahead: 0, left: 0, turn: 1 }, BODY, { x: 2, y: 0, heading: 0 });
  assert.deepEqual([turning.area, turning.lines, turning.ghost.length], [[], [], 1]);
  const { lines, ghost } = drawPath(CAMERA, AHEAD, [], HERE);
  near(lines[0].slice(1), [pixel(2, 0)]);
  assert.deepEqual(ghost, []);
});

test('what is behind the camera is not drawn', () => {
  const { area, lines, ghost } = drawPath(CAMERA, { ahead: -1, left: 0, turn: 0 }, BODY,
    { x: -1, y: 0, heading: 0 });
  assert.deepEqual([area, lines, ghost], [[], [], []]);
});
