import assert from 'node:assert/strict';
import { test } from 'node:test';

import { followRefusals, takeInvite } from '../../../../rtc_bridge/web/client/kept_invite.js';
import { Emitter } from '../../../../rtc_bridge/web/client/messages.js';

const invite = (robot, key = 'A') => `#v1.${btoa(JSON.stringify({ robot_id: robot }))
  .replaceAll('=', '')}.${key.repeat(43)}`;

/** A tab: its storage, and what its address was replaced by. */
function tab() {
  const items = new Map();
  return {
    items,
    storage: { getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) => items.set(key, value), removeItem: (key) => items.delete(key) },
    entry: { state: { own: 1 }, replaceState(...replaced) { this.replaced = replaced; } },
  };
}

const at = (pathname, hash = '', search = '') => ({ pathname, hash, search });

test('an invite leaves the address, and the tab keeps it for this path only', () => {
  const { entry, storage } = tab();
  const { invite: taken, damaged } = takeInvite(
    at('/fleet/bot', invite('bot'), '?camera=a'), entry, storage);
  assert.deepEqual([taken.robotId, damaged], ['bot', false]);
  // The entry of the history keeps what was noted in it.
  assert.deepEqual(entry.replaced, [{ own: 1 }, '', '/fleet/bot?camera=a']);
  entry.replaced = null;
  assert.equal(takeInvite(at('/fleet/bot'), entry, storage).invite.robotId, 'bot');
  assert.equal(takeInvite(at('/fleet/other'), entry, storage).invite, null);
  assert.equal(entry.replaced, null);
});

test('another link replaces the one that is kept', () => {
  const { entry, storage } = tab();
  takeInvite(at('/bot', invite('bot')), entry, storage);
  takeInvite(at('/bot', invite('bot', 'B')), entry, storage);
  assert.equal(takeInvite(at('/bot'), entry, storage).invite.key[0], 4);
});

test('where nothing can be kept the address stays as it is', () => {
  const refuse = () => { throw new Error('denied'); };
  for (const storage of [null, { getItem: refuse, setItem: refuse, removeItem: refuse },
    { getItem: () => null, setItem() {}, removeItem() {} }]) {
    const { entry } = tab();
    const taken = takeInvite(at('/bot', invite('bot')), entry, storage);
    assert.deepEqual([taken.invite.robotId, entry.replaced], ['bot', undefined]);
    taken.forget();
  }
});

test('an address that cannot be replaced does no harm', () => {
  const { entry, storage } = tab();
  entry.replaceState = () => { throw new Error('too often'); };
  assert.equal(takeInvite(at('/bot', invite('bot')), entry, storage).invite.robotId, 'bot');
});

test('a damaged link leaves the address, and neither it nor the one before is kept', () => {
  const { entry, storage, items } = tab();
  takeInvite(at('/bot', invite('bot')), entry, storage);
  const { invite: taken, damaged } = takeInvite(
    at('/bot', invite('bot').slice(0, -1)), entry, storage);
  assert.deepEqual([taken, damaged, items.size], [null, true, 0]);
  assert.deepEqual(entry.replaced, [{ own: 1 }, '', '/bot']);
});

test('without a link there is none, and nothing is stored', () => {
  const { entry, storage, items } = tab();
  const { invite: taken, damaged } = takeInvite(at('/bot'), entry, storage);
  assert.deepEqual([taken, damaged, items.size, entry.replaced], [null, false, 0, undefined]);
});

test('what the robot refuses for good is forgotten, and kept again if it takes it later', () => {
  for (const code of ['denied', 'expired', 'revoked', 'impostor', 'bad-sdp', 'clock', 'no-path']) {
    const { entry, storage, items } = tab();
    const connection = Object.assign(new Emitter(), {
      failure: null, handle(handlers) { this.hello = handlers.hello; } });
    const kept = takeInvite(at('/bot', invite('bot')), entry, storage);
    followRefusals(kept, connection);
    assert.equal(items.size, 1);
    connection.failure = { code };
    connection.emit('change');
    // What may be another robot's, or a matter of the way to it, says nothing of the link.
    assert.equal(items.size, /denied|expired|revoked/.test(code) ? 0 : 1, code);
    connection.failure = null;
    connection.hello();
    assert.equal(items.size, 1);
  }
});
