import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  arc, edges, GroundCamera, moved, ORIGIN, placed, reach, readFootprint, readMount,
} from '../../../../../rtc_bridge/web/ui/ground/path_geometry.js';

const near = (found, wanted, within = 1e-9) => {
  const [a, b] = [found, wanted].map((one) => [one].flat(3));
  assert.equal(a.length, b.length);
  a.forEach((value, i) => assert.ok(Math.abs(value - b[i]) <= within, `${a} is not ${b}`));
};
const at = ({ x, y, heading }) => [x, y, heading];
const { PI, SQRT1_2: HALF, SQRT2 } = Math;
const BODY = [[0.3, 0.2], [0.3, -0.2], [-0.1, -0.2], [-0.1, 0.2]];
const LEVEL = { x: 0, y: 0, z: 1, roll: 0, pitch: 0, yaw: 0, fx: 0.5, fy: null, cx: 0.5, cy: 0.5 };
/** A camera of 100 x 80 pixels and a focal length of 50 pixels. */
const camera = (mount = {}) => new GroundCamera({ ...LEVEL, ...mount }, 100, 80);

test('a robot moves on a line, an arc, sideways and round itself', () => {
  near(at(moved(ORIGIN, { ahead: 0.5, left: 0, turn: 0 }, 2)), [1, 0, 0]);
  // A quarter of a circle of 2 m to the left.
  near(at(moved(ORIGIN, { ahead: PI, left: 0, turn: PI / 2 }, 1)), [2, 2, PI / 2]);
  // To the right and back.
  near(at(moved(ORIGIN, { ahead: -PI, left: 0, turn: -PI / 2 }, 1)), [-2, 2, -PI / 2]);
  near(at(moved(ORIGIN, { ahead: 0, left: 0.5, turn: 0 }, 2)), [0, 1, 0]);
  near(at(moved(ORIGIN, { ahead: 0, left: 0, turn: 1 }, 2)), [0, 0, 2]);
  near(at(moved({ x: 1, y: 2, heading: PI / 2 }, { ahead: 1, left: 0, turn: 0 }, 3)),
    [1, 5, PI / 2]);
});

test('steps on an arc end where one step does', () => {
  const velocity = { ahead: 0.7, left: 0.1, turn: 0.9 };
  const poses = arc({ x: 1, y: 2, heading: 3 }, velocity, 2, 4);
  assert.equal(poses.length, 5);
  near(at(poses[0]), [1, 2, 3]);
  poses.slice(1).forEach((pose, i) => near(at(moved(poses[i], velocity, 0.5)), at(pose)));
});

test('a body reaches to both sides of its way', () => {
  near(reach(BODY, { ahead: 1, left: 0, turn: 0 }), [0.2, -0.2]);
  near(reach(BODY, { ahead: -1, left: 0, turn: 0 }), [0.2, -0.2]);
  // Sideways its front is on the right, its tail on the left.
  near(reach(BODY, { ahead: 0, left: 1, turn: 0 }), [0.1, -0.3]);
  near(reach([], { ahead: 1, left: 0, turn: 1 }), [0, 0]);
});

test('in a turn the front corner outside goes the widest way', () => {
  // Round (0, 0.6): the left side passes at 0.4, the corner (0.3, -0.2) at the root of 0.73.
  near(reach(BODY, { ahead: 0.6, left: 0, turn: 1 }), [0.2, 0.6 - Math.sqrt(0.73)]);
  near(reach(BODY, { ahead: 0.6, left: 0, turn: -1 }), [Math.sqrt(0.73) - 0.6, -0.2]);
  // Backward with the same curve: left and right of the way are exchanged.
  near(reach(BODY, { ahead: -0.6, left: 0, turn: -1 }), [Math.sqrt(0.73) - 0.6, -0.2]);
  // Round a point of its own body.
  near(reach(BODY, { ahead: 0.1, left: 0, turn: 1 }), [0.1, 0.1 - Math.hypot(0.3, 0.3)]);
  // A slow turn is next to none.
  near(reach(BODY, { ahead: 0.5, left: 0, turn: 2e-4 }),
    reach(BODY, { ahead: 0.5, left: 0, turn: 0 }), 1e-3);
});

test('edges are beside the way', () => {
  const velocity = { ahead: PI / 2, left: 0, turn: PI / 2 };
  const [left, right] = edges(arc(ORIGIN, velocity, 1, 2), velocity, [[0, 0.5], [0, -0.5], [0, 0]]);
  near(left, [[0, 0.5], [0.5 * HALF, 1 - 0.5 * HALF], [0.5, 1]]);
  near(right, [[0, -0.5], [1.5 * HALF, 1 - 1.5 * HALF], [1.5, 1]]);
});

test('a level camera has the ground below its axis', () => {
  const level = camera();
  // 1 m below, 2 m ahead: 25 px below the middle. 1 m to the left: 25 px.
  near(level.project([2, 0]), [50, 65]);
  near(level.project([2, 1]), [25, 65]);
  near(level.project([4, -1]), [62.5, 52.5]);
  near(level.project([1e6, 0]), [50, 40], 1e-3);
  assert.equal(level.project([-2, 0]), null);
  assert.equal(level.project([0, 1]), null);
});

test('a camera looks down, aside, and from elsewhere', () => {
  // By 45 degrees: 1 m ahead of 1 m of height is on the axis.
  const down = camera({ pitch: PI / 4 });
  near(down.project([1, 0]), [50, 40]);
  // 2 m ahead: 3 HALF along the axis, HALF above it.
  near(down.project([2, 0]), [50, 40 - 50 / 3]);
  near(down.project([1, HALF]), [25, 40]);
  // Below it, where a level camera sees nothing.
  near(down.project([0, 0]), [50, 90]);
  near(camera({ yaw: PI / 2 }).project([0, 2]), [50, 65]);
  near(camera({ yaw: PI, x: -0.2 }).project([-2.2, 0]), [50, 65]);
  near(camera({ x: 0.5, y: 0.25 }).project([2.5, 0.25]), [50, 65]);
  // On its right side: what is below is to the right.
  near(camera({ roll: -PI / 2 }).project([2, 0]), [25, 40]);
  near(camera({ roll: PI / 2 }).project([2, 0]), [75, 40]);
});

test('a camera has focal lengths and an optical axis of its own, or is mirrored', () => {
  near(camera({ fy: 0.5, cx: 0.4, cy: 0.3 }).project([2, 1]), [15, 24 + 20]);
  near(camera({ fx: -0.5 }).project([2, 1]), [75, 65]);
  near(camera({ fy: -0.5 }).project([2, 0]), [50, 40 - 20]);
});

test('lines and areas end before the lens', () => {
  const level = camera({ z: 0.1 });
  // The near plane: 0.05 m.
  near(level.line([[-1, 0], [1, 0]]), [[[50, 140], [50, 45]]], 1e-6);
  near(level.line([[1, 0], [-1, 0]]), [[[50, 45], [50, 140]]], 1e-6);
  near(level.line([[1, 0], [2, 0]]), [[[50, 45], [50, 42.5]]], 1e-6);
  assert.deepEqual(level.line([[-2, 0], [-1, 0]]), []);
  // Behind, before, behind, and before again.
  const parts = level.line([[-1, 0], [1, 0], [-1, 0], [1, 0]]);
  assert.deepEqual(parts.map((part) => part.length), [3, 2]);
  near(level.area([[-1, 0], [1, 0], [1, -1]]),
    [[50 + 50 * 0.525 / 0.05, 140], [50, 140], [50, 45], [100, 45]], 1e-6);
  assert.deepEqual(level.area([[-1, 0], [-1, 1], [-2, 0]]), []);
  assert.deepEqual(level.area([]), []);
});

test('places are relative to a pose', () => {
  near(placed({ x: 1, y: 2, heading: PI / 4 }, [SQRT2, 0]), [2, 3]);
  near(placed({ x: 1, y: 2, heading: PI / 2 }, [0, 1]), [0, 2]);
});

test('what a robot tells is checked', () => {
  near(Object.values(readMount({ z: 0.3, fx: 0.7 })), [0, 0, 0.3, 0, 0, 0, 0.7, null, 0.5, 0.5]);
  assert.equal(readMount({ z: 0.3, fx: 0.7, pitch: 0.2, fy: -0.9 })?.pitch, 0.2);
  for (const bad of [undefined, null, 7, 'x', {}, { z: 1 }, { z: 0, fx: 1 }, { z: 1, fx: 0 },
    { z: 1, fx: NaN }, { z: '1', fx: 1 }, { z: 1, fx: 1, cy: null }, { z: 1, fx: 1, fy: 0 }]) {
    assert.equal(readMount(bad), null);
  }
  assert.deepEqual(readFootprint(BODY), BODY);
  for (const bad of [undefined, null, 'x', [], [[0, 1], [1, 0]], [[0, 1], [1, 0], [1]],
    [[0, 1], [1, 0], ['1', 0]], [[0, 1], [1, 0], 3], Array(65).fill([0, 1])]) {
    assert.deepEqual(readFootprint(bad), []);
  }
});
