import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DEFAULTS, Settings, stepped, storage, valid } from '../../rtc_bridge/web/settings.js';

/** Storage that holds a text from before. */
function stored(text) {
  const kept = { text };
  return { kept, getItem: () => kept.text, setItem: (_, value) => { kept.text = value; } };
}

const all = (settings) => Object.fromEntries(
  Object.keys(DEFAULTS).map((name) => [name, settings.get(name)]));

test('what was chosen is kept, and told', () => {
  const store = stored(null);
  const settings = new Settings(store);
  let told = 0;
  settings.addEventListener('change', () => { told += 1; });
  settings.set('speed', 0.3);
  settings.set('sticks', 'one');
  assert.equal(told, 2);
  assert.deepEqual(all(new Settings(store)), { ...DEFAULTS, speed: 0.3, sticks: 'one' });
});

test('two tabs do not undo what the other one chose', () => {
  const store = stored(null);
  const [one, two] = [new Settings(store), new Settings(store)];
  one.set('speed', 0.3);
  two.set('thumbs', true);
  assert.equal(two.get('speed'), 1);
  assert.deepEqual(all(new Settings(store)), { ...DEFAULTS, speed: 0.3, thumbs: true });
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

test('a localStorage that throws is none', () => {
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
