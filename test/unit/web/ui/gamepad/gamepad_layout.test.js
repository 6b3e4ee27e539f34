import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Assignment, stepsFor } from '../../../../../rtc_bridge/web/ui/gamepad/gamepad_assignment.js';
import { ButtonPresses, buttonsOf } from '../../../../../rtc_bridge/web/ui/gamepad/gamepad_buttons.js';
import { Gamepads, padName } from '../../../../../rtc_bridge/web/ui/gamepad/gamepad.js';
import { padMotion } from '../../../../../rtc_bridge/web/ui/gamepad/gamepad_motion.js';
import { RestMeasurement, zoneFor } from '../../../../../rtc_bridge/web/ui/gamepad/gamepad_rest.js';
import {
  axisShare, centred, isPressed, Layouts, MAX_LAYOUTS, readLayout, restingLayout, toStandard,
} from '../../../../../rtc_bridge/web/ui/gamepad/gamepad_layout.js';

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

const NO_BUTTONS = buttonsOf(() => -1);
const BUTTONS = { ...NO_BUTTONS, enable: 4, stopButton: 1 };

/** Let an assignment look at one state as long as a measurement takes. */
const look = (assignment, pad = state(REST)) => {
  for (let n = 0; n < 30; n++) assignment.take(pad);
};

/** Move controls one after the other, and let go of each. */
function assign(steps, pads, rest = state(REST)) {
  const assignment = new Assignment(steps);
  look(assignment, rest);
  for (const pad of pads) {
    assignment.take(pad);
    // It comes to lie there.
    assignment.take(pad);
    look(assignment, rest);
  }
  return assignment;
}

/** Assign all by hand; the stick for forward is upside down. */
function assigned({ flies = false } = {}) {
  const pushes = [{ 1: 1 }, { 0: -1 }, { 3: -1 }, ...(flies ? [{ 4: -1 }] : [])];
  const assignment = assign(stepsFor(flies, BUTTONS), [...pushes.map((push) => state(moved(push))),
    ...[6, 2].map((button) => state(REST, [button]))]);
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
  const assignment = new Assignment(stepsFor(false, BUTTONS));
  const atRest = state(REST, [9]);
  assert.match(assignment.text, /Do not touch/);
  assert.equal(assignment.progress, null);
  assignment.take(atRest);
  assignment.take(state(moved({ 0: 0.4 }), [9]));
  assert.match(assignment.text, /has moved/);
  look(assignment, atRest);
  assert.match(assignment.text, /^Push the stick for driving forward/);
  assert.deepEqual(assignment.progress, [1, 5]);
  // Too little; a trigger that is let go of; a button that is down all the time; a cross.
  for (const axes of [moved({ 1: 0.4 }), REST, moved({ 7: 3.2 })]) {
    assignment.take(state(axes, [9]));
  }
  assignment.skip();
  assert.match(assignment.text, /a cross; a stick is needed.*forward/);
  assignment.take(state(moved({ 1: -1 }), [9]));
  assert.match(assignment.text, /let it go/);
  look(assignment, atRest);
  assert.match(assignment.text, /left/);
  assignment.take(state(moved({ 1: 1 }), [9]));
  assert.match(assignment.text, /another meaning already.*left/);
  assignment.take(state(moved({ 0: -1 }), [9]));
  look(assignment, atRest);
  assert.ok(assignment.isOptional && !assignment.mayFinish);
  assignment.skip();
  assert.match(assignment.text, /^Press the button that is to be held/);
  assert.ok(!assignment.isOptional);
  assignment.take(atRest);
  assignment.take(state(REST, [9, 5]));
  assert.match(assignment.text, /let it go/);
  look(assignment, atRest);
  assignment.take(state(REST, [5, 9]));
  assert.match(assignment.text, /another meaning already/);
  assert.ok(assignment.mayFinish);
  assignment.finish();
  assert.match(assignment.text, /Do not touch/);
  assert.ok(!assignment.done);
  look(assignment, atRest);
  assert.ok(assignment.done);
  assert.deepEqual(assignment.layout, { buttons: { 4: 5 }, zone: 0.08, axes: [
    { axis: 0, sign: 1, rest: 0 }, { axis: 1, sign: 1, rest: 0 }, null, null] });
  assert.equal(stepsFor(true, NO_BUTTONS).length, 4);
});

test('triggers and crosses that are axes can be buttons', () => {
  const hat = 9 / 7;
  // A browser shows a trigger at 0 until it is moved.
  const rest = [0, 0, 0, 0, hat];
  const at = (changes) => ({ axes: rest.map((value, n) => changes[n] ?? value), buttons: [] });
  const assignment = new Assignment(stepsFor(false, { ...BUTTONS, fasterButton: 12,
    slowerButton: 13 }));
  look(assignment, at({}));
  for (const push of [{ 1: -1 }, { 0: -1 }]) {
    assignment.take(at(push));
    look(assignment, at({}));
  }
  assignment.skip();
  // On the way it is not there yet.
  for (const value of [0.3, 0.7, 1]) assignment.take(at({ 2: value }));
  assert.match(assignment.text, /held for driving/);
  assignment.take(at({ 2: 1 }));
  assert.match(assignment.text, /let it go/);
  for (const value of [0.4, -0.3]) assignment.take(at({ 2: value }));
  look(assignment, at({ 2: -1 }));
  assert.match(assignment.text, /emergency stop/);
  look(assignment, at({ 2: 1 }));
  assert.match(assignment.text, /another meaning/);
  assignment.take(at({ 2: -1 }));
  assignment.skip();
  for (const value of [-1, 1 / 7]) {
    look(assignment, at({ 2: -1, 4: value }));
    look(assignment, at({ 2: -1 }));
  }
  look(assignment, at({ 2: -1 }));
  assert.ok(assignment.done);
  const { layout } = assignment;
  assert.deepEqual(layout.buttons, { 4: { axis: 2, rest: -1, at: 1 },
    12: { axis: 4, rest: 1.286, at: -1 }, 13: { axis: 4, rest: 1.286, at: 0.143 } });
  assert.deepEqual(readLayout(JSON.parse(JSON.stringify(layout))), layout);
  const down = (changes) => [4, 12, 13, 1].filter((n) => isPressed(at(changes), layout, n));
  assert.deepEqual([{ 2: -1 }, { 2: 0 }, { 2: 1 }, { 2: -1, 4: -1 }, { 2: -1, 4: 0.14 },
    { 2: -1, 4: -0.43 }].map(down), [[], [], [4], [12], [13], []]);
  assert.equal(toStandard(at({ 2: 0.5 }), layout).buttons[4], 0.75);
  assert.equal(axisShare(NaN, { rest: -1, at: 1 }), 0);
  // The trigger is let go of in the middle, and says so.
  assert.equal(axisShare(3, { rest: -1, at: 1 }), 0);
});

test('a stick that comes back badly gets a larger dead zone', () => {
  const steps = stepsFor(false, NO_BUTTONS);
  const assignment = new Assignment(steps);
  look(assignment, state(REST));
  const back = state(moved({ 1: 0.16 }));
  for (const push of [{ 1: 1 }, { 0: -1 }]) {
    assignment.take(state(moved(push)));
    look(assignment, back);
  }
  assignment.skip();
  look(assignment, back);
  assert.ok(assignment.done);
  assert.deepEqual([assignment.layout.axes[1].rest, assignment.layout.zone], [0.08, 0.16]);
  // Both of its rests are within.
  for (const value of [0, 0.16]) {
    const { axes } = toStandard(state(moved({ 1: value })), assignment.layout);
    assert.equal(padMotion({ axes, buttons: [] }, {}, assignment.layout.zone).x, 0);
  }
  assert.equal(zoneFor([]), 0.08);
  assert.equal(zoneFor([{ low: -1, high: 1 }]), 0.5);
  const rest = new RestMeasurement();
  for (let n = 0; n < 30; n++) rest.take([0.1, n % 2 / 10]);
  assert.ok(rest.done && !rest.moved);
  assert.deepEqual(rest.ranges, [{ low: 0.1, high: 0.1 }, { low: 0, high: 0.1 }]);
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
    { ...good, buttons: { 99: 1 } }, { ...good, buttons: { 1: 'x' } },
    { ...good, buttons: { 1: null } }, { ...good, buttons: { 1: { axis: 0, rest: 1, at: 1 } } },
    { ...good, buttons: { 1: { axis: 0, rest: NaN, at: 1 } } }]) {
    assert.equal(readLayout(bad), null);
  }
  // Earlier versions kept less; what is out of its range is left out.
  const { zone, ...old } = good;
  assert.equal(zone, 0.08);
  assert.deepEqual(readLayout({ ...old, zone: 7, curve: 'x' }), old);
  assert.deepEqual(readLayout({ ...old, zone: 0.2, curve: 0.5 }), { ...old, zone: 0.2, curve: 0.5 });
});

test('a gamepad that was assigned drives and stops like one of the standard mapping', () => {
  let pad = gamepad();
  const layouts = new Layouts();
  const pads = new Gamepads(() => [pad], layouts);
  const presses = new ButtonPresses();
  const takeStopPress = () => presses.take(pads.look(), [1]).has(1);
  pads.enableButton = 4;
  assert.equal(pads.poll(), null);
  layouts.set(ID, assigned());
  assert.ok(pads.poll());
  pad = gamepad(moved({ 1: 1 }), [6]);
  assert.equal(pads.motion(pads.poll(), false).x, 1);
  assert.ok(pads.holdsDeadMan(pads.poll()));
  pad = gamepad(moved({ 1: 1 }), [4]);
  assert.equal(pads.motion(pads.poll(), false).x, 0);
  assert.equal(takeStopPress(), false);
  pad = gamepad(REST, [2]);
  assert.equal(takeStopPress(), true);
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
  // It trembles: the text about it stays as it is.
  pad = gamepad([0, 0.206, -1, 0], [], { mapping: 'standard' });
  pads.poll(2000);
  assert.deepEqual(pads.restless(2000).map(({ value }) => value), [0.2, -1]);
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

test('dead zone and curve are those of the gamepad that drives', () => {
  const axes = [0, -0.3, 0, 0];
  const list = [gamepad(axes, [], { mapping: 'standard' }),
    gamepad([0, 0, 0, 0], [], { mapping: 'standard', id: 'other', index: 1 })];
  const layouts = new Layouts();
  const pads = new Gamepads(() => list, layouts);
  const x = () => pads.motion(pads.poll(), false).x;
  layouts.set(ID, { ...restingLayout([0, 0, 0, 0]), zone: 0.35, curve: 1 });
  assert.equal(x(), 0);
  assert.deepEqual(pads.withoutDeadZone({ axes, buttons: [] }).axes, [0, 0, 0, 0]);
  list[0].axes = [0, -0.675, 0, 0];
  assert.ok(Math.abs(x() - 0.125) < 1e-9);
  list[0].axes = [0, -1, 0, 0];
  assert.equal(x(), 1);
  list[0].axes = [0, 0, 0, 0];
  x();
  list[1].axes = [0, -0.55, 0, 0];
  assert.ok(Math.abs(x() - 0.5) < 1e-9);
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
