// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What a gamepad's sticks ask for, in the terms of the standard mapping
 * (https://www.w3.org/TR/gamepad/#remapping). Pure.
 */

import { curved, deadZone, DEAD_ZONE } from '../driving/stick_curve.js';

/** @typedef {import('../../client/driving/motion.js').Motion} Motion */
/** @typedef {import('../../client/driving/motion.js').PadState} PadState */

/**
 * @typedef {object} Abilities what the robot can do besides driving and turning
 * @property {boolean} [strafes] it moves sideways
 * @property {boolean} [flies] it moves up and down
 */

/**
 * Return the motion that a gamepad asks for. The left stick drives and turns; on a robot that
 * moves sideways it does that, and the right stick turns, and moves up and down where a robot can.
 * @param {PadState} pad
 * @param {Abilities} abilities
 * @param {number} zone the dead zone of its sticks
 * @param {number} curve of its sticks, see `curved`
 * @returns {Motion}
 */
export function padMotion({ axes }, { strafes = false, flies = false }, zone = DEAD_ZONE,
  curve = 0) {
  const [left, down] = curved(...deadZone(axes[0] ?? 0, axes[1] ?? 0, zone), curve);
  // On other robots its other axis means nothing, and must not lift a drift across out of the dead
  // zone.
  const [right, sinking] = curved(...deadZone(axes[2] ?? 0, flies ? axes[3] ?? 0 : 0, zone), curve);
  const turn = -right - (strafes ? 0 : left);
  return { x: -down + 0, y: strafes ? -left + 0 : 0, turn: Math.max(-1, Math.min(1, turn)) + 0,
    up: -sinking + 0 };
}

/**
 * Return a gamepad's state without the dead zone of its sticks.
 * @param {PadState} pad
 * @returns {PadState}
 */
export function withoutDeadZone({ axes, buttons }, zone = DEAD_ZONE) {
  const sticks = axes.flatMap((axis, i) => (i % 2 ? [] : deadZone(axis, axes[i + 1] ?? 0, zone)));
  return { axes: sticks.slice(0, axes.length).map((axis) => axis + 0),
    buttons: buttons.map((value) => (value > zone ? value : 0)) };
}
