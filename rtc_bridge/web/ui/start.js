// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Begins to connect before the page is read, and then shows it: it needs no element of it.
 * Options in the URL: `?camera=NAME` for the main picture, `?slots=N` (1 to 4) for how many cameras
 * the page can show at once.
 */

import { takeInvite } from '../client/kept_invite.js';
import { RobotConnection } from '../client/robot_connection.js';
import { signalingUrl } from '../client/signaling/signaling_socket.js';
import { firstPicture } from './pictures/video_frames.js';
import { Settings, storage, tabStorage } from './settings.js';

const MAX_SLOTS = 4;
// Relays answer sooner, or not soon; then the page is shown without them, ms.
const MAX_WAIT_MS = 200;

/** The rest of the page, from the time on when it is loaded. @type {Promise<void> | undefined} */
let page;
const options = new URLSearchParams(location.search);
// A page that does not come from its signaling server names it, as that of `rtc-bridge view`.
const signalingServer = document.querySelector('meta[name=signaling]')?.getAttribute('content');

export const keptInvite = takeInvite(location, history, tabStorage());
export const slotCount = Math.max(1, Math.min(MAX_SLOTS,
  Math.floor(Number(options.get('slots') ?? MAX_SLOTS)) || MAX_SLOTS));
export const settings = new Settings(storage());
export const connection = new RobotConnection({
  url: signalingServer ?? signalingUrl(location), slots: slotCount, camera: options.get('camera'),
  invite: keptInvite.invite, firstPicture, memory: tabStorage(),
  preferredCamera: (robot) => {
    settings.useRobot(robot);
    return settings.get('camera');
  },
});
Object.assign(window, { rtcBridgeStarts: true });
// While the browser makes its offer there is time for the rest; before that both would wait.
connection.on('session', () => { page ??= showPage(); });
setTimeout(() => { page ??= showPage(); }, MAX_WAIT_MS);
// What is shown has a listener of its own, which comes first.
addEventListener('pagehide', () => connection.stop());
// The browser brings the page back from its cache.
addEventListener('pageshow', ({ persisted }) => persisted && connection.start());
// Another link was pasted into the address.
addEventListener('hashchange', () => location.reload());
if (keptInvite.damaged) connection.giveUp('bad-invite');
else connection.start();

async function showPage() {
  try {
    if (document.readyState === 'loading') {
      await new Promise((resolve) => { addEventListener('DOMContentLoaded', resolve); });
    }
    await import('./main.js');
  } catch (error) {
    console.error('rtc_bridge:', error);
    // What listens may come later.
    Object.assign(window, { rtcBridgeLost: true });
    dispatchEvent(new Event('rtc-bridge-part-lost'));
  }
}
