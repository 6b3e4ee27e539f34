import assert from 'node:assert/strict';
import { test } from 'node:test';

import { question, readActions, switchState } from '../../../../../rtc_bridge/web/ui/panels/action_list.js';
import { readDisplay, readings, signalBars } from '../../../../../rtc_bridge/web/ui/panels/readings.js';
import { curve, note } from '../../../../../rtc_bridge/web/ui/panels/sparkline.js';
import { ago } from '../../../../../rtc_bridge/web/ui/panels/telemetry_panel.js';

const lines = (...args) => readings(...args).map(({ label, text }) => [label, text]);
const text = (...args) => readings(...args)[0].text;

test('battery, speed and heading have their units, and a dash where nothing is known', () => {
  const full = readings('battery', { percentage: 0.834, voltage: 12.34, charging: true });
  assert.deepEqual([full[0].label, full[0].text, full[0].level],
    ['Battery', '83 %, 12.3 V, charging', '']);
  // Red and amber as the robot's alarms have it.
  const level = (percentage, charging) => readings(
    'battery', { percentage, charging }, {}, [0.3, 0.2])[0].level;
  assert.deepEqual([level(0.1), level(0.25), level(0.4), level(0.1, true)], ['red', 'amber', '', '']);
  assert.equal(readings('battery', { percentage: 0.1 })[0].level, '');
  assert.deepEqual(lines('battery', { percentage: null, voltage: null, charging: null }),
    [['Battery', '–']]);
  assert.deepEqual(lines('odometry', { speed: -0.001, turn: Math.PI, heading: null }),
    [['Speed', '0.00 m/s'], ['Turning', '180 °/s'], ['Heading', '–']]);
  for (const strange of [null, undefined, 7, 'x', [], { percentage: 'full', speed: {} }]) {
    assert.equal(readings('battery', strange)[0].text, '–');
    assert.equal(readings('odometry', strange).length, 3);
  }
});

test('a standard message is its value, any other its members', () => {
  assert.deepEqual(lines('/temperature', { data: 36.6 }), [['/temperature', '36.6']]);
  assert.deepEqual(lines('/note', { data: '<b>hi</b>' }), [['/note', '<b>hi</b>']]);
  assert.deepEqual(lines('/pair', { a: 1, b: null }), [['/pair', '{\n "a": 1,\n "b": null\n}']]);
  assert.deepEqual(lines('/big', 'too large to show: 99999 bytes'),
    [['/big', 'too large to show: 99999 bytes']]);
  assert.deepEqual(lines('/none', undefined), [['/none', '–']]);
});

test('a value has label, unit, digits and level as the robot says', () => {
  const display = readDisplay({ label: 'Motor', unit: '°C', digits: 1, sparkline: true });
  const [reading] = readings('motor', { $: 'value', value: 70, level: 'amber' }, display);
  assert.deepEqual(reading,
    { label: 'Motor', text: '70.0 °C', level: 'amber', number: 70, bars: null });
  // The type has a unit and digits of its own.
  assert.equal(text('t', { $: 'value', value: 36.64, unit: '°C', digits: 1 }), '36.6 °C');
  assert.equal(text('t', { $: 'value', value: 36.64, unit: '°C', digits: 1 }, { unit: 'C' }),
    '36.6 C');
  assert.equal(text('t', { $: 'value', value: null }), '–');
  assert.equal(text('t', { $: 'value', value: true }), 'true');
  assert.equal(text('t', { $: 'value', value: [1] }), '[\n 1\n]');
  assert.equal(text('t', { $: 'problem', text: 'no member x' }), 'no member x');
  assert.equal(readings('t', { $: 'value', value: 1, level: 'purple' })[0].level, '');
  assert.deepEqual(readDisplay({ label: 3, unit: null, digits: 99, sparkline: 1 }),
    { sparkline: false });
  assert.deepEqual(readDisplay(null), { sparkline: false });
});

test('a position is one line with hemispheres, the fix and its accuracy', () => {
  assert.equal(text('fix', { $: 'fix', latitude: 47.3769, longitude: -8.5417, accuracy: 2,
    fix: 'fix' }), '47.37690° N, 8.54170° W, fix, ±2 m');
  assert.equal(text('fix', { $: 'fix', latitude: -47.3769, longitude: 8.5417, accuracy: 0.02,
    fix: 'GBAS' }), '47.3769000° S, 8.5417000° E, GBAS, ±0.02 m');
  assert.equal(text('fix', { $: 'fix', latitude: null, longitude: null, fix: 'no fix' }), 'no fix');
  assert.equal(text('fix', { $: 'fix' }), '–');
});

test('orientation and diagnostics are sentences', () => {
  assert.equal(text('imu', { $: 'imu', heading: Math.PI / 2, roll: -0.001, pitch: 0.1 }),
    'heading 90°, roll 0°, pitch 6°');
  assert.equal(text('imu', { $: 'imu', heading: null, turn: 0.5 }),
    'no orientation, turning 29°/s');
  assert.equal(text('d', { $: 'diagnostics', counts: { ok: 3, error: 2, warn: 1 },
    worst: [['lidar', 'no data'], ['arm', '']] }), '2 errors, 1 warning, 3 ok: lidar; arm');
  assert.equal(text('d', { $: 'diagnostics', counts: { stale: 1 }, worst: [['arm', 'x']] }),
    '1 silent: arm (x)');
  assert.equal(text('d', { $: 'diagnostics', counts: 'x', worst: 7 }), 'nothing reported');
});

test('a signal in dBm has bars, by Wi-Fi or LTE', () => {
  assert.deepEqual([-50, -60, -70, -80, -90].map((dbm) => signalBars(dbm, 'dBm')), [4, 3, 2, 1, 0]);
  assert.equal(signalBars(-85, 'dBm RSRP'), 4);
  assert.equal(readings('w', { data: -70 }, { unit: 'dBm' })[0].bars, 2);
  assert.equal(readings('w', { data: -70 }, { unit: 'dB' })[0].bars, null);
});

test('an age is in seconds, then in minutes', () => {
  assert.deepEqual([0, 61.5, 300].map(ago), ['0 s ago', '61 s ago', '5 min ago']);
});

test('a sparkline has the last minute, from the left to now', () => {
  const history = [];
  for (let at = 0; at <= 120_000; at += 100) note(history, at, at);
  assert.ok(history.length <= 121 && history[0].at >= 60_000);
  assert.equal(curve([{ at: 0, number: 1 }, { at: 60_000, number: 3 }], 60_000),
    '0.0,16.5 72.0,1.5');
  assert.equal(curve([{ at: 60_000, number: 3 }], 60_000), '72.0,9.0');
});

test('only actions of known kinds can be called, and the others say why not', () => {
  const read = readActions([{ name: 'a', kind: 'trigger' }, { name: 1, kind: 'trigger' },
    { name: 'b', kind: 'empty' }, null, { name: 'c', kind: 'set_bool', label: 'C', icon: 'light',
      confirm: true, has_state: true }, { name: 'd', kind: null, reason: 'not there' },
    { name: 'e', kind: null }, { name: 'f', kind: 'form', fields: [{ name: 'x', kind: 'int' }] },
    { name: 'g', kind: 'form' }, { name: 'h', kind: 'form', fields: [{ name: 'x', kind: 'y' }] },
    { name: 'i', kind: 'form', fields: [{ name: 'x', kind: 'list', most: 3 }] }]);
  assert.deepEqual(read.map(({ name, kind }) => [name, kind]), [['a', 'trigger'], ['b', ''],
    ['c', 'set_bool'], ['d', ''], ['e', ''], ['f', 'form'], ['g', ''], ['h', ''], ['i', '']]);
  for (const { name, kind, reason } of read) {
    assert.equal(reason, kind ? '' : name === 'd' ? 'not there'
      : 'This page does not know it; update the page.');
  }
  assert.deepEqual(read[2], { name: 'c', kind: 'set_bool', reason: '', label: 'C', icon: 'light',
    confirm: true, hasState: true, fields: [] });
  assert.deepEqual(readActions('x'), []);
  let deep = { name: 'x', kind: 'int' };
  for (let level = 0; level < 50; level += 1) deep = { name: 'x', kind: 'group', fields: [deep] };
  assert.equal(readActions([{ name: 'a', kind: 'form', fields: [deep] }])[0].kind, '');
});

test('a form has as many fields and items at first as a person can fill in', () => {
  const isForm = (field) => readActions(
    [{ name: 'a', kind: 'form', fields: [{ name: 'x', ...field }] }])[0]?.kind === 'form';
  const [item, list] = [{ name: '', kind: 'int' }, { kind: 'list', most: 16 }];
  assert.ok(isForm({ ...list, item, least: 16, default: Array(16).fill(0) }));
  assert.ok(isForm({ ...list, item: { ...list, name: '', item, least: 16 }, least: 16 }));
  for (const wrong of [{ least: 17 }, { least: -1 }, { least: 0.5 }, { least: '1' }, { most: -1 },
    { most: 1e9, least: 1e9 }, { default: Array(17).fill(0) },
    { most: 1e9, default: Array(65).fill(0) }]) assert.ok(!isForm({ ...list, item, ...wrong }));
  // Lists in lists multiply.
  const inner = { ...list, name: '', item, least: 16 };
  assert.ok(!isForm({ ...list, least: 16, item: { ...list, name: '', item: inner, least: 16 } }));
  assert.ok(!isForm({ ...list, item: { ...list, name: '', item, most: 2 }, default: [[1, 2, 3]] }));
  assert.ok(isForm({ kind: 'string', most: 0 }) && isForm({ kind: 'string' }));
  assert.ok(!isForm({ kind: 'string', most: -1 }) && !isForm({ kind: 'string', most: 'x' }));
});

test('a switch shows what its topic says, else what was set last, as assumed', () => {
  assert.deepEqual(switchState(true, false, true), { on: true, text: 'is on' });
  assert.equal(switchState(null, true, true).on, null);
  assert.match(switchState(undefined, true, true).text, /not known/);
  assert.deepEqual(switchState(null, false, false), { on: false, text: 'off, assumed' });
  assert.deepEqual(switchState(null, undefined, false), { on: null, text: '' });
  assert.equal(question({ label: 'Light' }, true), 'Light on?');
  assert.equal(question({ label: 'Dock' }, undefined), 'Dock?');
  assert.equal(question({ label: 'Say' }, 'hello'), 'Say “hello”?');
});
