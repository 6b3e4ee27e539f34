import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readActions } from '../../../../rtc_bridge/web/ui/actions_panel.js';
import { ago, readings } from '../../../../rtc_bridge/web/ui/telemetry_panel.js';

test('battery, speed and heading have their units, and a dash where nothing is known', () => {
  assert.deepEqual(readings('battery', { percentage: 0.834, voltage: 12.34, charging: true }),
    [['Battery', '83 %, 12.3 V, charging']]);
  assert.deepEqual(readings('battery', { percentage: null, voltage: null, charging: null }),
    [['Battery', '–']]);
  assert.deepEqual(readings('odometry', { speed: -0.001, turn: Math.PI, heading: null }),
    [['Speed', '0.00 m/s'], ['Turning', '180 °/s'], ['Heading', '–']]);
  for (const strange of [null, undefined, 7, 'x', [], { percentage: 'full', speed: {} }]) {
    assert.equal(readings('battery', strange)[0][1], '–');
    assert.equal(readings('odometry', strange).length, 3);
  }
});

test('a standard message is its value, any other its members', () => {
  assert.deepEqual(readings('/temperature', { data: 36.6 }), [['/temperature', '36.6']]);
  assert.deepEqual(readings('/note', { data: '<b>hi</b>' }), [['/note', '<b>hi</b>']]);
  assert.deepEqual(readings('/pair', { a: 1, b: null }), [['/pair', '{\n "a": 1,\n "b": null\n}']]);
  assert.deepEqual(readings('/big', 'too large to show: 99999 bytes'),
    [['/big', 'too large to show: 99999 bytes']]);
  assert.deepEqual(readings('/none', undefined), [['/none', '–']]);
});

test('what is old says so', () => {
  assert.equal(ago(4999), '');
  assert.equal(ago(61500), '61 s ago');
  assert.equal(ago(300000), '5 min ago');
});

test('only actions of known kinds are offered', () => {
  assert.deepEqual(readActions([{ name: 'a', kind: 'trigger' }, { name: 1, kind: 'trigger' },
    { name: 'b', kind: 'empty' }, null, { name: 'c', kind: 'set_bool' }]),
  [{ name: 'a', kind: 'trigger' }, { name: 'c', kind: 'set_bool' }]);
  assert.deepEqual(readActions('x'), []);
});
