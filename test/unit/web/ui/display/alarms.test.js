import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  ALARM_TEXTS, charge, LevelFilter, levelOf, readThresholds, staleText,
} from '../../../../../rtc_bridge/web/ui/display/alarm_rules.js';
import { TONES } from '../../../../../rtc_bridge/web/ui/display/alarm_sound.js';
import { Alarms, CALM_MS, MAX_ENTRIES } from '../../../../../rtc_bridge/web/ui/display/alarms.js';
import { Rhythm } from '../../../../../rtc_bridge/web/ui/display/latest_telemetry.js';

test('thresholds of a robot are read, and strange ones are none', () => {
  const none = { delay: null, fps: null, loss: null, battery: null, stale: null };
  assert.deepEqual(readThresholds({ delay: [0.25, 0.5], fps: [], loss: [0.1], battery: ['a', 1],
    stale: [1, NaN], other: [1, 2] }), { ...none, delay: [0.25, 0.5] });
  for (const strange of [undefined, null, 7, 'x', []]) {
    assert.deepEqual(readThresholds(strange), none);
  }
});

test('a level begins at its threshold, and ends a tenth of it later', () => {
  const levels = (pair, values) => {
    const filter = new LevelFilter();
    return values.map((value) => filter.take(value, pair));
  };
  assert.deepEqual(levels([0.2, 0.5], [0.19, 0.2, 0.49, 0.5, 0.46, 0.44, 0.19, 0.17]),
    ['', 'amber', 'amber', 'red', 'red', 'amber', 'amber', '']);
  // Of what is bad when it is small.
  assert.deepEqual(levels([20, 10], [20, 19, 10, 9, 10.9, 11, 21, 22]),
    ['', 'amber', 'amber', 'red', 'red', 'amber', 'amber', '']);
  assert.equal(levelOf(null, [1, 2], 'red'), '');
  assert.equal(levelOf(5, null, 'red'), '');
});

test('one bad value in a row of good ones is no reason to warn', () => {
  const filter = new LevelFilter(2);
  const take = (value) => filter.take(value, [1, 2]);
  assert.deepEqual([3, 0, 1, 3, 0].map(take), ['', '', '', 'red', '']);
});

/** Alarms with a clock that a test moves. */
function made() {
  const due = new Map();
  let now = 0;
  const alarms = new Alarms({ now: () => now, later: (action, ms) => {
    due.set(action, now + ms);
    return () => due.delete(action);
  } });
  const raised = [];
  alarms.on('raise', ({ code, level }) => raised.push(`${code} ${level}`));
  return { alarms, raised, pass: (ms) => {
    now += ms;
    for (const [action, at] of [...due]) if (at <= now && due.delete(action)) action();
  } };
}

const amber = { level: 'amber', text: 'a' };
const red = { level: 'red', text: 'r' };

test('an alarm is raised once for each rise, and stays until all is well for a while', () => {
  const { alarms, raised, pass } = made();
  for (const alarm of [null, amber, amber, red, amber, red, red]) alarms.set('delay', alarm);
  assert.deepEqual(raised, ['delay amber', 'delay red']);
  alarms.set('delay', null);
  pass(CALM_MS - 1);
  assert.equal(alarms.level(), 'red');
  alarms.set('delay', red);
  pass(CALM_MS);
  assert.equal(alarms.level(), 'red');
  alarms.set('delay', amber);
  pass(CALM_MS);
  assert.equal(alarms.level(['delay']), 'amber');
  assert.equal(alarms.level(['battery']), '');
  alarms.set('delay', null);
  pass(CALM_MS);
  assert.deepEqual([alarms.level(), alarms.active], ['', []]);
  assert.equal(raised.length, 2);
  assert.deepEqual(alarms.list.map(({ level, began, ended }) => [level, began, ended]), [
    ['amber', 0, 0], ['red', 0, 3 * CALM_MS - 1], ['amber', 3 * CALM_MS - 1, 4 * CALM_MS - 1]]);
});

test('the worst comes first, texts change, and the list is bounded', () => {
  const { alarms, pass } = made();
  let changes = 0;
  alarms.on('change', () => { changes += 1; });
  alarms.set('loss', amber);
  alarms.set('link', red);
  alarms.set('loss', { level: 'amber', text: 'b' });
  assert.deepEqual(alarms.active, [{ code: 'link', ...red }, { code: 'loss', ...amber, text: 'b' }]);
  // The list has what was said first.
  assert.equal(alarms.list[0].text, 'a');
  const before = changes;
  alarms.set('loss', { level: 'amber', text: 'b' });
  assert.equal(changes, before);
  for (let i = 0; i < MAX_ENTRIES; i++) {
    alarms.set('loss', null);
    pass(CALM_MS);
    alarms.set('loss', amber);
  }
  assert.equal(alarms.list.length, MAX_ENTRIES);
});

test('texts have numbers with units', () => {
  assert.equal(ALARM_TEXTS.delay(0.3204), 'Picture 320 ms late');
  assert.equal(ALARM_TEXTS.fps(1.96), 'Picture: 2.0 frames a second');
  assert.equal(ALARM_TEXTS.loss(0.123), '12 % of the picture lost');
  assert.equal(ALARM_TEXTS.battery(0.094), 'Battery 9 %');
  assert.equal(staleText('Battery', 6.9), 'Battery: no news for 6 s');
});

test('two levels sound differently, and not in pitch only', () => {
  assert.notEqual(TONES.red[0].hz, TONES.amber[0].hz);
  assert.notEqual(TONES.red.length, TONES.amber.length);
});

test('a battery that is charged, or tells nothing, cannot run low', () => {
  assert.equal(charge({ percentage: 0.1, charging: false }), 0.1);
  assert.equal(charge({ percentage: 0.1, charging: null }), 0.1);
  for (const other of [{ percentage: 0.1, charging: true }, { percentage: null }, null, 'x', {}]) {
    assert.equal(charge(other), null);
  }
});

test('the longest of the last pauses is the usual one', () => {
  const rhythm = new Rhythm();
  rhythm.note(0);
  assert.ok(rhythm.usual > 10);
  rhythm.note(1000);
  assert.equal(rhythm.usual, 1);
  for (const at of [3000, 3200, 3400, 3600, 3800, 4000]) rhythm.note(at);
  assert.ok(Math.abs(rhythm.usual - 0.2) < 1e-9);
});
