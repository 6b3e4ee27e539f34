// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What the page says of what the robot finds in its pictures. Pure. */

import { isPicture } from './connection_texts.js';

/** Title for each code of a `PictureReason`. @type {Record<string, string>} */
const REASONS = {
  'unknown-encoding': 'Image encoding not known',
  'bad-step': 'Image layout not right',
  'short-data': 'Images cut short',
  'no-content': 'Empty images',
  'wrong-encoding': 'Encoding does not fit',
  'broken-picture': 'Broken pictures',
  'no-parameter-sets': 'Video without parameter sets',
  'not-decodable': 'Picture format not supported',
  'viewer-decodes-nothing': 'This browser shows no video',
  'qos-mismatch': 'QoS does not match',
  'publisher-silent': 'Camera silent',
  'nothing-arrives': 'Nothing arrives',
  'no-publisher': 'Camera not published',
  'wrong-type': 'Topic has another type',
  'package-missing': 'Message package missing',
  'no-keyframes': 'No keyframe',
  'b-frames': 'Video with B frames',
  'encoded-late': 'Pictures come too late',
  'unsupported-transport': 'Transport not supported',
  'too-large': 'Picture too large',
  'losing-pictures': 'Pictures get lost',
  'flat-picture': 'All looks the same',
  'nothing-measured': 'Nothing is measured',
  'several-publishers': 'Several publishers',
  failed: 'Pictures cannot be shown',
};

/** @param {import('../../client/session/slot_states.js').PictureReason} reason */
export const reasonTitle = ({ code }) => (Object.hasOwn(REASONS, code) ? REASONS[code] : 'No picture');

/**
 * Return what is to be said of a picture that is shown, and could be better.
 * @param {import('../../client/session/slot_states.js').SlotState | null} slot
 * @param {boolean} shown
 * @returns {import('../../client/driving/notices.js').Notice[]}
 */
export function pictureNotices(slot, shown) {
  if (!shown || !slot?.reason || !isPicture(slot)) return [];
  const { code, text } = slot.reason;
  return [{ code, level: 'warn', text }];
}

/**
 * Say that the robot changes the codec because this browser showed nothing; '' if it does not.
 * @param {string[]} codecs that have failed
 */
export const fallbackText = (codecs) => (codecs.length
  ? `This browser shows no ${codecs.join(' or ').toUpperCase()} video. The robot now sends another `
    + 'kind.' : '');
