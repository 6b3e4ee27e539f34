// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import test from 'node:test';
import zlib from 'node:zlib';
import { crc32, withTexts } from '../../../../../rtc_bridge/web/ui/pictures/png_text.js';
import { snapshotTexts } from '../../../../../rtc_bridge/web/ui/pictures/snapshot.js';

// One black pixel.
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAA'
  + 'AABJRU5ErkJggg==', 'base64');

/** Read the chunks of a PNG, and check their CRCs. */
function chunksOf(png) {
  const chunks = [];
  for (let at = 8; at < png.length;) {
    const size = png.readUInt32BE(at);
    assert.equal(png.readUInt32BE(at + 8 + size), zlib.crc32(png.subarray(at + 4, at + 8 + size)));
    chunks.push([png.toString('latin1', at + 4, at + 8), png.subarray(at + 8, at + 8 + size)]);
    at += 12 + size;
  }
  return chunks;
}

test('the checksum is that of PNG', () => {
  assert.equal(crc32(Buffer.from('IEND')), 0xae426082);
  assert.equal(crc32(new Uint8Array()), 0);
});

test('texts are read back', () => {
  const texts = { Robot: 'röbot 機', 'Delay ms': '41.5', Empty: '' };
  const chunks = chunksOf(Buffer.from(withTexts(PNG, texts)));
  assert.deepEqual(chunks.map(([type]) => type), ['IHDR', 'iTXt', 'iTXt', 'iTXt', 'IDAT', 'IEND']);
  const read = chunks.filter(([type]) => type === 'iTXt').map(([, data]) => {
    const end = data.indexOf(0);
    assert.deepEqual([...data.subarray(end, end + 5)], [0, 0, 0, 0, 0]);
    return [data.toString('latin1', 0, end), data.toString('utf8', end + 5)];
  });
  assert.deepEqual(Object.fromEntries(read), texts);
  assert.deepEqual(Buffer.from(withTexts(PNG, {})), PNG);
});

test('what is no PNG, and no keyword, is refused', () => {
  assert.throws(() => withTexts(Buffer.from('GIF89a'), {}), TypeError);
  assert.throws(() => withTexts(PNG.subarray(1), {}), TypeError);
  for (const keyword of ['', ' a', 'a ', 'ä', 'a\0b', 'x'.repeat(80)]) {
    assert.throws(() => withTexts(PNG, { [keyword]: '' }), TypeError);
  }
});

test('a snapshot tells what is known of it', () => {
  const time = new Date(1_700_000_000_123);
  const known = { robot: 'sim', camera: 'front/image_raw', delayMs: 41.46, version: '1.2.3', turn: 90,
    odometry: { x: 1.23456, y: -0.00001, heading: -1.5 } };
  assert.deepEqual(snapshotTexts(known, time), {
    'Creation Time': '2023-11-14T22:13:20.123Z', Robot: 'sim', Camera: 'front/image_raw',
    'Delay ms': '41.5', 'Capture Time': '2023-11-14T22:13:20.081Z', 'Pose x m': '1.2346',
    'Pose y m': '0', 'Pose yaw rad': '-1.5', Software: 'rtc_bridge 1.2.3' });
  for (const odometry of [null, undefined, 7, {}, { x: 'a', y: null, heading: NaN }]) {
    assert.deepEqual(Object.keys(snapshotTexts({ ...known, odometry, delayMs: null }, time)),
      ['Creation Time', 'Robot', 'Camera', 'Software']);
  }
});
