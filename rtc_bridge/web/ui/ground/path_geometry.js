// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Where a robot goes by a velocity, and where that is in the picture of a camera on it. Lengths in
 * m, angles in rad, x ahead, y to the left, counter-clockwise (REP 103); the origin is the robot's
 * centre on the ground.
 *
 * @typedef {[number, number]} Point on the ground, or in the picture
 * @typedef {{x: number, y: number, heading: number}} Pose
 * @typedef {{ahead: number, left: number, turn: number}} Velocity m/s, rad/s
 * @typedef {object} Mount where a camera is on its robot, and what it sees
 * @property {number} x of the lens
 * @property {number} y
 * @property {number} z above the ground
 * @property {number} roll positive: to the right
 * @property {number} pitch positive: down
 * @property {number} yaw positive: to the left
 * @property {number} fx focal length, as a share of the picture's width; negative: it is mirrored
 * @property {number | null} fy the same of its height; null: pixels are square
 * @property {number} cx place of the optical axis, as a share of the width
 * @property {number} cy the same of the height
 */

// A turn that is slower is none: the arc of two seconds is straight to a tenth of a millimetre.
const STRAIGHT_RAD_PER_S = 1e-4;
// Of what is nearer to the lens, along its axis, nothing is drawn: its place in the picture has no
// bounds.
const NEAR_M = 0.05;
const MAX_CORNERS = 64;

/** @type {Readonly<Pose>} */
export const ORIGIN = Object.freeze({ x: 0, y: 0, heading: 0 });

/** Return a place relative to a pose on the ground. @param {Pose} pose @param {Point} point */
export function placed({ x, y, heading }, [ahead, left]) {
  const [cos, sin] = [Math.cos(heading), Math.sin(heading)];
  return /** @type {Point} */ ([x + cos * ahead - sin * left, y + sin * ahead + cos * left]);
}

/**
 * Return where a robot is after some time: on an arc, or a straight line.
 * @param {Pose} pose
 * @param {Velocity} velocity
 * @param {number} seconds
 * @returns {Pose}
 */
export function moved(pose, { ahead, left, turn }, seconds) {
  const angle = turn * seconds;
  // The chord is shorter than the arc, and looks along the middle of the turn.
  const chord = seconds * (Math.abs(angle) < 1e-9 ? 1 : Math.sin(angle / 2) / (angle / 2));
  const [x, y] = placed({ ...pose, heading: pose.heading + angle / 2 },
    [ahead * chord, left * chord]);
  return { x, y, heading: pose.heading + angle };
}

/**
 * Return where a robot passes by, from a pose on.
 * @param {Pose} start
 * @param {Velocity} velocity
 * @param {number} seconds
 * @param {number} steps
 * @returns {Pose[]} one more than steps
 */
export const arc = (start, velocity, seconds, steps) => Array.from({ length: steps + 1 },
  (_, step) => moved(start, velocity, seconds * step / steps));

/** Return how far a point is from a segment. @param {Point} p @param {Point} a @param {Point} b */
function distance([px, py], [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const share = ((px - ax) * dx + (py - ay) * dy) / (dx * dx + dy * dy || 1);
  const near = Math.max(0, Math.min(1, share));
  return Math.hypot(px - ax - near * dx, py - ay - near * dy);
}

/** Tell whether a point is in a polygon. @param {Point} point @param {Point[]} corners */
function isInside([px, py], corners) {
  let inside = false;
  corners.forEach(([ax, ay], i) => {
    const [bx, by] = corners[(i + 1) % corners.length];
    if ((ay > py) !== (by > py) && px < ax + (py - ay) / (by - ay) * (bx - ax)) inside = !inside;
  });
  return inside;
}

/**
 * Return how far a robot's body reaches to the left and to the right (negative) of its way. In a
 * turn the corner that is farthest from the centre of the turn goes round outside.
 * @param {Point[]} footprint corners; none: a robot without width
 * @param {Velocity} velocity
 * @returns {Point}
 */
export function reach(footprint, { ahead, left, turn }) {
  if (!footprint.length) return [0, 0];
  const speed = Math.hypot(ahead, left);
  const [nx, ny] = [-left / speed, ahead / speed];
  if (Math.abs(turn) < STRAIGHT_RAD_PER_S) {
    const sides = footprint.map(([x, y]) => x * nx + y * ny);
    return [Math.max(...sides), Math.min(...sides)];
  }
  const radius = speed / turn;
  const centre = /** @type {Point} */ ([nx * radius, ny * radius]);
  const outer = Math.max(...footprint.map(([x, y]) => Math.hypot(x - centre[0], y - centre[1])));
  const inner = isInside(centre, footprint) ? 0 : Math.min(...footprint.map((corner, i) => (
    distance(centre, corner, footprint[(i + 1) % footprint.length]))));
  const size = Math.abs(radius);
  return turn > 0 ? [size - inner, size - outer] : [outer - size, inner - size];
}

/**
 * Return the two edges of what a robot's body passes over.
 * @param {Pose[]} poses on its way
 * @param {Velocity} velocity with which it goes there
 * @param {Point[]} footprint
 */
export function edges(poses, velocity, footprint) {
  const direction = Math.atan2(velocity.left, velocity.ahead);
  return reach(footprint, velocity).map((side) => poses.map((pose) => (
    placed({ ...pose, heading: pose.heading + direction }, [0, side]))));
}

/** A pinhole camera on a robot. */
export class GroundCamera {
  #mount;
  #size;
  /** Rows: its axis, to the left, up. @type {number[][]} */
  #axes;

  /**
   * @param {Mount} mount
   * @param {number} width of the picture, px
   * @param {number} height
   */
  constructor(mount, width, height) {
    this.#mount = mount;
    this.#size = [width, height];
    const { yaw, pitch, roll } = mount;
    const [cy, sy, cp, sp, cr, sr] = [yaw, pitch, roll].flatMap((a) => [Math.cos(a), Math.sin(a)]);
    this.#axes = [
      [cy * cp, sy * cp, -sp],
      [cy * sp * sr - sy * cr, sy * sp * sr + cy * cr, cp * sr],
      [cy * sp * cr + sy * sr, sy * sp * cr - cy * sr, cp * cr]];
  }

  /** Return a point of the ground as the camera has it: depth, left, up. @param {Point} point */
  #seen([x, y]) {
    const { x: mx, y: my, z } = this.#mount;
    return this.#axes.map(([ax, ay, az]) => ax * (x - mx) + ay * (y - my) - az * z);
  }

  /** @param {number[]} seen @returns {Point} */
  #pixel([depth, left, up]) {
    const { fx, fy, cx, cy } = this.#mount;
    const [width, height] = this.#size;
    return [width * (cx - fx * left / depth),
      height * cy - (fy === null ? Math.abs(fx) * width : fy * height) * up / depth];
  }

  /** Return where a point of the ground is in the picture; null: not before the lens.
   * @param {Point} point */
  project(point) {
    const seen = this.#seen(point);
    return seen[0] >= NEAR_M ? this.#pixel(seen) : null;
  }

  /**
   * Return the parts of a line on the ground that are before the lens, as lines in the picture.
   * @param {Point[]} line
   * @returns {Point[][]}
   */
  line(line) {
    const seen = line.map((point) => this.#seen(point));
    /** @type {Point[][]} */
    const parts = [];
    let open = false;
    seen.forEach((one, i) => {
      const before = seen[i - 1];
      const visible = one[0] >= NEAR_M;
      if (before && visible !== open) {
        const edge = this.#pixel(cut(before, one));
        if (visible) parts.push([edge]);
        else parts[parts.length - 1].push(edge);
      } else if (visible && !open) parts.push([]);
      if (visible) parts[parts.length - 1].push(this.#pixel(one));
      open = visible;
    });
    return parts;
  }

  /**
   * Return the part of an area on the ground that is before the lens, as its corners in the
   * picture.
   * @param {Point[]} corners
   * @returns {Point[]}
   */
  area(corners) {
    const seen = corners.map((point) => this.#seen(point));
    return seen.flatMap((one, i) => {
      const before = seen.at(i - 1) ?? one;
      const visible = one[0] >= NEAR_M;
      const edge = visible !== before[0] >= NEAR_M ? [cut(before, one)] : [];
      return [...edge, ...(visible ? [one] : [])].map((point) => this.#pixel(point));
    });
  }
}

/** Return where a segment comes through the near plane. @param {number[]} a @param {number[]} b */
function cut(a, b) {
  const share = (NEAR_M - a[0]) / (b[0] - a[0]);
  return [NEAR_M, a[1] + share * (b[1] - a[1]), a[2] + share * (b[2] - a[2])];
}

/**
 * Return what a robot tells of a camera's place; null: nothing that can be used.
 * @param {any} told the member `mount` of a camera
 * @returns {Mount | null}
 */
export function readMount(told) {
  const { x = 0, y = 0, z, roll = 0, pitch = 0, yaw = 0, fx, fy = null, cx = 0.5, cy = 0.5 } = told
    ?? {};
  const good = [x, y, z, roll, pitch, yaw, fx, fy ?? 1, cx, cy].every(Number.isFinite)
    && z > 0 && fx !== 0 && fy !== 0;
  return good ? { x, y, z, roll, pitch, yaw, fx, fy, cx, cy } : null;
}

/**
 * Return the corners of a robot's outline, as far as it tells; none: it has no width.
 * @param {any} told
 * @returns {Point[]}
 */
export function readFootprint(told) {
  const good = Array.isArray(told) && told.length >= 3 && told.length <= MAX_CORNERS
    && told.every((corner) => Array.isArray(corner) && corner.length === 2
      && corner.every(Number.isFinite));
  return good ? told : [];
}
