import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Arming } from '../../../../../rtc_bridge/web/client/driving/arming.js';

test('the button arms until it is disarmed, the dead man while it is held', () => {
  const arming = new Arming();
  assert.equal(arming.armed, false);
  arming.press();
  assert.ok(arming.armed && arming.pressed);
  arming.disarm();
  assert.equal(arming.armed, false);
  // What was held then has to be let go first.
  for (const [held, armed] of [[true, false], [false, false], [true, true], [false, false]]) {
    arming.update(true, held);
    assert.equal(arming.armed, armed);
  }
});

test('what is pushed before the page is armed moves nothing until it was released', () => {
  const arming = new Arming();
  // What is pushed from before is no beginning, either.
  assert.equal(arming.update(false, false), false);
  assert.equal(arming.update(true, false), false);
  assert.equal(arming.update(false, false), true);
  arming.press();
  arming.update(false, false);
  assert.ok(arming.armed && arming.locked);
  arming.update(true, false);
  assert.equal(arming.locked, false);
  arming.update(false, false);
  arming.lock();
  arming.update(false, false);
  assert.ok(arming.locked);
});
