import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FATAL_CODES } from '../../../../../rtc_bridge/web/client/messages.js';
import {
  cameraLabel, describeConnection as describe, describeTile as describeSmall, NO_LATER_TEXTS,
} from '../../../../../rtc_bridge/web/ui/texts/connection_texts.js';
import { describeFailure } from '../../../../../rtc_bridge/web/ui/texts/failure_texts.js';
import {
  fallbackText, pictureNotices, reasonTitle,
} from '../../../../../rtc_bridge/web/ui/texts/picture_texts.js';

const LIVE = { supported: true, relay: 'open', robot: 'present', link: 'up', failure: null,
  server: { online: true, secure: false, failures: { socket: 'closed', http: null } },
  kind: 'v1', cameras: ['front'], wanted: 'front',
  slot: { camera: 'front', state: 'live', sinceMs: 0, silenceS: 0 }, picture: true, stalled: false };
const NO_LINK = { ...LIVE, link: 'none', cameras: null, slot: null, picture: false };
const TEXTS = { describeFailure, reasonTitle };
const describeConnection = (facts, now) => describe(facts, now, TEXTS);
const describeTile = (facts, now) => describeSmall(facts, now, TEXTS);
const state = (facts, now = 0) => describeConnection(facts, now).state;

test('until its texts are loaded a failure is shown as an attempt', () => {
  const facts = { ...NO_LINK, failure: { code: 'busy', message: '' } };
  assert.equal(describe(facts, 0, NO_LATER_TEXTS).state, 'connecting');
  assert.equal(describe(facts, 0, TEXTS).state, 'busy');
  assert.equal(describe(LIVE, 0, NO_LATER_TEXTS).state, 'live');
});

test('a picture and nothing wrong is live', () => {
  assert.deepEqual(describeConnection(LIVE, 0), { state: 'live', title: 'Live', detail: '', tone: 'ok',
    retry: false, rows: [] });
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

test('a robot without cameras says what its list lacks', () => {
  const facts = { ...LIVE, cameras: [], findings: ['nothing matches /r1/*. Published is /a', 'b'] };
  assert.match(describeConnection(facts, 0).detail, /nothing matches \/r1\/\*\. Published is \/a\.$/);
  assert.match(describeConnection({ ...facts, findings: [] }, 0).detail, /none of its cameras/);
});

test('a label stands for the name of a camera', () => {
  const facts = { ...LIVE, labels: new Map([['front', 'Mast']]), picture: false };
  assert.match(describeConnection(facts, 0).detail, /picture of “Mast”/);
  const lost = { ...facts, slot: { ...LIVE.slot, state: 'lost', sinceMs: 1000 } };
  assert.match(describeConnection(lost, 3000).detail, /“Mast” has sent no picture/);
});

test('a lost camera is named with the seconds since its last picture', () => {
  const facts = { ...LIVE, slot: { ...LIVE.slot, state: 'lost', sinceMs: 1000 } };
  const { state: name, detail } = describeConnection(facts, 8200);
  assert.equal(name, 'camera-lost');
  assert.match(detail, /“front” has sent no picture for 7 s/);
});

test('a still picture is not a failure, and its age is shown', () => {
  const facts = { ...LIVE, stalled: true, slot: { ...LIVE.slot, state: 'still', sinceMs: 1000 } };
  const { state: name, title, tone } = describeConnection(facts, 13200);
  assert.deepEqual([name, title, tone], ['still', 'Still, 12 s old', 'ok']);
  assert.match(describeConnection(facts, 601_000).title, /10 min/);
  // That it was sent is not that it came.
  assert.equal(state({ ...facts, stalled: false, picture: false }), 'waiting');
});

test('error codes become sentences, and only hopeless ones get a button', () => {
  for (const code of ['denied', 'no-codec', 'bad-offer', 'busy', 'robot-timeout', 'no-camera',
    'no-path', 'no-answer', 'no-proof', 'bad-answer', 'internal', 'never-heard-of']) {
    const { state: name, title, detail, retry, tone } = describeConnection(
      { ...NO_LINK, failure: { code, message: 'said <b>' } }, 0);
    assert.equal(name, code);
    assert.equal(tone, 'bad');
    assert.ok(title.length > 3 && detail.includes('(said <b>)'), detail);
    assert.equal(retry, FATAL_CODES.has(code));
  }
});

test('a browser that waits for a tap is reported', () => {
  const facts = { ...LIVE, picture: false };
  assert.match(describeConnection({ ...facts, blocked: true }, 0).title, /Tap/);
  assert.doesNotMatch(describeConnection(facts, 0).title, /Tap/);
});

test('what the robot only repeats is not added', () => {
  const failure = { code: 'expired', message: 'the invite has expired' };
  assert.ok(!describeConnection({ ...NO_LINK, failure }, 0).detail.includes(failure.message));
});

test('an RTCBot robot has no cameras to choose, and may send no picture', () => {
  const facts = { ...LIVE, kind: 'rtcbot', cameras: null, wanted: null, slot: null };
  assert.equal(state(facts), 'live');
  assert.equal(state({ ...facts, picture: false }), 'waiting');
});

const REASON = { code: 'unknown-encoding', text: 'Images of /front cannot be shown: unknown encoding '
  + '“RGB8”. Publish rgb8.', values: { topic: '/front' } };
const slotOf = (name, more = {}) => ({ ...LIVE.slot, state: name, reason: null, ...more });

test('a reason is said in the robot’s words, instead of that nothing was sent', () => {
  const facts = { ...LIVE, picture: false, slot: slotOf('waiting', { reason: REASON }) };
  const { state: name, title, detail, tone, retry } = describeConnection(facts, 0);
  assert.deepEqual([name, title, detail, tone, retry],
    ['no-picture', 'Image encoding not known', REASON.text, 'bad', false]);
  const lost = { ...LIVE, slot: slotOf('lost', { reason: { ...REASON, code: 'publisher-silent' } }) };
  assert.deepEqual([state(lost), describeConnection(lost, 0).detail], ['camera-lost', REASON.text]);
  // A code that this page does not know is no obstacle.
  assert.equal(describeConnection({ ...facts,
    slot: slotOf('waiting', { reason: { ...REASON, code: 'toString' } }) }, 0).title, 'No picture');
});

test('a picture on its way is not one that was never sent', () => {
  const facts = { ...LIVE, picture: false };
  assert.match(describeConnection(facts, 0).detail, /of “front” is on its way/);
  assert.match(describeConnection({ ...facts, slot: slotOf('waiting') }, 0).detail,
    /“front” has sent no picture yet/);
});

test('a reason beside a good picture is a notice', () => {
  const slot = slotOf('live', { reason: { ...REASON, code: 'losing-pictures' } });
  assert.equal(state({ ...LIVE, slot }), 'live');
  assert.deepEqual(pictureNotices(slot, true),
    [{ code: 'losing-pictures', level: 'warn', text: REASON.text }]);
  for (const [other, shown] of [[slot, false], [null, true], [slotOf('live'), true],
    [slotOf('lost', { reason: REASON }), true]]) {
    assert.deepEqual(pictureNotices(other, shown), []);
  }
});

test('a viewer that decodes nothing reads that', () => {
  const reason = { ...REASON, code: 'viewer-decodes-nothing' };
  const facts = { ...LIVE, picture: false, slot: slotOf('live', { reason }) };
  assert.equal(describeConnection(facts, 0).title, 'This browser shows no video');
});

test('a small picture says why it shows nothing', () => {
  const tile = (slot, more = {}) => describeTile(
    { connected: true, wanted: 'front', slot, own: true, ...more }, 20_000);
  assert.deepEqual(tile(slotOf('live')), { own: true, tone: 'ok', title: '', text: '' });
  assert.deepEqual(tile(slotOf('still', { sinceMs: 5000 })),
    { own: true, tone: 'ok', title: '15 s ago', text: '' });
  assert.deepEqual(tile(slotOf('waiting', { reason: REASON }), { own: false }),
    { own: false, tone: 'bad', title: 'Image encoding not known', text: REASON.text });
  assert.equal(tile(slotOf('waiting'), { own: false }).title, 'No picture yet');
  assert.equal(tile(slotOf('lost')).title, 'Camera lost');
  assert.equal(tile(slotOf('live'), { own: false }).title, 'Waiting for a picture');
  assert.equal(tile(slotOf('live'), { connected: false }).tone, 'bad');
  // What the robot says is of another camera.
  assert.equal(tile(slotOf('live', { camera: 'rear' }), { own: false }).title,
    'Waiting for a picture');
});
