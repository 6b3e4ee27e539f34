// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** How far a stick is pushed, and how much of the robot's speed that is. Pure. */

/** Sticks rarely come back to 0 exactly. */
export const DEAD_ZONE = 0.1;

/**
 * Take the dead zone out of a stick, by its radius: outside it the value grows from 0 in every
 * direction.
 * @param {number} x
 * @param {number} y
 * @returns {[number, number]}
 */
export function deadZone(x, y, zone = DEAD_ZONE) {
  const radius = Math.hypot(x, y);
  if (!(radius > zone)) return [0, 0];
  const scale = Math.min(1, (radius - zone) / (1 - zone)) / radius;
  return [x * scale, y * scale];
}

/**
 * Return a stick's value with a curve (expo), by its radius: the direction stays, small pushes
 * become smaller, and a full one stays full.
 * @param {number} x
 * @param {number} y without the dead zone
 * @param {number} curve 0: straight, to 1: the cube
 * @returns {[number, number]}
 */
export function curved(x, y, curve) {
  const scale = 1 - curve + curve * Math.min(1, x * x + y * y);
  return [x * scale, y * scale];
}
