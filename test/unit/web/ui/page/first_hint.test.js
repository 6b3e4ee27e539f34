// What is said to a person who opens a robot's page for the first time.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { beginningLines } from '../../../../../rtc_bridge/web/ui/page/first_hint.js';

test('three lines tell how to begin, and how to stop', () => {
  const lines = beginningLines(false, ['W', 'A', 'S', 'D'], true);
  assert.equal(lines.length, 3);
  assert.match(lines[0], /^Press Drive/);
  assert.match(lines[1], /^W A S D, /);
  assert.match(lines[2], /^STOP, or the key Esc/);
});

test('fingers press no keys', () => {
  const lines = beginningLines(true, ['W', 'A', 'S', 'D'], true);
  assert.match(lines[1], /^The sticks/);
  assert.ok(!lines.some((line) => /Esc|W A S D/.test(line)));
});

test('nothing is said of a stop that this person does not have', () => {
  assert.equal(beginningLines(false, ['W', 'A', 'S', 'D'], false).length, 2);
});
