// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** A picture to keep: what the main video shows, with what is known of it. */

import { fileName, saveFile } from '../dom.js';
import { turned } from './picture_geometry.js';
import { withTexts } from './png_text.js';

/**
 * @typedef {object} Facts
 * @property {string} robot
 * @property {string} camera
 * @property {number | null} delayMs from the camera to the screen
 * @property {any} odometry telemetry of that name, null if it is too old
 * @property {string} version of rtc_bridge
 * @property {number} turn how far the picture is turned clockwise, degrees
 */

/**
 * Return what a file tells of its picture, by keyword; what is not known is left out.
 * @param {Facts} facts
 * @param {Date} time
 * @returns {Record<string, string>}
 */
export function snapshotTexts({ robot, camera, delayMs, odometry, version }, time) {
  /** @type {Record<string, string>} */
  const texts = { 'Creation Time': time.toISOString(), Robot: robot, Camera: camera };
  if (delayMs !== null) {
    texts['Delay ms'] = delayMs.toFixed(1);
    texts['Capture Time'] = new Date(time.getTime() - delayMs).toISOString();
  }
  const { x, y, heading } = odometry ?? {};
  if (Number.isFinite(x) && Number.isFinite(y)) {
    // Adding 0 turns -0 into 0.
    texts['Pose x m'] = String(Number(x.toFixed(4)) + 0);
    texts['Pose y m'] = String(Number(y.toFixed(4)) + 0);
  }
  if (Number.isFinite(heading)) texts['Pose yaw rad'] = String(Number(heading.toFixed(5)) + 0);
  texts.Software = `rtc_bridge ${version}`.trim();
  return texts;
}

/**
 * Save what a video shows, as PNG: all of it, turned as it is seen.
 * @param {HTMLVideoElement} video
 * @param {string[]} words of the file's name
 * @param {Facts | null} facts
 * @returns {Promise<void>} rejected with the reason if the browser cannot
 */
export async function saveSnapshot(video, words, facts) {
  const time = new Date();
  const turn = facts?.turn ?? 0;
  const { videoWidth: width, videoHeight: height } = video;
  const canvas = document.createElement('canvas');
  Object.assign(canvas, turned({ width, height }, turn));
  const context = canvas.getContext('2d');
  context?.translate(canvas.width / 2, canvas.height / 2);
  context?.rotate(turn * Math.PI / 180);
  context?.drawImage(video, -width / 2, -height / 2);
  const name = fileName(words, time, '.png');
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('The browser makes no PNG of this picture.');
  const file = withTexts(new Uint8Array(await blob.arrayBuffer()),
    facts ? snapshotTexts(facts, time) : {});
  saveFile(name, new Blob([file], { type: 'image/png' }));
}
