// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Motion that a person asks for, independent of the device and of the robot's limits.
 *
 * @typedef {{x: number, y: number, turn: number, up?: number}} Motion forward, left,
 *   counter-clockwise and up (REP-103), each from -1 to 1, the robot's limit
 * @typedef {{axes: number[], buttons: number[]}} PadState a gamepad's axes, -1 to 1, and buttons,
 *   0 to 1, in the order of the Gamepad API
 * @typedef {{enabled?: boolean, joy?: boolean, max_linear_x?: number, max_linear_y?: number,
 *   max_linear_z?: number, max_angular_z?: number}} TeleopLimits what a robot's `hello` tells of driving, in m/s and rad/s
 */

/** @type {Readonly<Motion>} */
export const NEUTRAL = Object.freeze({ x: 0, y: 0, turn: 0, up: 0 });

/** @param {number} value */
const clamp = (value) => Math.max(-1, Math.min(1, Number.isFinite(value) ? value : 0));

/** @param {Motion} motion */
export const isNeutral = ({ x, y, turn, up = 0 }) => x === 0 && y === 0 && turn === 0
  && up === 0;

/**
 * Return the sum of what several devices ask for, within the limits.
 * @param {Motion[]} motions
 * @returns {Motion}
 */
export function combine(motions) {
  const sum = { x: 0, y: 0, turn: 0, up: 0 };
  for (const { x, y, turn, up = 0 } of motions) {
    sum.x += x;
    sum.y += y;
    sum.turn += turn;
    sum.up += up;
  }
  return { x: clamp(sum.x), y: clamp(sum.y), turn: clamp(sum.turn), up: clamp(sum.up) };
}

/**
 * Scale to a robot's limits, in m/s and rad/s. Robots that move up and down get `linear_z`.
 * @param {Motion} motion
 * @param {TeleopLimits} limits
 */
export function toTwist({ x, y, turn, up = 0 }, limits) {
  const climb = limits.max_linear_z ?? 0;
  // Adding 0 turns -0 into 0.
  return {
    linear_x: clamp(x) * (limits.max_linear_x ?? 0) + 0,
    linear_y: clamp(y) * (limits.max_linear_y ?? 0) + 0,
    angular_z: clamp(turn) * (limits.max_angular_z ?? 0) + 0,
    ...(climb > 0 && { linear_z: clamp(up) * climb + 0 }),
  };
}

/**
 * Return a motion as RTCBot's robots take it: forward, and right positive.
 * @param {Motion} motion
 */
export function toRtcbot({ x, turn }) {
  return { forward: clamp(x) + 0, leftright: -clamp(turn) + 0 };
}

/** Return a gamepad at rest. @param {PadState} pad @returns {PadState} */
export const padAtRest = (pad) => ({ axes: pad.axes.map(() => 0),
  buttons: pad.buttons.map(() => 0) });

/**
 * Tell whether nothing is pushed.
 * @param {Motion} motion
 * @param {PadState | null} pad without its dead zone
 */
export const isIdle = (motion, pad = null) => isNeutral(motion)
  && (!pad || (pad.axes.every((axis) => axis === 0) && pad.buttons.every((value) => value < 0.5)));
