// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The page: makes its parts and joins them. */

import { Teleop } from '../client/teleop.js';
import { ViewerStats } from '../client/viewer_stats.js';
import { CameraViews } from './camera_views.js';
import { fallbackText } from './connection_texts.js';
import { box, write } from './dom.js';
import { DriveLoop } from './drive_loop.js';
import { refusedText } from './driving_texts.js';
import { InputDevices } from './input_devices.js';
import { LeasePanel } from './lease_panel.js';
import { LocalNetwork } from './local_network.js';
import { MainPicture } from './main_picture.js';
import { NoticesPanel } from './notices_panel.js';
import { PageApi } from './page_api.js';
import { PageLifecycle } from './page_lifecycle.js';
import { PageView } from './page_view.js';
import { keepStopInSight } from './page_zoom.js';
import { SidePanels } from './side_panels.js';
import { SlotPicture } from './slot_picture.js';
import { SpeedSliders } from './speed_sliders.js';
import { Stage } from './stage.js';
import { connection, keptInvite, settings, slotCount } from './start.js';
import { StatusView } from './status_view.js';
import { StopView } from './stop_view.js';
import { followTheme } from './theme.js';
import { Toolbar } from './toolbar.js';

followTheme(settings);
const status = new StatusView();
const stage = new Stage(box('stage'));
const cameras = new CameraViews(slotCount, settings, showCamera);
const picture = new MainPicture(connection, cameras.videos[0]);
const pictures = cameras.videos.map((video, slot) => (
  slot ? new SlotPicture(connection, slot, video) : picture));
const viewerStats = new ViewerStats(connection);
const teleop = new Teleop(connection, {
  paintedFrame: (session) => picture.paintedTimestamp(session),
  onCommand: (command) => viewerStats.onCommand(command),
});
const localNetwork = new LocalNetwork();
const inputs = new InputDevices(stage.element, settings);
const driveLoop = new DriveLoop({ connection, teleop, inputs, status, stage });
const sidePanels = new SidePanels(settings);
const toolbar = new Toolbar({
  video: cameras.videos[0], stream: mainStream, settings, inputs, onRecording: render,
  fileWords: () => [document.title, connection.selection.chosen[0] ?? 'camera'],
  toast: (text) => status.toast(text),
  onDialogOpen: () => inputs.letGo(),
  onDialogClose: () => stage.takeFreeFocus(),
  // Escape leaves full screen, and the browser tells of no key then.
  onFullscreenLeft: () => teleop.driver?.armed && driveLoop.stop(),
});
const api = new PageApi(connection, teleop, viewerStats, settings);
const pageView = new PageView({
  connection, teleop, picture, pictures, cameras, status, inputs, toolbar, stage, sidePanels,
  localNetwork,
  leasePanel: new LeasePanel(teleop,
    () => showCamera(0, connection.selection.driving[0] ?? null)),
  stopView: new StopView(teleop, { stop: () => driveLoop.stop(), withdraw: withdrawStop }),
  noticesPanel: new NoticesPanel(box('notices')),
  speedSliders: new SpeedSliders(settings),
});
new PageLifecycle({ connection, teleop, picture, cameras, inputs, toolbar, render });
addEventListener('load', showStreams);
// After what is needed to connect.
addEventListener('load', async () => {
  try {
    const { addStation } = await import('./station.js');
    addStation({ connection, teleop, viewerStats, settings, inputs, status, stage, picture,
      cameras, toolbar, keptInvite });
  } catch (error) {
    console.error('rtc_bridge:', error);
    status.toast('Parts of this page did not load. Reload it to get them.');
  }
});
keepStopInSight(stage.element, box('stop'));
box('retry').addEventListener('click', () => connection.retry());

function render() {
  api.setState(pageView.render());
}

/** What the main picture may show. */
function mainStream() {
  return connection.session?.trustedStreams[0] ?? null;
}

function showStreams() {
  // A browser calls no page loaded, ever, that has a video which waits for its first picture.
  if (document.readyState !== 'complete') return;
  cameras.keepLast(picture.camera);
  cameras.play(connection.session?.trustedStreams ?? []);
  if (connection.session) toolbar.follow(mainStream());
  else toolbar.stop();
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

function withdrawStop() {
  teleop.withdrawStop();
  stage.takeFreeFocus();
}

let hasMedia = false;
/** Load what is heard and shown by robots that have a use for it. */
async function addMedia() {
  if (hasMedia) return;
  hasMedia = true;
  try {
    const { addSoundAndCamera } = await import('./sound_and_camera.js');
    addSoundAndCamera(connection, settings, inputs, (text) => status.toast(text));
  } catch {
    // The next session tries again.
    hasMedia = false;
  }
}

let saidOfCodecs = '';
function onSession() {
  saidOfCodecs = '';
  // Robots of RTCBot's tell neither a name, nor before their answer whether they have sound.
  if (connection.session?.kind === 'rtcbot') {
    settings.useRobot(location.pathname);
    addMedia();
  }
  showStreams();
}
connection.on('session', onSession);
if (connection.session) onSession();
connection.handle({
  hello: ({ robot_id: robot, sound, talk, operator_camera: camera }) => {
    showStreams();
    if (sound || talk || camera) addMedia();
    document.title = String(robot ?? 'rtc_bridge');
    write('robot', document.title);
  },
  slot: () => {
    const text = fallbackText(connection.slots.failedCodecs);
    if (text === saidOfCodecs) return;
    saidOfCodecs = text;
    console.info('rtc_bridge:', text);
    status.toast(text);
  },
  error: ({ code, message }) => status.toast(refusedText(code) || String(message ?? code)),
});
picture.on('frame', (frame) => viewerStats.onFrame(frame));
for (const source of [connection, teleop, settings, localNetwork, ...pictures]) {
  source.addEventListener('change', render);
}
// Every message of the robot may change what is shown.
connection.on('control', render);
for (const type of ['online', 'offline']) addEventListener(type, render);
for (const type of ['focus', 'blur']) stage.element.addEventListener(type, render);

setInterval(async () => {
  const measured = await viewerStats.measure(picture.takeRate(),
    { live: api.state === 'live', hidden: document.hidden });
  if (measured) {
    picture.countSecond(!!measured.stats.slots[0]?.fps);
    // They stay while the connection is away, so that the picture keeps its place.
    sidePanels.available = true;
  }
  render();
}, 1000);

Object.assign(window, { rtcBridge: api });
render();
