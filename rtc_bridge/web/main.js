// @ts-check
/**
 * The page: joins viewer, controls and elements.
 *
 * Applications, and tests, find `window.rtcBridge`, an EventTarget:
 * - `state`: `connecting`, `live`, `still`, `waiting`, `no-robot`, `robot-gone`, `relay-lost`, `no-camera`,
 *   `camera-lost`, `connection-lost`, `stalled`, `off`, `unsupported`, or an error code of the
 *   protocol; event `state` when it changes
 * - `hello`: what the robot said of itself, null before; `stats`: newest figures, or null
 * - `driver`: `{epoch, taken}`, or null; `release()` gives the lease back
 * - `send(data)`: any JSON value to the robot's application; event `message`, `detail`: what came
 * - `select(slot, camera)`: show a camera (null: none) in a slot; `cameras`: their names
 *
 * URL options: `?camera=NAME` for the main slot, `?slots=N` (1 to 4).
 */

import { combine, Driver, isNeutral, NEUTRAL, PERIOD, toRtcbot } from './drive.js';
import { Gamepads } from './gamepad.js';
import { KeyState, listenToKeyboard } from './keyboard.js';
import { element, Panel } from './panel.js';
import { readInvite } from './proof.js';
import { supported } from './session.js';
import { detailOf, socketUrl } from './signaling.js';
import { figures, FrameCounter, snapshot } from './stats.js';
import { Stick } from './stick.js';
import { driverText, fallbackText, refusedText, view } from './texts.js';
import { Viewer } from './viewer.js';

const options = new URLSearchParams(location.search);
const slots = Math.max(1, Math.min(4, Math.floor(Number(options.get('slots') ?? 2)) || 2));
const invite = location.hash ? readInvite(location.hash) : null;
// Where the page comes from elsewhere than its signaling, as with `rtc-bridge view`.
const signaling = document.querySelector('meta[name=signaling]')?.getAttribute('content');
const viewer = new Viewer(signaling ?? socketUrl(location), slots, options.get('camera'), invite);
// First of all, so that the robot's answer and the rest of this page come at the same time.
if (location.hash && !invite) viewer.trouble = { code: 'bad-invite', message: '' };
else viewer.start();
// Another link was pasted into the address.
addEventListener('hashchange', () => location.reload());

const panel = new Panel(slots, (slot, camera) => viewer.select(slot, camera));
const counter = new FrameCounter(panel.videos[0]);
const keys = new KeyState();
const pads = new Gamepads();
const stick = new Stick(element('stick', HTMLElement), element('knob', HTMLElement),
  () => step(), new AbortController().signal);

/** @type {Driver | null} */
let driver = null;
/** @type {Map<number, import('./texts.js').Slot>} */
let shown = new Map();
let picture = false;
let still = 0;
/** What the robot said last of codecs that show nothing here. */
let failed = '';
let legacyText = JSON.stringify(toRtcbot(NEUTRAL));
/** @type {ReturnType<typeof snapshot> | null} */
let before = null;

class Bridge extends EventTarget {
  state = 'connecting';
  /** @type {object | null} */
  stats = null;

  get hello() {
    return viewer.current?.hello ?? null;
  }

  get cameras() {
    return viewer.cameras ?? [];
  }

  get driver() {
    return driver && { epoch: driver.epoch, taken: driver.taken };
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
    driver?.release();
    render();
  }
}
const bridge = new Bridge();
Object.assign(window, { rtcBridge: bridge });

function render() {
  const session = viewer.current;
  const chosen = viewer.chosen[0] ?? null;
  const slot = shown.get(0) ?? null;
  const now = view({
    supported: supported(), relay: viewer.signaling.state, robot: viewer.robot, link: viewer.link,
    trouble: viewer.trouble, kind: session?.kind ?? null, cameras: viewer.cameras, wanted: chosen,
    slot: slot?.camera === chosen ? slot : null, picture, stalled: still > Math.max(1, slot?.silence ?? 0),
  }, performance.now());
  panel.show(now);
  panel.showCameras(viewer.cameras ?? [], viewer.chosen);
  const up = session?.state === 'up';
  panel.showLive((number) => up && ['live', 'still'].includes(shown.get(number)?.state ?? ''));
  panel.showPanels();
  const seat = up ? driver : null;
  panel.showDriver(seat && driverText(seat), seat?.epoch != null);
  element('stick', HTMLElement).hidden = !(up && (session.kind === 'rtcbot' || driver?.mayDrive));
  if (bridge.state !== now.state) {
    bridge.state = now.state;
    bridge.dispatchEvent(new Event('state'));
  }
}

/** Look at the controls, and send what is due. */
function step() {
  const session = viewer.current;
  if (session?.state !== 'up') return;
  // Of several robots' pages a gamepad drives the one that is looked at.
  const pad = document.hasFocus() ? pads.poll() : null;
  const hands = document.hidden ? NEUTRAL
    : combine([keys.hands, stick.hands, Gamepads.hands(pad, driver?.strafes ?? false)]);
  if (session.kind === 'rtcbot') {
    const text = JSON.stringify(toRtcbot(hands));
    if (text !== legacyText) session.control(toRtcbot(hands));
    legacyText = text;
  } else if (driver) {
    panel.toast(refusedText(driver.step(performance.now(), hands, document.hidden ? null : pad)));
  }
}

/** Let go of everything: a person who looks elsewhere does not drive. */
function letGo() {
  keys.clear();
  pads.clear();
  // This one tells.
  stick.clear();
}

// Space stops; on a button that still had the focus it would press that again.
addEventListener('click', (event) => {
  const button = event.target instanceof Element && event.target.closest('button');
  // A key that presses a button is a click without a pointer, and may want to press it again.
  if (button && event.detail > 0) button.blur();
});

viewer.addEventListener('change', render);
viewer.addEventListener('session', () => {
  driver = null;
  shown = new Map();
  picture = false;
  still = 0;
  failed = '';
  before = null;
  legacyText = JSON.stringify(toRtcbot(NEUTRAL));
  showPictures();
  // A session that took over has said these already.
  if (viewer.current?.hello) onControl(viewer.current.hello);
  for (const message of viewer.current?.said.values() ?? []) onControl(message);
});

function showPictures() {
  panel.videos.forEach((video, slot) => {
    const stream = viewer.current?.pictures[slot] ?? null;
    if (video.srcObject === stream) return;
    video.srcObject = stream;
    if (stream) video.play().catch(() => {});
  });
}

/** @param {Record<string, any>} message */
function onControl(message) {
  const session = viewer.current;
  if (!session) return;
  if (message.type === 'hello') {
    showPictures();
    document.title = String(message.robot_id ?? 'rtc_bridge');
    driver = new Driver(message.teleop ?? {}, String(message.role),
      (text) => session.control(text), (text) => session.teleop(text));
    step();
  } else if (message.type === 'lease') {
    driver?.onLease(message);
    step();
  } else if (message.type === 'slot') {
    const since = performance.now() - (Number(message.since_s) || 0) * 1000;
    shown.set(message.slot, { camera: message.camera ?? null, state: message.state, since,
      silence: Number(message.silence_s) || 0 });
    const text = fallbackText(message.failed_codecs);
    if (text !== failed) {
      failed = text;
      console.info('rtc_bridge:', text);
      panel.toast(text);
    }
  } else if (message.type === 'message') {
    bridge.dispatchEvent(new CustomEvent('message', { detail: message.data }));
  } else if (message.type === 'error') {
    panel.toast(String(message.message ?? message.code));
  }
  render();
}
viewer.addEventListener('control', (event) => onControl(detailOf(event)));
viewer.addEventListener('teleop', (event) => {
  const detail = detailOf(event);
  if (detail.type === 'tick') driver?.onTick(detail);
  if (detail.type === 'refused') {
    driver?.onRefused(detail);
    // Those that were on the way when the lease went are no news.
    if (driver?.epoch !== null) panel.toast(refusedText(detail.reason));
  }
});
viewer.addEventListener('app', (event) => {
  const detail = detailOf(event);
  console.info('robot:', detail);
  bridge.dispatchEvent(new CustomEvent('message', { detail }));
});

/**
 * Tell the robot what is decoded here; by that it notices a codec that this browser cannot show.
 * @param {import('./session.js').Session} session
 * @param {ReturnType<typeof snapshot>} now
 */
function report(session, now) {
  if (session.kind === 'rtcbot' || document.hidden) return;
  for (let slot = 0; slot < Math.min(session.streams.length, session.hello?.slots ?? 0); slot++) {
    const figure = now.slots[session.mid(slot)];
    if (figure) {
      session.control({ type: 'shown', slot, frames: figure.frames, packets: figure.packets });
    }
  }
}

panel.videos[0].addEventListener('loadeddata', () => {
  picture = true;
  render();
});

setInterval(async () => {
  const session = viewer.current;
  const rate = counter.rate();
  if (session?.state === 'up') {
    const now = snapshot(await session.stats());
    if (session !== viewer.current) return;
    const { slots: bySlot, route } = figures(before, now);
    before = now;
    report(session, now);
    const list = session.streams.map((_, slot) => bySlot[session.mid(slot)]);
    const fps = counter.works && !document.hidden ? rate : list[0]?.fps ?? 0;
    still = picture && !list[0]?.fps ? still + 1 : 0;
    bridge.stats = { fps, rtt: session.rtt, route, slots: list };
    panel.showStats(fps, session.rtt, list.flatMap((one, slot) => (one?.width
      ? [{ name: viewer.chosen[slot] ?? `Slot ${slot}`, figures: one }] : [])), route);
  } else {
    panel.showStats(null, null, [], '');
  }
  render();
}, 1000);

setInterval(step, PERIOD);
const page = new AbortController().signal;
listenToKeyboard(keys, step, page);
addEventListener('blur', letGo);
document.addEventListener('visibilitychange', () => {
  if (document.hidden) letGo();
  else if (viewer.signaling.state === 'down') viewer.retry();
});
addEventListener('gamepaddisconnected', step);
addEventListener('online', () => viewer.retry());
addEventListener('pagehide', () => {
  letGo();
  driver?.release();
  viewer.stop();
});
// Back from the browser's page cache.
addEventListener('pageshow', ({ persisted }) => persisted && viewer.start());
element('retry', HTMLButtonElement).addEventListener('click', () => viewer.retry());
element('release', HTMLButtonElement).addEventListener('click', () => bridge.release());
