import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CameraSelection } from '../../../../../rtc_bridge/web/client/session/camera_selection.js';

const list = (...names) => names.map((name) => ({ name }));
const ask = (slot, camera) => ({ type: 'select', slot, camera });

test('without a choice the first camera is shown, once the robot has one', () => {
  const selection = new CameraSelection(2, null);
  assert.deepEqual(selection.onCameras([], true), []);
  assert.deepEqual(selection.onCameras(list('front', 'rear'), false), [ask(0, 'front')]);
  assert.deepEqual(selection.chosen, ['front', null]);
  assert.deepEqual(selection.cameras, ['front', 'rear']);
  // Another one changes nothing.
  assert.deepEqual(selection.onCameras(list('arm', 'front'), false), []);
});

test('a camera that comes back is asked for again, and everything by another robot', () => {
  const selection = new CameraSelection(2, 'rear');
  assert.deepEqual(selection.onCameras(list('front'), true), []);
  assert.deepEqual(selection.onCameras(list('front', 'rear'), false), [ask(0, 'rear')]);
  assert.deepEqual(selection.select(1, 'front'), ask(1, 'front'));
  assert.deepEqual(selection.onCameras(list('front', 'rear'), true),
    [ask(0, 'rear'), ask(1, 'front')]);
});

test('a link may name a camera by its topic, or without image_raw', () => {
  for (const [named, found] of [['/front/image_raw', 'front/image_raw'],
    ['front', 'front/image_raw'], ['/front', 'front/image_raw'], ['rear', 'rear']]) {
    const selection = new CameraSelection(1, named);
    assert.deepEqual(selection.onCameras(list('rear'), true), named === 'rear' ? [ask(0, found)] : []);
    const messages = selection.onCameras(list('rear', 'front/image_raw'), false);
    assert.deepEqual(messages, named === 'rear' ? [] : [ask(0, found)]);
    assert.deepEqual(selection.chosen, [found]);
  }
});

test('what people read in place of names is a text, if the robot says so', () => {
  const selection = new CameraSelection(1, null);
  selection.onCameras([{ name: 'a', label: 'Left arm' }, { name: 'b', label: '' },
    { name: 'c', label: 7 }], true);
  assert.deepEqual([...selection.labels], [['a', 'Left arm']]);
  selection.onCameras(list('a'), false);
  assert.equal(selection.labels.size, 0);
});

test('why no path is drawn is a text, if the robot says so', () => {
  const selection = new CameraSelection(1, null);
  selection.onCameras([{ name: 'a', mount_problem: 'no path is drawn' },
    { name: 'b', mount_problem: 7 }], true);
  assert.deepEqual([...selection.mountProblems], [['a', 'no path is drawn']]);
  selection.onCameras(list('a'), false);
  assert.equal(selection.mountProblems.size, 0);
});

test('a hidden page asks for no pictures, not even a robot that has just come', () => {
  const selection = new CameraSelection(3, 'front');
  selection.onCameras(list('front', 'rear'), true);
  selection.select(1, 'rear');
  assert.deepEqual(selection.pause(true), [ask(0, null), ask(1, null)]);
  assert.deepEqual(selection.pause(true), []);
  assert.deepEqual(selection.onCameras(list('front', 'rear'), true), [ask(0, null)]);
  // What is chosen meanwhile comes with the rest.
  assert.deepEqual(selection.select(2, 'rear'), ask(2, null));
  assert.deepEqual(selection.pause(false), [ask(0, 'front'), ask(1, 'rear'), ask(2, 'rear')]);
});

test('a first slot that is off stays off, though a robot shows a camera without being asked', () => {
  const selection = new CameraSelection(1, 'front');
  assert.deepEqual(selection.select(0, null), ask(0, null));
  assert.deepEqual(selection.onCameras(list('front'), true), [ask(0, null)]);
});

test('other slots are refused, and anything but a list is an empty one', () => {
  const selection = new CameraSelection(1, null);
  for (const slot of [-1, 1, NaN]) assert.throws(() => selection.select(slot, null), RangeError);
  assert.deepEqual(selection.onCameras('front', true), []);
  assert.deepEqual(selection.onCameras([null, { name: 7 }, { name: 'front' }], false),
    [ask(0, 'front')]);
});

test('begins with the camera of the last visit, else with the first one for driving', () => {
  const cameras = [{ name: 'arm', drive: false }, { name: 'front', drive: true }, { name: 'rear' }];
  for (const [preferred, first] of [['', 'front'], ['arm', 'arm'], ['gone', 'front']]) {
    const selection = new CameraSelection(1, null);
    selection.preferred = preferred;
    assert.deepEqual(selection.onCameras(cameras, true), [ask(0, first)]);
    assert.deepEqual(selection.driving, ['front', 'rear']);
  }
  const none = new CameraSelection(1, null);
  none.onCameras(cameras.slice(0, 1), true);
  assert.deepEqual([none.chosen[0], none.driving], ['arm', []]);
  const named = new CameraSelection(1, 'rear');
  named.preferred = 'arm';
  assert.deepEqual(named.onCameras(cameras, true), [ask(0, 'rear')]);
});
