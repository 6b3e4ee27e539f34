import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ScreenLock } from '../../../../../rtc_bridge/web/ui/page/screen_lock.js';

const settled = () => new Promise((resolve) => { setImmediate(resolve); });

/** A page, and the locks that it was given. */
function setUp({ refuse = false } = {}) {
  const page = Object.assign(new EventTarget(), { hidden: false });
  const locks = [];
  const wakeLock = { refuse, asked: 0, async request(type) {
    this.asked += 1;
    if (this.refuse || page.hidden) throw new DOMException('not now', 'NotAllowedError');
    const lock = { type, released: false, async release() { this.released = true; } };
    locks.push(lock);
    return lock;
  } };
  const show = async (shown) => {
    page.hidden = !shown;
    // As browsers do.
    if (!shown) for (const lock of locks) lock.released = true;
    page.dispatchEvent(new Event('visibilitychange'));
    await settled();
  };
  return { screenLock: new ScreenLock(wakeLock, page), page, wakeLock, locks, show };
}

test('the screen stays on while that is wanted, and no longer', async () => {
  const { screenLock, locks, wakeLock } = setUp();
  await settled();
  assert.equal(wakeLock.asked, 0);
  screenLock.update(true);
  screenLock.update(true);
  await settled();
  assert.deepEqual(locks.map(({ type, released }) => [type, released]), [['screen', false]]);
  screenLock.update(false);
  assert.equal(locks[0].released, true);
  screenLock.update(true);
  await settled();
  assert.equal(locks.length, 2);
});

test('it is taken again when the page is seen again', async () => {
  const { screenLock, locks, show } = setUp();
  await show(true);
  assert.equal(locks.length, 0);
  screenLock.update(true);
  await settled();
  await show(false);
  assert.equal(locks.length, 1);
  await show(true);
  assert.deepEqual(locks.map(({ released }) => released), [true, false]);
  await show(true);
  assert.equal(locks.length, 2);
  // What is wanted meanwhile counts.
  await show(false);
  screenLock.update(false);
  await show(true);
  assert.equal(locks.length, 2);
});

test('what is not wanted any more when it comes is given back', async () => {
  const { screenLock, locks } = setUp();
  screenLock.update(true);
  screenLock.update(false);
  await settled();
  assert.deepEqual(locks.map(({ released }) => released), [true]);
});

test('a refusal, or a browser that has no such thing, breaks nothing', async () => {
  const { screenLock, locks, wakeLock, show } = setUp({ refuse: true });
  screenLock.update(true);
  await settled();
  assert.deepEqual([wakeLock.asked, locks.length], [1, 0]);
  // It is not asked for without end.
  screenLock.update(true);
  await settled();
  assert.equal(wakeLock.asked, 1);
  wakeLock.refuse = false;
  await show(true);
  assert.equal(locks.length, 1);
  const without = new ScreenLock(undefined, Object.assign(new EventTarget(), { hidden: false }));
  without.update(true);
  await settled();
  without.update(false);
});
