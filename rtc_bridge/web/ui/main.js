// @ts-check
/**
 * The page: joins viewer, controls and elements.
 *
 * Applications, and tests, find `window.rtcBridge`, an EventTarget:
 * - `state`: `connecting`, `live`, `still`, `waiting`, `no-robot`, `robot-gone`, `relay-lost`, `no-camera`,
 *   `camera-lost`, `connection-lost`, `stalled`, `off`, `unsupported`, or an error code of the
 *   protocol; event `state` when it changes
 * - `hello`: what the robot said of itself, null before; `stats`: newest figures, or null
 * - `figures`: what was measured, a row for each second of the last hour, see numbers.js
 * - `driver`: the `Driver` (drive.js) with `epoch`, `taken`, `ask()` (as the button Drive: it arms this
 *   page) and so on, or null;
 *   `release()` gives the lease back
 * - `send(data)`: any JSON value to the robot's application; event `message`, `detail`: what came
 * - `select(slot, camera)`: show a camera (null: none) in a slot; `cameras`: their names
 * - `settings`: what a person chose, see settings.js
 *
 * URL options: `?camera=NAME` for the main slot, `?slots=N` (1 to 4).
 */

import { Actions } from './actions_panel.js';
import { Cameras } from './camera_views.js';
import { Driver, NEUTRAL, PERIOD, toRtcbot } from '../client/driver.js';
import { Extras } from './toolbar.js';
import { SeenFrames } from './video_frames.js';
import { Inputs } from './input_devices.js';
import { LegacyDriver } from '../client/rtcbot_driver.js';
import { Measurement } from '../client/viewer_stats.js';
import { Notices, readNotices } from './notices_panel.js';
import { Numbers } from './stats_panel.js';
import { box, element, Panel, write } from './status_panel.js';
import { PendingStop } from '../client/pending_stop.js';
import { readInvite } from '../client/proof.js';
import { offerScreens } from './screen.js';
import { Seat } from './lease_panel.js';
import { supported } from '../client/session.js';
import { Settings, storage } from './settings.js';
import { detailOf, socketUrl } from '../client/signaling.js';
import { Telemetry } from './telemetry_panel.js';
import { cameraLabel, cameraText, fallbackText, refusedText, view, whyNot } from './texts.js';
import { Viewer } from '../client/robot_connection.js';
import { keepInSight } from './zoom.js';

/** How long it stays beside the seat why a control moves nothing, ms. */
const HINT_TIME = 4000;
/** Nobody has driven this page for so long while it was hidden, ms: it has to be armed again. */
const HIDDEN_TIME = 30_000;

const options = new URLSearchParams(location.search);
const slots = Math.max(1, Math.min(4, Math.floor(Number(options.get('slots') ?? 4)) || 4));
const invite = location.hash ? readInvite(location.hash) : null;
// Where the page comes from elsewhere than its signaling, as with `rtc-bridge view`.
const signaling = document.querySelector('meta[name=signaling]')?.getAttribute('content');
const settings = new Settings(storage());
const viewer = new Viewer(signaling ?? socketUrl(location), slots, options.get('camera'), invite,
  (robot) => {
    settings.useRobot(robot);
    return settings.get('camera');
  });
// First of all, so that the robot's answer and the rest of this page come at the same time.
if (location.hash && !invite) viewer.trouble = { code: 'bad-invite', message: '' };
else viewer.start();
// Another link was pasted into the address.
addEventListener('hashchange', () => location.reload());

const panel = new Panel(settings);
const stage = box('stage');
const cameras = new Cameras(slots, settings, choose);
const inputs = new Inputs(stage, settings, () => step(), stop);
const seen = new SeenFrames(cameras.videos[0]);
const measurement = new Measurement(cameras.videos[0], onFrame);
const numbers = new Numbers(box('numbers'));
const telemetry = new Telemetry(box('telemetry'), box('vitals'));
const actions = new Actions(box('actions'), (message) => viewer.current?.control(message));
const notices = new Notices(box('notices'));
const seat = new Seat(() => driver ?? legacy, { stop, withdraw,
  chooseCamera: () => choose(0, viewer.drivingCameras[0] ?? null) });
const extras = new Extras(cameras.videos[0], () => viewer.current?.pictures[0] ?? null,
  () => [document.title, viewer.chosen[0] ?? 'camera'], settings, {
    tell: (text) => panel.toast(text), changed: () => render(), opened: () => inputs.letGo(),
    closed: focus,
  });

/** @type {Driver | null} */
let driver = null;
/** Of a robot of RTCBot's. @type {LegacyDriver | null} */
let legacy = null;
/** @type {Map<number, import('./texts.js').Slot>} */
let shown = new Map();
let picture = false;
/** When the newest picture was shown. @type {number | null} */
let seenAt = null;
let still = 0;
/** Why the robot refused a command, and until when that is of now. */
let refused = { reason: '', until: 0 };
/** What the robot said last of codecs that show nothing here. */
let failed = '';
/** The emergency stop that this page has pressed. */
const pending = new PendingStop();
/** What this person may do with the robot's emergency stop, also while the connection is away. */
let may = { press: false, release: false };
/** The page is laid out for driving, also while the connection is away. */
let drives = false;
/** Since when nobody sees this page, by the wall clock. @type {number | null} */
let hiddenAt = null;
/** What the robot has to say of driving. @type {import('./notices_panel.js').Notice[]} */
let told = [];
let legacyText = JSON.stringify(toRtcbot(NEUTRAL));

class Bridge extends EventTarget {
  state = 'connecting';
  /** @type {object | null} */
  stats = null;
  settings = settings;

  get hello() {
    return viewer.current?.hello ?? null;
  }

  get figures() {
    return numbers.rows;
  }

  get cameras() {
    return viewer.cameras ?? [];
  }

  get driver() {
    return driver;
  }

  /** @param {any} data */
  send(data) {
    const session = viewer.current;
    session?.control(session.kind === 'rtcbot' ? data : { type: 'message', data });
  }

  /** @param {number} slot @param {string | null} camera */
  select(slot, camera) {
    viewer.select(slot, camera);
  }

  release() {
    (driver ?? legacy)?.release();
    render();
  }
}
const bridge = new Bridge();
Object.assign(window, { rtcBridge: bridge });

function render() {
  const session = viewer.current;
  const chosen = viewer.chosen[0] ?? null;
  const slot = shown.get(0) ?? null;
  const time = performance.now();
  const now = view({
    supported: supported(), relay: viewer.signaling.state, robot: viewer.robot, link: viewer.link,
    trouble: viewer.trouble, kind: session?.kind ?? null, cameras: viewer.cameras, wanted: chosen,
    slot: slot?.camera === chosen ? slot : null, picture, blocked: cameras.blocked,
    stalled: still > Math.max(1, slot?.silence ?? 0),
  }, time);
  const up = session?.state === 'up';
  if (now.tone === 'ok' && picture) cameras.live();
  pending.update(up);
  // Of a robot that does not let this person in, not even the last picture remains.
  if (now.retry) {
    cameras.live();
    seenAt = null;
    pending.end();
    may = { press: false, release: false };
  }
  // Of a camera that is lost the robot repeats the last picture.
  const since = now.state === 'camera-lost' && slot ? slot.since : seenAt;
  panel.show(now, since && time - since);
  cameras.show(viewer.cameras ?? [], viewer.chosen);
  cameras.showLive((number) => up && ['live', 'still'].includes(shown.get(number)?.state ?? ''));
  const seated = up ? driver ?? legacy : null;
  const mine = seated?.epoch != null;
  if (now.retry) drives = false;
  // What the robot lets this person do is known by its hello only.
  else if (seated) drives = seated.mayDrive;
  document.body.dataset.layout = drives ? 'drive' : 'watch';
  document.body.toggleAttribute('data-idle', !seated?.armed);
  stage.tabIndex = drives ? 0 : -1;
  const engaged = driver?.stopped.id != null;
  const reason = time < refused.until ? refused.reason : '';
  // One may watch by any camera, and drive by some.
  const wrong = !!driver?.mayDrive && !!viewer.cameras?.includes(chosen ?? '')
    && !viewer.drivingCameras.includes(chosen ?? '');
  const why = mine || reason === 'arm' ? whyNot({ latched: engaged, locked: !!seated?.locked,
    armed: !!seated?.armed, refused: reason, ...now }) : '';
  const focused = document.activeElement;
  seat.show(seated, wrong && !engaged ? cameraText(viewer.drivingCameras) : why,
    wrong ? cameraLabel(viewer.drivingCameras[0] ?? '') : '', engaged);
  // The button Drive was pressed by the keyboard, and has gone: the keys drive now.
  if (focused instanceof HTMLElement && focused.hidden && mine) stage.focus({ preventScroll: true });
  box('take').toggleAttribute('data-wanted', reason === 'arm' && !seated?.armed);
  seat.showStop(may, driver?.stopped ?? { id: null, by: '' }, pending, up);
  notices.show(up ? told : []);
  actions.reachable = up;
  inputs.show(drives, driver?.strafes ?? false);
  panel.showSpeed(drives ? session?.hello?.teleop ?? {} : null);
  box('hint').hidden = !seated?.armed || inputs.focused || now.tone !== 'ok';
  for (const id of ['snapshot', 'pip']) element(id, HTMLButtonElement).disabled = !picture;
  element('record', HTMLButtonElement).disabled = !picture && !extras.recording;
  if (bridge.state !== now.state) {
    bridge.state = now.state;
    bridge.dispatchEvent(new Event('state'));
  }
}

/** Show a camera, and begin with it the next time. @param {number} slot @param {string | null} camera */
function choose(slot, camera) {
  if (!slot && camera) settings.set('camera', camera);
  viewer.select(slot, camera);
}

/** Stop the robot for good, now or, if a connection comes about soon enough, then. */
function stop() {
  inputs.letGo();
  // Of RTCBot's robots it is all that there is.
  legacy?.release();
  if (!may.press) return;
  const up = viewer.current?.state === 'up' && !!driver;
  pending.press(document.title, up);
  if (up) driver?.emergencyStop();
  render();
}

/** Take an emergency stop back that was not sent, or its message. */
function withdraw() {
  pending.withdraw();
  render();
  focus();
}

/** Look at the controls, and send what is due. */
function step() {
  const session = viewer.current;
  if (session?.state !== 'up') return;
  const { hands, pad, held, hint } = inputs.read();
  const seated = driver ?? legacy;
  const armed = seated?.armed;
  let why = '';
  if (legacy) {
    const next = legacy.step(hands, held);
    ({ why } = next);
    const text = JSON.stringify(toRtcbot(next.hands));
    if (text !== legacyText) session.control(toRtcbot(next.hands));
    legacyText = text;
  } else if (driver) {
    why = driver.step(performance.now(), hands, pad, held);
  }
  if (why === 'arm') refused = { reason: why, until: performance.now() + HINT_TIME };
  panel.toast(refusedText(why));
  if (drives && (seated?.epoch != null || !driver?.taken)) panel.toast(hint);
  if (why === 'arm' || armed !== seated?.armed) render();
}

/** The keys drive, unless a person is at another control. */
function focus() {
  if (!document.activeElement || document.activeElement === document.body) {
    stage.focus({ preventScroll: true });
  }
}

// Space stops; on a button that still had the focus it would press that again.
addEventListener('click', (event) => {
  const { target } = event;
  if (!(target instanceof Element) || target.closest('dialog')) return;
  // A key that presses a button is a click without a pointer, and may want to press it again.
  if (target.closest('button, input') && event.detail > 0) {
    /** @type {HTMLElement | null} */ (document.activeElement)?.blur();
    focus();
  }
});

/** The main camera shows a picture. */
function onFrame() {
  seenAt = performance.now();
  if (picture || !viewer.current) return;
  picture = true;
  render();
}

viewer.addEventListener('change', render);
viewer.addEventListener('session', () => {
  pending.update(false);
  driver = null;
  legacy = viewer.current?.kind === 'rtcbot' ? new LegacyDriver() : null;
  told = [];
  measurement.begin();
  shown = new Map();
  picture = false;
  still = 0;
  failed = '';
  legacyText = JSON.stringify(toRtcbot(NEUTRAL));
  // Such a robot tells no name.
  if (legacy) settings.useRobot(location.pathname);
  showPictures();
  // A session that took over has said these already.
  if (viewer.current?.hello) onControl(viewer.current.hello);
  for (const message of viewer.current?.said.messages ?? []) onControl(message);
});

function showPictures() {
  const { current } = viewer;
  cameras.play(current?.pictures ?? []);
  if (current) extras.follow(current.pictures[0] ?? null);
  else extras.stop();
}

/** @param {Record<string, any>} message */
function onControl(message) {
  const session = viewer.current;
  if (!session) return;
  if (message.type === 'hello') {
    showPictures();
    document.title = String(message.robot_id ?? 'rtc_bridge');
    write('robot', document.title);
    driver = new Driver(message.teleop ?? {}, String(message.role),
      (text) => session.control(text), (command) => {
        measurement.command.onSent(/** @type {any} */ (command), performance.now());
        session.teleop(command);
      }, () => seen.newest(session.received(0)), message.stop);
    telemetry.begin(message.telemetry);
    actions.begin(message.actions);
    numbers.robot = String(message.robot_id ?? '');
    numbers.version = String(message.version ?? '');
    step();
    if (pending.onConnected(document.title, driver.mayStop)) driver.emergencyStop();
    if (driver.mayDrive) {
      stage.tabIndex = 0;
      focus();
    }
  } else if (message.type === 'lease') {
    const had = driver?.epoch;
    driver?.onLease(message);
    if (driver?.epoch != null && had == null) {
      refused.until = 0;
      // Why nothing moved before is no news.
      panel.hideToast();
      focus();
    }
    step();
  } else if (message.type === 'stop') {
    driver?.onStop(message);
    if (driver) may = { press: driver.mayStop, release: driver.mayRelease };
    // One that is in force is all that was wanted; and the robot has heard this page's own.
    if (pending.state === 'sent' ? !driver?.stopping
      : pending.state === 'expired' && driver?.stopped.id != null) pending.confirm();
  } else if (message.type === 'notices') {
    told = readNotices(message.notices);
    driver?.onNotices(told);
  } else if (message.type === 'slot') {
    if (!message.slot && shown.get(0)?.camera !== message.camera) measurement.forgetPictures();
    const since = performance.now() - (Number(message.since_s) || 0) * 1000;
    shown.set(message.slot, { camera: message.camera ?? null, state: message.state, since,
      silence: Number(message.silence_s) || 0 });
    const text = fallbackText(message.failed_codecs);
    if (text !== failed) {
      failed = text;
      console.info('rtc_bridge:', text);
      panel.toast(text);
    }
  } else if (message.type === 'telemetry') {
    telemetry.onTelemetry(message.values, message.ages);
  } else if (message.type === 'actions') {
    actions.onActions(message.actions);
  } else if (message.type === 'result') {
    actions.onResult(message);
  } else if (message.type === 'stamps') {
    if (message.slot === 0) measurement.picture.onStamps(message);
  } else if (message.type === 'message') {
    bridge.dispatchEvent(new CustomEvent('message', { detail: message.data }));
  } else if (message.type === 'error') {
    panel.toast(refusedText(message.code) || String(message.message ?? message.code));
  }
  render();
}
viewer.addEventListener('control', (event) => onControl(detailOf(event)));
viewer.addEventListener('teleop', (event) => {
  const detail = detailOf(event);
  if (detail.type === 'tick') {
    driver?.onTick(detail);
    measurement.command.onTick(detail);
  }
  if (detail.type === 'refused') {
    driver?.onRefused(detail);
    // Those that were on the way when the lease went are no news.
    if (driver?.epoch !== null) panel.toast(refusedText(detail.reason));
    refused = { reason: detail.reason, until: performance.now() + 1000 };
    render();
  }
});
viewer.addEventListener('app', (event) => {
  const detail = detailOf(event);
  console.info('robot:', detail);
  bridge.dispatchEvent(new CustomEvent('message', { detail }));
});

setInterval(async () => {
  const session = viewer.current;
  const found = await measurement.take(session);
  if (session !== viewer.current) return;
  if (session && found) {
    const { fps, route, slots: list } = found;
    still = picture && !list[0]?.fps ? still + 1 : 0;
    bridge.stats = { fps, rtt: session.rtt, route, slots: list };
    numbers.add(measurement.tell(session, found,
      { live: bridge.state === 'live', camera: viewer.chosen[0] ?? '' }));
    panel.showStats(fps, session.rtt, list.flatMap((one, slot) => (one?.width
      ? [{ name: viewer.chosen[slot] ?? `Slot ${slot}`, figures: one }] : [])), route);
  } else {
    panel.showStats(null, null, [], '');
  }
  render();
}, 1000);

/** Ask for no pictures that nobody sees. */
function look() {
  const hidden = document.hidden && !document.pictureInPictureElement && !extras.recording;
  viewer.pause(hidden);
  if (document.hidden) {
    inputs.letGo();
    hiddenAt ??= Date.now();
  } else {
    if (hiddenAt !== null && Date.now() - hiddenAt > HIDDEN_TIME) (driver ?? legacy)?.pause();
    hiddenAt = null;
  }
  if (!document.hidden && viewer.signaling.state === 'down') viewer.retry();
  if (!document.hidden && (seenAt === null || performance.now() - seenAt > 1000)) {
    // What is on the screen is from before.
    cameras.keep();
    picture = false;
    still = 0;
  }
  render();
}

setInterval(() => {
  // Whatever else is on the screen, and whether there is a connection or not.
  if (inputs.stopPressed()) stop();
  const before = pending.state;
  pending.update(viewer.current?.state === 'up');
  if (pending.state !== before) render();
  step();
}, PERIOD);
settings.addEventListener('change', render);
for (const type of ['focus', 'blur']) stage.addEventListener(type, render);
addEventListener('blur', () => inputs.letGo());
for (const type of ['gamepadconnected', 'gamepaddisconnected']) {
  addEventListener(type, (event) => drives && panel.toast(inputs.news(/** @type {any} */ (event))));
}
document.addEventListener('visibilitychange', look);
for (const type of ['enterpictureinpicture', 'leavepictureinpicture']) {
  cameras.videos[0].addEventListener(type, look);
}
addEventListener('online', () => viewer.retry());
addEventListener('pagehide', () => {
  inputs.letGo();
  (driver ?? legacy)?.release();
  extras.stop();
  viewer.stop();
});
// Back from the browser's page cache.
addEventListener('pageshow', ({ persisted }) => persisted && viewer.start());
box('retry').addEventListener('click', () => viewer.retry());
offerScreens(cameras.videos[0], (text) => panel.toast(text));
keepInSight(stage, box('stop'));
