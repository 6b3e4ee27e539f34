import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Assignment, stepsFor } from '../../../../rtc_bridge/web/ui/gamepad_assignment.js';
import { Gamepads, padName } from '../../../../rtc_bridge/web/ui/gamepad.js';
import {
  centred, Layouts, MAX_LAYOUTS, readLayout, restingLayout, toStandard,
} from '../../../../rtc_bridge/web/ui/gamepad_layout.js';

const ID = '8BitDo Pro 2 (Vendor: 2dc8 Product: 6003)';
// As Firefox on Linux has it: sticks on 0, 1, 3 and 4, triggers on 2 and 5, which rest at -1.
const REST = [0, 0, -1, 0, 0, -1, 0, 0];

/** A gamepad as the browser has it. */
const gamepad = (axes = REST, down = [], more = {}) => ({ index: 0, id: ID, connected: true,
  mapping: '', axes, buttons: Array.from({ length: 11 }, (_, n) => ({ pressed: down.includes(n),
    value: down.includes(n) ? 1 : 0 })), ...more });
const state = (axes, down = []) => ({ axes,
  buttons: gamepad(axes, down).buttons.map(({ value }) => value) });
/** The axes with some at other values. */
const moved = (changes) => REST.map((value, n) => changes[n] ?? value);

function memory(text = null) {
  let kept = text;
  return { getItem: () => kept, setItem: (_, value) => { kept = value; } };
}

/** Assign all by hand; the stick for forward is upside down. */
function assigned({ flies = false } = {}) {
  const assignment = new Assignment(state(REST), stepsFor({ flies, enable: 4, stop: 1 }));
  const pushes = [{ 1: 1 }, { 0: -1 }, { 3: -1 }, ...(flies ? [{ 4: -1 }] : [])];
  for (const push of pushes) {
    assignment.take(state(moved(push)));
    assignment.take(state(REST));
  }
  for (const button of [6, 2]) {
    assignment.take(state(REST, [button]));
    assignment.take(state(REST));
  }
  assert.ok(assignment.done);
  return assignment.layout;
}

test('a stick that rests elsewhere reaches both ends', () => {
  assert.deepEqual([0.2, 1, -1].map((value) => centred(value, 0.2)), [0, 1, -1]);
  assert.deepEqual([-1, 0, 1].map((value) => centred(value, -1)), [0, 0.5, 1]);
  assert.deepEqual([NaN, Infinity, -9].map((value) => centred(value, 0)), [0, 0, -1]);
});

test('what is moved by hand gets the meaning that was asked for', () => {
  const layout = assigned({ flies: true });
  const read = (changes, down = []) => toStandard(state(moved(changes), down), layout);
  assert.deepEqual(read({}).axes, [0, 0, 0, 0]);
  // Negative is forward, left, left and up.
  assert.deepEqual(read({ 0: -1, 1: 1, 3: -0.5, 4: -1 }).axes, [-1, -1, -0.5, -1]);
  assert.equal(read({ 0: 1 }).axes[0], 1);
  assert.deepEqual([4, 1, 6].map((n) => read({}, [6]).buttons[n]), [1, 0, 0]);
  assert.equal(read({}, [2]).buttons[1], 1);
  // What the gamepad has lost by now is at rest.
  assert.deepEqual(toStandard({ axes: [], buttons: [] }, layout).axes, [0, 0, 0, 0]);
});

test('each step waits for its control, and for its release', () => {
  const assignment = new Assignment(state(REST, [9]), stepsFor({ flies: false, enable: 4, stop: 1 }));
  const first = assignment.text;
  assert.match(first, /forward/);
  // Too little; a trigger that is let go of; a button that is down all the time; a cross.
  for (const axes of [moved({ 1: 0.4 }), REST, moved({ 7: 3.2 })]) {
    assignment.take(state(axes, [9]));
  }
  assignment.skip();
  assert.match(assignment.text, /a cross; a stick is needed.*forward/);
  assignment.take(state(moved({ 1: -1 }), [9]));
  assert.match(assignment.text, /let it go/);
  assignment.take(state(REST, [9]));
  assert.match(assignment.text, /left/);
  assignment.take(state(moved({ 1: 1 }), [9]));
  assert.match(assignment.text, /another meaning already.*left/);
  assignment.take(state(moved({ 0: -1 }), [9]));
  assignment.take(state(REST, [9]));
  assert.ok(assignment.isOptional);
  assignment.skip();
  assert.match(assignment.text, /^Press the button that is to be held/);
  assignment.take(state(REST, [9]));
  assignment.take(state(moved({ 2: 1 }), [9]));
  assert.match(assignment.text, /an axis, as triggers often are/);
  assignment.take(state(REST, [9, 5]));
  assignment.take(state(REST, [9]));
  assignment.take(state(REST, [5, 9]));
  assert.match(assignment.text, /another meaning already/);
  assignment.skip();
  assert.ok(assignment.done);
  assert.deepEqual(assignment.layout, { buttons: { 4: 5 }, axes: [
    { axis: 0, sign: 1, rest: 0 }, { axis: 1, sign: 1, rest: 0 }, null, null] });
  assert.equal(stepsFor({ flies: true, enable: -1, stop: -1 }).length, 4);
});

test('layouts are kept for each gamepad, and bad ones are not read', () => {
  const store = memory();
  const layouts = new Layouts(store);
  layouts.set(ID, assigned());
  assert.deepEqual(new Layouts(store).get(ID), assigned());
  assert.equal(new Layouts(store).get('another'), null);
  const other = new Layouts(store);
  for (let n = 0; n < MAX_LAYOUTS; n++) other.set(`pad ${n}`, restingLayout([0, 0.2]));
  assert.equal(new Layouts(store).get(ID), null);
  other.set('pad 3', null);
  assert.equal(new Layouts(store).get('pad 3'), null);
  assert.deepEqual(new Layouts(store).get('pad 4').axes[1], { axis: 1, sign: 1, rest: 0.2 });
  for (const text of ['{', '7', '[null, {"id": 7}]', '[{"id": "x", "axes": [1], "buttons": {}}]']) {
    assert.equal(new Layouts(memory(text)).get('x'), null);
  }
  const good = assigned();
  assert.ok(readLayout(good));
  for (const bad of [null, {}, { ...good, axes: good.axes.slice(1) },
    { ...good, axes: [{ axis: -1, sign: 1, rest: 0 }, null, null, null] },
    { ...good, axes: [{ axis: 0, sign: 2, rest: 0 }, null, null, null] },
    { ...good, axes: [{ axis: 0, sign: 1, rest: NaN }, null, null, null] },
    { ...good, buttons: { 99: 1 } }, { ...good, buttons: { 1: 'x' } }]) {
    assert.equal(readLayout(bad), null);
  }
});

test('a gamepad that was assigned drives and stops like one of the standard mapping', () => {
  let pad = gamepad();
  const layouts = new Layouts();
  const pads = new Gamepads(() => [pad], layouts);
  pads.enableButton = 4;
  pads.stopButton = 1;
  assert.equal(pads.poll(), null);
  layouts.set(ID, assigned());
  assert.ok(pads.poll());
  pad = gamepad(moved({ 1: 1 }), [6]);
  assert.equal(pads.motion(pads.poll(), false).x, 1);
  assert.ok(pads.holdsDeadMan(pads.poll()));
  pad = gamepad(moved({ 1: 1 }), [4]);
  assert.equal(pads.motion(pads.poll(), false).x, 0);
  assert.equal(pads.takeStopPress(), false);
  pad = gamepad(REST, [2]);
  assert.equal(pads.takeStopPress(), true);
  pads.flies = true;
  layouts.set(ID, assigned({ flies: true }));
  pad = gamepad(moved({ 4: -1 }), [6]);
  assert.equal(pads.motion(pads.poll(), false).up, 1);
});

test('an axis that does not rest is named once it is steady, until it rests', () => {
  const axes = [0, 0.2, -1, 0];
  let pad = gamepad(axes, [], { mapping: 'standard' });
  const layouts = new Layouts();
  const pads = new Gamepads(() => [pad], layouts);
  pads.poll(0);
  assert.deepEqual(pads.restless(1000), []);
  assert.deepEqual(pads.restless(2000).map(({ axis, value }) => [axis, value]),
    [[1, 0.2], [2, -1]]);
  assert.match(pads.restless(2000)[0].name, /left stick/);
  // A hand moves it.
  pad = gamepad([0, 0.5, -1, 0], [], { mapping: 'standard' });
  pads.poll(2000);
  assert.deepEqual(pads.restless(3000), []);
  pad = gamepad(axes, [], { mapping: 'standard' });
  layouts.set(ID, restingLayout(axes));
  assert.ok(pads.poll(5000));
  assert.deepEqual(pads.restless(9000), []);
  // Beyond its rest position it drives as far as it goes.
  pad = gamepad([0, 1, -1, 0], [], { mapping: 'standard' });
  assert.equal(pads.motion(pads.poll(9100), false).x, -1);
});

test('the right stick moves up and down on robots that can, and else nothing', () => {
  const pad = { axes: [0, 0, 0, -1], buttons: [] };
  const pads = new Gamepads(() => []);
  assert.equal(pads.motion(pad, false).up, 0);
  pads.flies = true;
  assert.equal(pads.motion(pad, false).up, 1);
});

test('gamepads have short names', () => {
  assert.equal(padName(ID), '8BitDo Pro 2');
  assert.equal(padName(undefined), 'a gamepad');
  assert.equal(padName('x'.repeat(300)).length, 60);
});
