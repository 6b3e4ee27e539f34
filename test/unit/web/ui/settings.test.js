import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  DEFAULTS, MAX_ROBOTS, Settings, stepped, storage, valid,
} from '../../../../rtc_bridge/web/ui/settings.js';

/** Storage that holds a text from before. */
function stored(text) {
  const kept = { rtc_bridge: text };
  return { kept, getItem: (key) => kept[key] ?? null,
    setItem: (key, value) => { kept[key] = value; } };
}

const all = (settings) => Object.fromEntries(
  Object.keys(DEFAULTS).map((name) => [name, settings.get(name)]));

test('a setting is kept, and its change is reported', () => {
  const store = stored(null);
  const settings = new Settings(store);
  let told = 0;
  settings.addEventListener('change', () => { told += 1; });
  settings.set('deadZone', 0.3);
  settings.set('sticks', 'one');
  assert.equal(told, 2);
  assert.deepEqual(all(new Settings(store)), { ...DEFAULTS, deadZone: 0.3, sticks: 'one' });
});

test('two tabs do not undo what the other one chose', () => {
  const store = stored(null);
  const [one, two] = [new Settings(store), new Settings(store)];
  one.set('deadZone', 0.3);
  two.set('thumbs', true);
  assert.equal(two.get('deadZone'), 0.1);
  assert.deepEqual(all(new Settings(store)), { ...DEFAULTS, deadZone: 0.3, thumbs: true });
  one.useRobot('a');
  two.useRobot('b');
  one.set('speed', 0.5);
  two.set('speed', 0.6);
  one.set('turn', 0.7);
  const three = new Settings(store);
  three.useRobot('b');
  assert.deepEqual([three.get('speed'), three.get('turn')], [0.6, 0.3]);
  three.useRobot('a');
  assert.deepEqual([three.get('speed'), three.get('turn')], [0.5, 0.7]);
});

test('speed, turning and camera are of one robot, and a new one begins slowly', () => {
  // Older versions kept one speed for all.
  const store = stored('{"speed":1,"thumbs":true}');
  const settings = new Settings(store);
  assert.deepEqual([settings.get('speed'), settings.get('thumbs')], [0.3, true]);
  // Before the robot told its name nothing is kept.
  settings.set('speed', 0.9);
  settings.useRobot('a');
  assert.equal(settings.get('speed'), 0.3);
  settings.changeSpeed(2);
  settings.set('camera', 'front');
  assert.deepEqual([settings.get('speed'), settings.get('turn')], [0.5, 0.5]);
  for (const name of ['b', '__proto__', '']) {
    settings.useRobot(name);
    assert.deepEqual([settings.get('speed'), settings.get('camera')], [0.3, ''], name);
  }
  settings.useRobot('a');
  assert.deepEqual([settings.get('speed'), settings.get('camera')], [0.5, 'front']);
  settings.set('panels', true);
  assert.ok(!('speed' in JSON.parse(store.kept.rtc_bridge)));
});

test('of many robots the ones that were changed last are kept', () => {
  const store = stored(null);
  const settings = new Settings(store);
  for (let i = 0; i < MAX_ROBOTS + 5; i++) {
    settings.useRobot(`robot ${i}`);
    settings.set('speed', 0.8);
    settings.useRobot('robot 0');
    settings.set('speed', 0.8);
  }
  settings.useRobot('x'.repeat(1e6));
  settings.set('speed', 0.8);
  const kept = JSON.parse(store.kept['rtc_bridge.robots']).map(({ id }) => id);
  assert.equal(kept.length, MAX_ROBOTS);
  assert.ok(kept.includes('robot 0') && !kept.includes('robot 1'));
});

test('of what is stored for robots only what can be is taken', () => {
  for (const text of ['7', '{}', '[null,7,{"id":3}]', '[{"id":"a","speed":9,"turn":"x","camera":7}]']) {
    const store = stored(null);
    store.kept['rtc_bridge.robots'] = text;
    const settings = new Settings(store);
    settings.useRobot('a');
    assert.deepEqual(all(settings), DEFAULTS, text);
  }
});

test('of what is stored only what can be is taken', () => {
  for (const text of ['', 'null', '7', '"x"', '[1]', '{', '{"speed":"1"}', '{"speed":1e9}',
    '{"speed":null}', '{"sticks":"three"}', '{"enable":-2}', '{"enable":4.5}', '{"turbo":99}',
    '{"deadZone":-1}', '{"deadMan":1}', '{"__proto__":{"speed":0.5}}']) {
    assert.deepEqual(all(new Settings(stored(text))), DEFAULTS, text);
  }
  // One that is bad spoils no other.
  assert.equal(new Settings(stored('{"speed":9,"deadMan":true}')).get('deadMan'), true);
  assert.equal(valid('speed', NaN), DEFAULTS.speed);
});

test('a browser that forbids storage keeps them for as long as the page is open', () => {
  const forbid = () => { throw new Error('SecurityError'); };
  for (const store of [null, { getItem: forbid, setItem: forbid }]) {
    const settings = new Settings(store);
    settings.set('speed', 0.4);
    assert.equal(settings.get('speed'), 0.4);
  }
});

test('a localStorage that throws is not used', () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'localStorage');
  Object.defineProperty(globalThis, 'localStorage',
    { get() { throw new Error('SecurityError'); }, configurable: true });
  try {
    assert.equal(storage(), null);
  } finally {
    delete globalThis.localStorage;
    if (before) Object.defineProperty(globalThis, 'localStorage', before);
  }
});

test('the speed goes in steps, and stays within its limits', () => {
  assert.equal(stepped(0.5, 1), 0.6);
  assert.equal(stepped(0.3, -1), 0.2);
  assert.equal(stepped(1, 1), 1);
  assert.equal(stepped(0.1, -1), 0.1);
  assert.equal(stepped(0.44, 1), 0.5);
});
