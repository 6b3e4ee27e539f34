import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  batteryShare, delayText, headingDegrees, linkBars, PARTS, partsOff, peopleText, speedText,
  tapeTicks, targetText, withPart,
} from '../../../../../rtc_bridge/web/ui/display/hud_readings.js';
import { titleText } from '../../../../../rtc_bridge/web/ui/page/page_title.js';
import { MAX_TEXT_LENGTH } from '../../../../../rtc_bridge/web/ui/settings.js';

const STRANGE = [null, undefined, 7, 'x', [], {}, { speed: 'fast', heading: null, percentage: {} }];

test('where nothing is known nothing is said', () => {
  for (const strange of STRANGE) {
    assert.equal(speedText(strange), '');
    assert.equal(headingDegrees(strange), null);
    assert.deepEqual(tapeTicks(strange), []);
    assert.equal(batteryShare(strange), null);
    assert.equal(targetText(strange), '');
  }
  assert.equal(delayText(null, 3), '');
  assert.equal(delayText(undefined, undefined), '');
});

test('speed and the speed that is asked for count alike', () => {
  assert.equal(speedText({ speed: -0.001 }), '0.00');
  assert.equal(targetText({ linear_x: -0.3, linear_y: 0.4 }), '-0.50');
  assert.equal(targetText({ linear_x: 0, linear_y: 0 }), '0.00');
});

test('the tape has what is left of the robot on the left', () => {
  assert.ok(tapeTicks({ heading: 1e300 }).length < 12 && tapeTicks({ heading: -4e15 }).length < 12);
  const ticks = tapeTicks({ heading: Math.PI / 4 });
  const at = (text) => ticks.find((tick) => tick.text === text)?.place;
  assert.ok(Math.abs(at('45°')) < 1e-9);
  assert.ok(at('90°') < 0 && at('0°') > 0);
  assert.ok(ticks.every(({ place }) => Math.abs(place) <= 0.5));
  // Behind the robot the count goes over.
  const back = tapeTicks({ heading: Math.PI }).map(({ text }) => text).filter(Boolean);
  assert.deepEqual(back, ['135°', '180°', '-135°']);
  assert.equal(headingDegrees({ heading: -Math.PI }), 180);
  assert.equal(headingDegrees({ heading: -0.001 }), 0);
});

test('a delay has no more digits than are known', () => {
  assert.equal(delayText(45.4, 2.3), '45 ± 2 ms');
  assert.equal(delayText(7.24, 0.2), '7.2 ± 1 ms');
  assert.equal(delayText(120, null), '120 ms');
});

test('the connection is as good as its worst property', () => {
  const thresholds = { loss: [0.04, 0.2], fps: [5, 2], delay: null, battery: null, stale: null };
  const good = { round_trip_ms: 20, lost_percent: 0, fps: 30 };
  const bars = (row, moves = true) => linkBars(row && { ...good, ...row }, moves, thresholds);
  assert.equal(bars(null), 0);
  assert.deepEqual([{}, { round_trip_ms: 100 }, { round_trip_ms: 200 }, { round_trip_ms: 400 },
    { lost_percent: 3 }, { lost_percent: 4 }, { lost_percent: 30 }, { fps: 4 }, { fps: 1 }]
    .map((row) => bars(row)), [4, 3, 2, 1, 3, 2, 1, 2, 1]);
  // A camera that is slow by itself says nothing of the connection.
  assert.equal(bars({ fps: 1 }, false), 4);
  assert.equal(bars({ round_trip_ms: null, lost_percent: null, fps: null }), 4);
});

test('who drives and who watches is said where there is somebody else', () => {
  const said = (viewers, facts = {}) => peopleText({
    mine: false, taken: false, holder: null, viewers, ...facts });
  assert.equal(said(null), '');
  assert.equal(said({ count: 1, names: [] }), '');
  assert.equal(said({ count: 1, names: [] }, { mine: true, taken: true }), '');
  assert.equal(said({ count: 2, names: ['Ada'] }, { mine: true, taken: true }),
    'You drive · Ada watches');
  assert.equal(said({ count: 3, names: ['Ada', 'Ben'] }, { mine: true, taken: true }),
    'You drive · Ada and Ben watch');
  assert.equal(said({ count: 5, names: ['Ada'] }), 'Ada and 3 more watch');
  assert.equal(said({ count: 2, names: ['Ada'] }, { taken: true, holder: 'Ada' }), 'Ada drives');
  assert.equal(said({ count: 3, names: ['Ada'] }, { taken: true, holder: 'Ada' }),
    'Ada drives · 1 other watches');
  assert.equal(said(undefined, { taken: true }), 'Somebody drives');
  for (const strange of [{ count: 'x', names: 7 }, { count: null, names: [null, 5] }]) {
    assert.equal(said(strange), '');
  }
});

test('each part can be switched off, and on again', () => {
  let setting = '';
  for (const part of Object.keys(PARTS)) setting = withPart(setting, part, false);
  assert.deepEqual(partsOff(setting), new Set(Object.keys(PARTS)));
  // The browser keeps it.
  assert.ok(setting.length <= MAX_TEXT_LENGTH);
  assert.deepEqual(partsOff(withPart('speed link', 'speed', true)), new Set(['link']));
});

test('the title says what matters most', () => {
  const facts = { engaged: false, requester: null, drives: false };
  const title = (more) => titleText('rover', { ...facts, ...more });
  assert.equal(title({}), 'rover');
  assert.equal(title({ drives: true }), 'Driving · rover');
  assert.equal(title({ drives: true, requester: 'somebody' }), 'Somebody asks to drive · rover');
  assert.equal(title({ drives: true, requester: 'Ada' }), 'Ada asks to drive · rover');
  assert.equal(title({ engaged: true, requester: 'Ada' }), 'Stopped · rover');
});
