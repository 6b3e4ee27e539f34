import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Session } from '../../../../../rtc_bridge/web/client/session/session.js';

globalThis.MediaStream = class {};

class Channel extends EventTarget {
  readyState = 'connecting';

  send() {}
}

/** A session over a connection that does nothing by itself, and what it was lost for. */
function make(t, invite = null, connection = {}, kind = 'v1') {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const channels = {};
  const pc = Object.assign(new EventTarget(), {
    addTransceiver: () => ({ receiver: { track: {} } }),
    createDataChannel: (label) => (channels[label] = new Channel()),
    close: () => {}, connectionState: 'connecting', setRemoteDescription: async () => {},
    ...connection,
  });
  const session = new Session({ session: 's', kind, trickle: true, ice_servers: [] }, 1,
    pc, () => true, invite);
  const lost = [];
  session.addEventListener('lost', ({ detail }) => lost.push(detail));
  const hear = (message) => channels.control.dispatchEvent(
    Object.assign(new Event('message'), { data: JSON.stringify(message) }));
  return { session, pc, lost, hear, control: channels.control, channels, timers: t.mock.timers };
}

test('a session that the robot ends before it is connected is lost at once', (t) => {
  const { session, lost } = make(t);
  session.onClosedByRobot();
  assert.deepEqual(lost, ['no-answer']);
});

test('a robot that has answered and ends the session has found no path', async (t) => {
  const { session, lost } = make(t);
  await session.answer('v=0');
  Object.defineProperty(session.ice, 'seconds', { value: 5 });
  session.onClosedByRobot();
  assert.deepEqual(lost, ['no-path']);
});

test('a robot that ends a session soon after its answer has another reason', async (t) => {
  const { session, lost } = make(t);
  await session.answer('v=0');
  session.onClosedByRobot();
  assert.deepEqual(lost, ['no-answer']);
});

test('the end of a session waits for the reason on its channel', (t) => {
  const { session, lost, hear, control, timers } = make(t);
  control.readyState = 'open';
  session.onClosedByRobot();
  assert.deepEqual(lost, []);
  hear({ type: 'bye', code: 'denied', reason: 'the invite is not one of this robot' });
  timers.tick(5000);
  assert.deepEqual(lost, ['denied']);
});

test('a session that is over without a good-bye is not waited for', (t) => {
  const { session, lost, control, timers } = make(t);
  control.readyState = 'open';
  session.onClosedByRobot();
  timers.tick(1000);
  assert.deepEqual(lost, ['no-answer']);
});

test('a challenge that comes before the answer is applied is answered after that', async (t) => {
  const sdp = `v=0\r\na=group:BUNDLE 0\r\na=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}\r
m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n`;
  const invite = { robotId: 'robot', key: new Uint8Array(32), payload: 'e30' };
  let apply;
  const connection = { localDescription: { sdp }, remoteDescription: null,
    setRemoteDescription: () => new Promise((resolve) => { apply = resolve; }) };
  const { session, pc, lost, hear, control } = make(t, invite, connection);
  control.readyState = 'open';
  const sent = [];
  control.send = (text) => sent.push(JSON.parse(text).type);
  const applied = session.answer(sdp);
  hear({ type: 'challenge', needed: true, nonce: 'A'.repeat(43) });
  await null;
  assert.deepEqual([sent, lost], [[], []]);
  pc.remoteDescription = { sdp };
  apply();
  await applied;
  assert.deepEqual([sent, lost], [['prove'], []]);
});

test("a robot of RTCBot's is connected when its answer is applied, which says what it takes",
  async (t) => {
    let apply;
    const { session, channels } = make(t, null, { setRemoteDescription: () => (
      new Promise((resolve) => { apply = resolve; })) }, 'rtcbot');
    const answered = session.answer('v=0');
    channels.default.dispatchEvent(new Event('open'));
    await Promise.resolve();
    assert.equal(session.state, 'setup');
    apply();
    await answered;
    await session.negotiation.settled;
    assert.equal(session.state, 'up');
  });
