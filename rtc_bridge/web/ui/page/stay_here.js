// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Keeps the page open while it drives, and the screen on while it is watched. */

import { LeaveGuard } from './leave_guard.js';
import { ScreenLock } from './screen_lock.js';

/** @param {import('../station.js').Page} page */
export function stayHere({ connection, teleop, viewerStats, inputs, status, picture }) {
  const guard = new LeaveGuard({
    letGo: () => inputs.letGo(),
    onKept: () => status.toast('You drive, so this page stays, and the robot was stopped. Press '
      + '“Stop driving” first, then go back.'),
  });
  const screenLock = new ScreenLock(navigator.wakeLock, document);
  const update = () => {
    const { driver } = teleop;
    const drives = !!driver?.armed && driver.epoch !== null;
    guard.update(drives);
    const state = connection.slots.get(0)?.state;
    screenLock.update(drives || (connection.link === 'up' && picture.shown && state !== 'still'
      && state !== 'lost'));
  };
  connection.on('control', update);
  for (const source of [connection, teleop, picture]) source.addEventListener('change', update);
  viewerStats.on('measured', update);
  update();
}
