// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The page: shows the picture, what state it is in, and the emergency stop; then loads the rest.
 */

import { COMMAND_PERIOD_MS } from '../client/driving/driver.js';
import { NEUTRAL } from '../client/driving/motion.js';
import { Teleop } from '../client/driving/teleop.js';
import { box, loadStyle, write } from './dom.js';
import { listenToStopKeys } from './driving/stop_keys.js';
import { StopView } from './driving/stop_view.js';
import { PageApi } from './page/page_api.js';
import { PageView } from './page/page_view.js';
import { Stage } from './page/stage.js';
import { StatusView } from './page/status_view.js';
import { followTheme } from './page/theme.js';
import { CameraViews } from './pictures/camera_views.js';
import { MainPicture } from './pictures/main_picture.js';
import { SlotPicture } from './pictures/slot_picture.js';
import { connection, keptInvite, settings, slotCount } from './start.js';

// After so long the rest is loaded, whether there is a picture or not, ms.
const MAX_WAIT_MS = 1500;

followTheme(settings);
const status = new StatusView();
const stage = new Stage(box('stage'));
const cameras = new CameraViews(slotCount, settings, showCamera);
const picture = new MainPicture(connection, cameras.videos[0]);
const pictures = cameras.videos.map((video, slot) => (
  slot ? new SlotPicture(connection, slot, video) : picture));
/** @type {import('./controls.js').Controls | null} */
let controls = null;
const teleop = new Teleop(connection, {
  paintedFrame: (session) => picture.paintedTimestamp(session),
});
const api = new PageApi(connection, teleop, settings);
const pageView = new PageView({ connection, teleop, picture, pictures, cameras, status,
  stopView: new StopView(teleop, { stop, withdraw: withdrawStop }) });
listenToStopKeys(stop);
box('retry').addEventListener('click', () => connection.retry());

function render() {
  api.setState(pageView.render());
}

// The controls go on with it: until they are there, a stop is sent again and ends here.
const stopTimer = setInterval(() => {
  teleop.updatePendingStop();
  if (teleop.activeDriver?.stopping) teleop.step(NEUTRAL);
}, COMMAND_PERIOD_MS);

/** Press the emergency stop. */
function stop() {
  controls?.inputs.letGo();
  teleop.stop();
}

function withdrawStop() {
  teleop.withdrawStop();
  stage.takeFreeFocus();
}

/**
 * Show a camera, and begin with it the next time.
 * @param {number} slot
 * @param {string | null} camera
 */
function showCamera(slot, camera) {
  if (!slot && camera) settings.set('camera', camera);
  connection.select(slot, camera);
}

function showStreams() {
  // A browser calls no page loaded, ever, that has a video which waits for its first picture.
  if (document.readyState !== 'complete') return;
  cameras.keepLast(picture.camera);
  cameras.play(connection.session?.trustedStreams ?? []);
}

function onSession() {
  // Robots of RTCBot's tell no name.
  if (connection.session?.kind === 'rtcbot') settings.useRobot(location.pathname);
  showStreams();
}

addEventListener('load', showStreams);
connection.on('session', onSession);
if (connection.session) onSession();
connection.handle({
  hello: ({ robot_id: robot }) => {
    showStreams();
    document.title = String(robot ?? 'rtc_bridge');
    write('robot', document.title);
  },
});
for (const source of [connection, teleop, settings, ...pictures]) {
  source.addEventListener('change', render);
}
// Every message of the robot may change what is shown.
connection.on('control', render);
for (const type of ['online', 'offline']) addEventListener(type, render);

/** Wait until there is something to see: browser and robot are busy with that until then. */
function pictureOrFailure() {
  return new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
    pageView.on('shown', ({ tone }) => tone !== 'wait' && resolve());
    setTimeout(resolve, MAX_WAIT_MS);
  });
}

/** Load what is not needed for the first picture, one part after another. */
async function loadRest() {
  const page = { connection, teleop, settings, status, stage, picture, cameras, pageView, api,
    keptInvite, showCamera, stop, render };
  const seen = pictureOrFailure();
  try {
    const { Controls } = await import('./controls.js');
    controls = new Controls(page);
    clearInterval(stopTimer);
    render();
    await seen;
    const [{ addStation }] = await Promise.all([import('./station.js'), loadStyle('station.css')]);
    addStation({ ...page, ...controls });
    dispatchEvent(new Event('rtc-bridge-whole'));
  } catch (error) {
    console.error('rtc_bridge:', error);
    dispatchEvent(new Event('rtc-bridge-part-lost'));
  }
}

Object.assign(window, { rtcBridge: api });
render();
loadRest();
