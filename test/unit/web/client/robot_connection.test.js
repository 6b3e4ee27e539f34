import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RobotConnection } from '../../../../rtc_bridge/web/client/robot_connection.js';
import { peers, sockets, useFakePeers } from './fake_peers.js';

const settled = () => new Promise((resolve) => { setImmediate(resolve); });
const ready = (session) => ({ type: 'ready', session, kind: 'v1', trickle: true, ice_servers: [] });

/** A connection whose socket is open. */
function connect(t, options = {}) {
  const timers = useFakePeers(t);
  const robot = new RobotConnection({ url: 'ws://h/bot', slots: 2, ...options });
  t.after(() => robot.stop());
  robot.start();
  sockets[0].open();
  return { robot, timers, socket: sockets[0] };
}

/** The same with a session that is up. */
async function up(t, options) {
  const all = connect(t, options);
  all.socket.hear(ready('one'));
  await settled();
  all.socket.hear({ type: 'answer', session: 'one', sdp: 'the answer' });
  peers[0].connect();
  return { ...all, first: all.robot.session };
}

test('a robot that is there gets an offer, and a hello makes the session', async (t) => {
  const { robot, first, socket } = await up(t, { camera: 'front' });
  assert.deepEqual(socket.sent.map(({ type, camera }) => [type, camera]),
    [['watch', undefined], ['offer', 'front']]);
  assert.deepEqual([robot.link, robot.failure, first.state], ['up', null, 'up']);
  assert.deepEqual(robot.selection.cameras, ['front']);
  // The spare peer connection was used.
  assert.equal(peers.length, 1);
});

test('a new session replaces a broken one when it has a picture, and repeats its messages', async (t) => {
  let show;
  const { robot, first, socket } = await up(t, {
    firstPicture: () => new Promise((resolve) => { show = resolve; }) });
  const told = [];
  robot.handle({ hello: () => told.push('hello'), lease: ({ epoch }) => told.push(epoch) });
  await settled();
  // Who asks late is told what was said before.
  assert.deepEqual(told.splice(0), ['hello']);
  peers[0].connectionState = 'failed';
  peers[0].dispatchEvent(new Event('connectionstatechange'));
  assert.equal(robot.link, 'lost');
  assert.equal(socket.sent.at(-1).type, 'renew');
  socket.hear(ready('two'));
  await settled();
  peers[1].connect();
  peers[1].channels.control.hear({ type: 'lease', epoch: 4 });
  assert.equal(robot.session, first);
  assert.deepEqual(told, []);
  show();
  await settled();
  assert.equal(robot.session.id, 'two');
  assert.deepEqual([told, first.state, robot.link], [['hello', 4], 'closed', 'up']);
});

test('a list of cameras that changed is told again, and chooses nothing again', async (t) => {
  const { robot, socket } = await up(t, { camera: 'rear' });
  peers[0].connectionState = 'failed';
  peers[0].dispatchEvent(new Event('connectionstatechange'));
  socket.hear(ready('two'));
  await settled();
  peers[1].connect();
  const { control } = peers[1].channels;
  const cameras = [{ name: 'front' }, { name: 'rear', mount: { z: 1 } }];
  control.hear({ type: 'cameras', cameras });
  const told = [];
  robot.handle({ hello: () => told.push('hello'),
    cameras: (message) => told.push(message.cameras) });
  await settled();
  told.length = 0;
  const sent = control.sent.length;
  robot.takeOver();
  assert.deepEqual([robot.session.id, told], ['two', ['hello', cameras]]);
  assert.deepEqual([robot.selection.cameras, robot.selection.chosen[0], control.sent.length],
    [['front', 'rear'], 'rear', sent]);
  // What is loaded late is told, too.
  robot.handle({ cameras: (message) => told.push(message.cameras.length) });
  await settled();
  assert.equal(told.at(-1), 2);
});

test('what cannot wait goes over to a session without a picture', async (t) => {
  const { robot, first, socket } = await up(t, { firstPicture: () => new Promise(() => {}) });
  robot.takeOver();
  assert.equal(robot.session, first);
  peers[0].connectionState = 'failed';
  peers[0].dispatchEvent(new Event('connectionstatechange'));
  robot.takeOver();
  assert.equal(robot.session, first);
  socket.hear(ready('two'));
  await settled();
  robot.takeOver();
  assert.equal(robot.session, first);
  peers[1].connect();
  robot.takeOver();
  assert.deepEqual([robot.session.id, robot.link, first.state], ['two', 'up', 'closed']);
});

test('without a picture a new session replaces the old one after a while', async (t) => {
  const { robot, socket, timers } = await up(t);
  peers[0].channels.control.dispatchEvent(new Event('close'));
  socket.hear(ready('two'));
  await settled();
  peers[1].connect();
  timers.tick(1400);
  assert.equal(robot.session.id, 'one');
  timers.tick(200);
  assert.equal(robot.session.id, 'two');
});

test('a robot that refuses for good is not asked again before a person does', async (t) => {
  const { robot, socket, timers } = await up(t);
  peers[0].channels.control.hear({ type: 'bye', code: 'revoked', reason: 'taken back' });
  assert.deepEqual([robot.session, robot.hasFailedForGood], [null, true]);
  assert.deepEqual(robot.failure, { code: 'revoked', message: 'taken back' });
  const asked = socket.sent.length;
  timers.tick(14_000);
  assert.equal(socket.sent.length, asked);
  robot.retry();
  assert.deepEqual([robot.failure, sockets.length], [null, 2]);
});

test('a robot whose clock is not set shows nothing more, and is asked again until it is', async (t) => {
  const { robot, socket, timers } = await up(t);
  peers[0].channels.control.hear({ type: 'bye', code: 'clock', reason: 'not synchronized' });
  assert.deepEqual([robot.session, robot.isClosed, robot.hasFailedForGood], [null, true, false]);
  for (let attempt = 2; attempt < 12; attempt += 1) {
    timers.tick(15_000);
    assert.equal(socket.sent.at(-1).type, 'renew', attempt);
    socket.hear(ready(`${attempt}`));
    await settled();
    assert.equal(socket.sent.at(-1).type, 'offer', attempt);
    assert.equal(robot.failure.code, 'clock');
    peers.at(-1).channels.control.hear({ type: 'bye', code: 'clock', reason: 'not synchronized' });
  }
});

test('a robot that is busy is asked again by itself', async (t) => {
  const { robot, socket, timers } = connect(t);
  socket.hear(ready('one'));
  await settled();
  socket.hear({ type: 'error', session: 'one', code: 'busy', message: 'eight others' });
  assert.deepEqual([robot.failure?.code, robot.hasFailedForGood], ['busy', false]);
  timers.tick(700);
  assert.equal(socket.sent.at(-1).type, 'renew');
});

test('an absent robot is reported until it comes', async (t) => {
  const { robot, socket } = connect(t);
  socket.hear({ type: 'error', code: 'no-robot' });
  assert.equal(robot.signaling.robot, 'absent');
  socket.hear({ type: 'error', code: 'robot-gone' });
  socket.hear({ type: 'error', code: 'no-robot' });
  assert.deepEqual([robot.signaling.robot, robot.failure], ['gone', null]);
  socket.hear(ready('one'));
  await settled();
  assert.equal(robot.signaling.robot, 'present');
  assert.equal(socket.sent.at(-1).type, 'offer');
});

test('a relay that does not answer gets another socket', async (t) => {
  const { timers } = connect(t);
  timers.tick(1900);
  assert.equal(sockets.length, 1);
  timers.tick(200);
  assert.equal(sockets.length, 2);
});

test('a link that is damaged connects nowhere', (t) => {
  useFakePeers(t);
  const robot = new RobotConnection({ url: 'ws://h/bot' });
  robot.giveUp('bad-invite');
  assert.ok(robot.hasFailedForGood);
  assert.equal(sockets.length, 0);
});

test('with an invite nothing is shown of a robot that has not proved itself', async (t) => {
  const invite = { payload: 'x', key: new Uint8Array(32), robotId: 'bot' };
  const { robot, socket } = connect(t, { invite });
  socket.hear(ready('one'));
  await settled();
  peers[0].connect();
  assert.deepEqual([robot.session.trustedStreams, robot.session.hello], [[], null]);
  // An answer of which each section could go to another peer.
  socket.hear({ type: 'answer', session: 'one', sdp: 'v=0\r\n' });
  assert.equal(robot.failure?.code, 'bad-sdp');
});
