// What the list of all keys says, and which key asks for it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KeyAssignment } from '../../../../../rtc_bridge/web/ui/driving/key_assignment.js';
import { asksForHelp, helpSections } from '../../../../../rtc_bridge/web/ui/page/keys_help.js';
import { Settings } from '../../../../../rtc_bridge/web/ui/settings.js';

const rows = (sections, title) => new Map(sections.find((one) => one.title === title).rows
  .map(([names, text]) => [text, names.join(' ')]));
const press = (members) => ({ key: '?', code: 'Slash', repeat: false, isComposing: false,
  metaKey: false, ctrlKey: false, altKey: false, getModifierState: () => false, ...members });

test('the keys are listed as they are assigned', () => {
  const keys = new KeyAssignment();
  const settings = new Settings();
  const before = rows(helpSections(keys, settings, false), 'Keys');
  assert.equal(before.get('forward'), 'W ↑');
  assert.equal(before.get('stop'), 'Space K');
  assert.equal(before.get('drive as in teleop_twist_keyboard'), 'u i o j l m , .');
  assert.equal(before.get('this list'), '?');
  assert.match([...before.keys()][0], /^emergency stop/);
  assert.equal(keys.assign('forward', 'KeyI'), '');
  const after = rows(helpSections(keys, settings, false), 'Keys');
  assert.equal(after.get('forward'), 'I');
  assert.equal(after.get('drive as in teleop_twist_keyboard'), 'u o j l m , .');
});

test('an action without a key has no row', () => {
  const stored = { getItem: () => JSON.stringify({ stop: ['KeyV'] }), setItem: () => {} };
  const keys = new KeyAssignment(stored);
  assert.deepEqual(keys.names('talk'), []);
  assert.ok(!rows(helpSections(keys, new Settings(), false), 'Keys').has(
    'talk, as long as it is held'));
});

test('the buttons of a gamepad are listed as they are chosen', () => {
  const settings = new Settings();
  const before = rows(helpSections(new KeyAssignment(), settings, false), 'Gamepad');
  assert.equal(before.get('emergency stop'), 'the right button (B)');
  assert.ok(!before.has('hold for full speed'));
  settings.set('stopButton', 9);
  settings.set('turbo', 5);
  const after = rows(helpSections(new KeyAssignment(), settings, false), 'Gamepad');
  assert.equal(after.get('emergency stop'), 'the right middle button (start)');
  assert.equal(after.get('hold for full speed'), 'the right shoulder button');
});

test('on touch screens what fingers do comes first', () => {
  const sections = helpSections(new KeyAssignment(), new Settings(), true);
  assert.equal(sections[0].title, 'Fingers and mouse');
  assert.equal(rows(sections, 'Fingers and mouse').get('emergency stop'), 'STOP');
});

test('the sign counts, wherever its key is', () => {
  const keys = new KeyAssignment();
  for (const code of ['Slash', 'Minus', 'Comma', 'KeyM']) {
    assert.ok(asksForHelp(press({ code }), keys), code);
  }
  assert.ok(!asksForHelp(press({ key: '/' }), keys));
  for (const name of ['repeat', 'isComposing', 'metaKey', 'ctrlKey', 'altKey']) {
    assert.ok(!asksForHelp(press({ [name]: true }), keys), name);
  }
  // AltGr on Windows.
  assert.ok(asksForHelp(press({ ctrlKey: true, altKey: true,
    getModifierState: (name) => name === 'AltGraph' }), keys));
});

test('a key that was given a meaning keeps it', () => {
  const keys = new KeyAssignment();
  assert.equal(keys.assign('faster', 'Slash'), '');
  assert.ok(!asksForHelp(press({}), keys));
  assert.ok(asksForHelp(press({ code: 'Minus' }), keys));
});
