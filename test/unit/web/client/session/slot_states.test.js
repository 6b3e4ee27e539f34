import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SlotStates } from '../../../../../rtc_bridge/web/client/session/slot_states.js';

const SLOT = { type: 'slot', slot: 0, camera: 'rear', state: 'live', since_s: 0 };

test('only a frame that is not older than the first of a camera is of that camera', () => {
  const slots = new SlotStates();
  assert.equal(slots.shows(0, 'rear', 7), false);
  slots.onSlot({ ...SLOT, first_rtp: null });
  assert.equal(slots.shows(0, 'rear', 7), false);
  slots.onSlot({ ...SLOT, first_rtp: 1000 });
  assert.equal(slots.shows(0, 'rear', 999), false);
  assert.equal(slots.shows(0, 'rear', 1000), true);
  assert.equal(slots.shows(0, 'rear', 90_000_000), true);
  assert.equal(slots.shows(0, 'front', 2000), false);
  assert.equal(slots.shows(0, null, 2000), false);
  assert.equal(slots.shows(0, 'rear', undefined), false);
});

test('timestamps wrap around', () => {
  const slots = new SlotStates();
  slots.onSlot({ ...SLOT, first_rtp: 2 ** 32 - 100 });
  assert.equal(slots.shows(0, 'rear', 50), true);
  assert.equal(slots.shows(0, 'rear', 2 ** 32 - 200), false);
});

test('after another choice the robot has to tell anew', () => {
  const slots = new SlotStates();
  slots.onSlot({ ...SLOT, first_rtp: 1000 });
  slots.expectNew(0);
  assert.equal(slots.shows(0, 'rear', 5000), false);
  slots.onSlot({ ...SLOT, first_rtp: 6000 });
  assert.equal(slots.shows(0, 'rear', 5000), false);
  assert.equal(slots.shows(0, 'rear', 6000), true);
});

test('browsers that tell no timestamps, and robots that tell none, show what comes', () => {
  const slots = new SlotStates();
  slots.onSlot({ ...SLOT, first_rtp: 1000 });
  assert.equal(slots.shows(0, 'rear', null), true);
  slots.onSlot(SLOT);
  assert.equal(slots.shows(0, 'rear', 7), true);
});

test('a reason is what the robot says, if it says something', () => {
  const slots = new SlotStates();
  const reason = { code: 'no-publisher', text: 'Nothing publishes /rear.', values: { topic: '/rear' } };
  slots.onSlot({ ...SLOT, reason });
  assert.deepEqual(slots.get(0)?.reason, reason);
  for (const odd of [undefined, null, 7, {}, { code: 'x' }, { text: 7 }]) {
    slots.onSlot({ ...SLOT, reason: odd });
    assert.equal(slots.get(0)?.reason, null);
  }
});
