import assert from 'node:assert/strict';
import { test } from 'node:test';

import { backoff, parseObject, socketUrl } from '../../../../rtc_bridge/web/client/signaling.js';
import { cameraText, driverText, FATAL, refusedText, stopText, view, whyNot } from '../../../../rtc_bridge/web/ui/texts.js';

const LIVE = { supported: true, relay: 'open', robot: 'present', link: 'up', trouble: null,
  kind: 'v1', cameras: ['front'], wanted: 'front',
  slot: { camera: 'front', state: 'live', since: 0, silence: 0 }, picture: true, stalled: false };
const NO_LINK = { ...LIVE, link: 'none', cameras: null, slot: null, picture: false };
const state = (facts, now = 0) => view(facts, now).state;

test('a picture and nothing wrong is live', () => {
  assert.deepEqual(view(LIVE, 0), { state: 'live', title: 'Live', detail: '', tone: 'ok',
    retry: false });
});

test('a working session is not disturbed by relay or robot link', () => {
  assert.equal(state({ ...LIVE, relay: 'down', robot: 'gone' }), 'live');
});

test('every failure has its state', () => {
  assert.equal(state({ ...LIVE, supported: false }), 'unsupported');
  assert.equal(state({ ...NO_LINK, relay: 'connecting', robot: 'unknown' }), 'connecting');
  assert.equal(state({ ...NO_LINK, relay: 'down' }), 'relay-lost');
  assert.equal(state({ ...NO_LINK, robot: 'absent' }), 'no-robot');
  assert.equal(state({ ...NO_LINK, robot: 'gone' }), 'robot-gone');
  assert.equal(state({ ...LIVE, link: 'lost' }), 'connection-lost');
  assert.equal(state({ ...LIVE, cameras: [] }), 'no-camera');
  assert.equal(state({ ...LIVE, wanted: 'rear' }), 'no-camera');
  assert.equal(state({ ...LIVE, wanted: null }), 'off');
  assert.equal(state({ ...LIVE, picture: false }), 'waiting');
  assert.equal(state({ ...LIVE, stalled: true }), 'stalled');
});

test('a lost camera is named with the seconds since its last picture', () => {
  const facts = { ...LIVE, slot: { ...LIVE.slot, state: 'lost', since: 1000 } };
  const { state: name, detail } = view(facts, 8200);
  assert.equal(name, 'camera-lost');
  assert.match(detail, /“front” for 7 s/);
});

test('a still picture is no failure, and its age is told', () => {
  const facts = { ...LIVE, stalled: true, slot: { ...LIVE.slot, state: 'still', since: 1000 } };
  const { state: name, title, tone } = view(facts, 13200);
  assert.deepEqual([name, title, tone], ['still', 'Still picture, no new one for 12 s', 'ok']);
  assert.match(view(facts, 601_000).title, /10 min/);
  // That it was sent is not that it came.
  assert.equal(state({ ...facts, stalled: false, picture: false }), 'waiting');
});

test('error codes become sentences, and only hopeless ones get a button', () => {
  for (const code of ['denied', 'no-codec', 'bad-offer', 'busy', 'robot-timeout', 'no-camera',
    'no-path', 'no-answer', 'no-proof', 'bad-answer', 'internal', 'never-heard-of']) {
    const { state: name, title, detail, retry, tone } = view(
      { ...NO_LINK, trouble: { code, message: 'said <b>' } }, 0);
    assert.equal(name, code);
    assert.equal(tone, 'bad');
    assert.ok(title.length > 3 && detail.includes('(said <b>)'), detail);
    assert.equal(retry, FATAL.has(code));
  }
});

test('a browser that starts no picture by itself is told of', () => {
  const facts = { ...LIVE, picture: false };
  assert.match(view({ ...facts, blocked: true }, 0).title, /Tap/);
  assert.doesNotMatch(view(facts, 0).title, /Tap/);
});

test('that the robot stopped is said only if it did', () => {
  const facts = { latched: false, locked: false, armed: true, refused: '', state: 'camera-lost',
    tone: 'bad' };
  assert.equal(whyNot(facts), 'No fresh picture');
  assert.equal(whyNot({ ...facts, refused: 'frozen' }), 'Stopped: no fresh picture');
  assert.equal(whyNot({ ...facts, locked: true }), 'Stopped: no fresh picture');
  assert.equal(whyNot({ ...facts, state: 'live', tone: 'ok' }), '');
  const live = { ...facts, state: 'live', tone: 'ok', armed: false, locked: true };
  assert.equal(whyNot({ ...live, refused: 'arm' }), 'Press Drive first');
  assert.equal(whyNot(live), '');
  assert.equal(whyNot({ ...live, armed: true }), 'Stopped: let go of the controls');
});

test('what became of a stop is said as it is', () => {
  const text = (state, sent, id = null, by = '') => stopText({ state, sent }, id, by).join(': ');
  assert.equal(text('idle', true, 'b1', 'Ada'), 'Emergency stop: by Ada. The robot does not move.');
  assert.match(text('sent', true), /^Stopping…: .*not confirmed/);
  assert.match(text('unsent', false), /^STOP not sent: No connection/);
  assert.match(text('unsent', true), /^STOP not confirmed: No connection/);
  assert.equal(text('expired', false),
    'STOP not sent: The stop was not sent: no connection for 10 s. Press STOP again.');
  assert.match(text('expired', true), /^STOP not confirmed: .*Press STOP again/);
});

test('a camera that is not for driving names one that is', () => {
  assert.equal(cameraText(['front/image_raw', 'rear']),
    'This camera is not for driving. Choose front to drive.');
  assert.match(cameraText([]), /no other/);
});

test('what the robot only repeats is not added', () => {
  const trouble = { code: 'expired', message: 'the invite has expired' };
  assert.ok(!view({ ...NO_LINK, trouble }, 0).detail.includes(trouble.message));
});

test('an RTCBot robot has no cameras to choose, and may send no picture', () => {
  const facts = { ...LIVE, kind: 'rtcbot', cameras: null, wanted: null, slot: null };
  assert.equal(state(facts), 'live');
  assert.equal(state({ ...facts, picture: false }), 'waiting');
});

test('says who drives', () => {
  const seat = { role: 'drive', enabled: true, epoch: null, taken: false };
  assert.equal(driverText(seat), 'Nobody drives');
  assert.equal(driverText({ ...seat, epoch: 3, taken: true }), 'You drive');
  assert.equal(driverText({ ...seat, taken: true }), 'Somebody else drives');
  assert.equal(driverText({ ...seat, role: 'view', enabled: false }), 'Watching only');
  assert.equal(driverText({ ...seat, enabled: false }), 'Driving is off');
  assert.equal(refusedText('sequence'), '');
  for (const reason of ['role', 'epoch', 'stale', 'neutral-first', 'bad-value', 'disabled']) {
    assert.ok(refusedText(reason).endsWith('.'), reason);
  }
});

test('the WebSocket belongs to the path of the page, also behind a prefix', () => {
  const url = (text) => socketUrl(new URL(text));
  assert.equal(url('http://h:8080/'), 'ws://h:8080/ws');
  assert.equal(url('https://h/rover?camera=a#v1.x'), 'wss://h/rover');
  assert.equal(url('https://h/robots/'), 'wss://h/robots/ws');
  assert.equal(url('https://h/robots/rover'), 'wss://h/robots/rover');
});

test('waiting times grow, spread, and stay within fifteen seconds', () => {
  const take = (random) => {
    const delays = backoff(() => random);
    return Array.from({ length: 20 }, () => delays.next().value);
  };
  const [low, high] = [take(0), take(1)];
  assert.ok(low[0] > 100 && high[0] < 1000);
  assert.ok(low.every((delay, i) => delay < high[i]));
  assert.ok(high.at(-1) === 15000 && low.at(-1) === 5000);
});

test('only objects are messages', () => {
  assert.deepEqual(parseObject('{"type":"ready"}'), { type: 'ready' });
  for (const text of ['[]', 'null', '3', 'no', '', undefined]) {
    assert.equal(parseObject(text), null);
  }
});
