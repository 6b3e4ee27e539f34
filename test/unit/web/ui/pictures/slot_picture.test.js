import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SlotStates } from '../../../../../rtc_bridge/web/client/session/slot_states.js';
import { Emitter } from '../../../../../rtc_bridge/web/client/messages.js';
import { SlotPicture } from '../../../../../rtc_bridge/web/ui/pictures/slot_picture.js';

/** A connection, a video element, and what a robot and a person do with them. */
function scene(kind = 'v1') {
  const connection = new Emitter();
  connection.session = { kind, newestRtpTimestamp: () => null };
  connection.selection = { chosen: ['front'] };
  connection.slots = new SlotStates();
  let waiting;
  const video = { requestVideoFrameCallback: (call) => { waiting = call; } };
  const picture = new SlotPicture(connection, 0, video);
  return {
    picture,
    paint: (rtpTimestamp) => waiting(0, { rtpTimestamp }),
    tell: (camera, first, state = 'live') => {
      const message = { type: 'slot', slot: 0, camera, state, first_rtp: first };
      connection.slots.onSlot(message);
      connection.emit('control', message);
    },
    choose: (camera) => {
      connection.selection.chosen[0] = camera;
      connection.slots.expectNew(0);
      connection.emit('change');
    },
    reconnect: () => {
      connection.slots = new SlotStates();
      connection.emit('session');
    },
  };
}

test('a frame of the camera before is not the chosen one', () => {
  const { picture, paint, tell, choose } = scene();
  paint(1000);
  assert.equal(picture.own, false);
  tell('front', 1000);
  assert.deepEqual([picture.own, picture.camera], [true, 'front']);
  choose('rear');
  assert.deepEqual([picture.own, picture.camera], [false, null]);
  // Frames of the other camera still come.
  paint(1100);
  tell('rear', null);
  paint(1200);
  assert.equal(picture.own, false);
  tell('rear', 1300);
  assert.equal(picture.own, false);
  paint(1300);
  assert.deepEqual([picture.own, picture.camera], [true, 'rear']);
});

test('there and back again waits for a new frame', () => {
  const { picture, paint, tell, choose } = scene();
  tell('front', 1000);
  paint(1000);
  choose('rear');
  choose('front');
  assert.equal(picture.own, false);
  tell('rear', null);
  paint(1100);
  tell('front', null);
  paint(1200);
  assert.equal(picture.own, false);
  tell('front', 1250);
  paint(1300);
  assert.equal(picture.own, true);
});

test('a new session shows nothing of the old one as its own', () => {
  const { picture, paint, tell, reconnect } = scene();
  tell('front', 1000);
  paint(1000);
  reconnect();
  // Its last frame is known to be of the camera, and stays dim until there is a new one.
  assert.deepEqual([picture.own, picture.camera], [false, 'front']);
  tell('front', 5);
  assert.equal(picture.own, false);
  paint(5);
  assert.equal(picture.own, true);
});

test('a robot with one camera shows what it sends', () => {
  const { picture, paint } = scene('rtcbot');
  assert.equal(picture.own, false);
  paint(7);
  assert.equal(picture.own, true);
});
