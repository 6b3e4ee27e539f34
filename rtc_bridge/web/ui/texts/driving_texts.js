// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What the page says of driving. Pure. */

import { roleDrives } from '../../client/driving/driver.js';

/**
 * Say who drives.
 * @param {{role: string, enabled: boolean, epoch: number | null, taken: boolean, armed?: boolean,
 *   holder?: string | null, requestPending?: boolean, hasLease?: boolean}} driver hasLease: false
 *   for robots that know no lease
 */
export function driverText({ role, enabled, epoch, taken, armed = true, holder,
  requestPending = false, hasLease = true }) {
  if (epoch !== null) return armed ? 'You drive' : 'Paused';
  if (taken && requestPending) return `You asked ${holder || 'the driver'} to hand over`;
  if (taken) return `${holder || 'Somebody else'} drives`;
  if (!hasLease) return 'You do not drive';
  if (!roleDrives(role)) return 'Watching only';
  return enabled ? 'Nobody drives' : 'Driving is off';
}

/**
 * Say that the main picture is of a camera that is not for driving. A button beside it shows the
 * first one that is.
 * @param {string[]} driving names of the cameras that are
 */
export const cameraText = (driving) => (driving.length ? 'This camera is not for driving.'
  : 'This camera is not for driving, and the robot has no other one that is.');

/** What is said beside the lease of a refused command. @type {Record<string, string>} */
const STOPPED_BECAUSE = {
  frozen: 'Stopped: no fresh picture',
  stale: 'Stopped: the connection is slow',
  slow: 'Stopped: the connection is slow',
  guard: 'Stopped: the robot’s safety guard does not answer',
  'other-bridge': 'Stopped: another bridge drives this robot',
  'other-stop': 'Stopped: emergency stop of another bridge',
  'two-guards': 'Stopped: two safety guards are running',
};

/**
 * Say why what the driver does moves nothing at the moment; '' if it moves the robot.
 * @param {{engaged: boolean, locked: boolean, armed: boolean, refusal: string, state: string,
 *   tone: string}} facts engaged: the emergency stop is; refusal: the newest one, if it is of now;
 *   state and tone: of the `View`
 */
export function notMovingText({ engaged, locked, armed, refusal, state, tone }) {
  if (engaged) return 'Emergency stop';
  if (refusal === 'arm' && !armed) return 'Press Drive first';
  if (Object.hasOwn(STOPPED_BECAUSE, refusal)) return STOPPED_BECAUSE[refusal];
  const isOld = tone !== 'ok' && state !== 'off';
  if (locked && armed) return isOld ? STOPPED_BECAUSE.frozen : 'Stopped: let go of the controls';
  // Whether an old picture stops the robot is the robot's decision.
  return isOld ? 'No fresh picture' : '';
}

/** Codes of the protocol, and `arm` and `taken` of this page. @type {Record<string, string>} */
const REFUSED = {
  arm: 'Press Drive first. Until then keys and sticks move nothing.',
  taken: 'Somebody else is driving.',
  role: 'This link is for watching, not for driving.',
  epoch: 'You no longer drive. Press Drive to go on.',
  stale: 'Commands arrive too late: the connection is slow. The robot stops.',
  'neutral-first': 'The robot has stopped. Let go of the controls to go on.',
  'bad-value': 'The robot did not understand a command.',
  guard: 'The robot’s safety guard (cmd_vel_guard) does not answer, and without it nothing moves. '
    + 'Tell the robot’s owner.',
  'other-bridge': 'Another rtc_bridge drives this robot. Stop one of the two.',
  'two-guards': 'Two safety guards (cmd_vel_guard) are running on this robot. Stop one of them.',
  'other-stop': 'The emergency stop of another bridge of this robot is engaged. Release it there.',
  camera: 'This camera is not for driving. Choose another one.',
  slow: 'The connection is too slow to drive.',
  disabled: 'Driving is switched off on this robot.',
  frozen: 'The picture stands still, so the robot does, too.',
  stopped: 'The emergency stop is engaged. Release it before you drive on.',
};

/**
 * Say why a command was refused; '' where a person need not know.
 * @param {string} code
 */
export const refusedText = (code) => (Object.hasOwn(REFUSED, code) ? REFUSED[code] : '');
