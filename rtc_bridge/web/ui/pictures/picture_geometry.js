// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Where a picture is drawn in its place while it is zoomed, moved and turned. Pure. */

/**
 * @typedef {{width: number, height: number}} Size px
 * @typedef {{x: number, y: number}} Point px, from the middle of the place
 *
 * @typedef {object} Zoom which part of the picture is seen
 * @property {number} factor 1 shows all of the picture
 * @property {number} x the point of the picture that is in the middle, as a share of its width, as
 *   it is seen (after turning)
 * @property {number} y as a share of its height
 *
 * @typedef {object} Frame
 * @property {Size} place in which the picture is shown
 * @property {Size} fitted the picture as it is seen (after turning) at a factor of 1
 */

/** All of the picture. @type {Readonly<Zoom>} */
export const WHOLE = { factor: 1, x: 0.5, y: 0.5 };
export const MAX_FACTOR = 8;
/** How far a picture can be turned clockwise, degrees. */
export const TURNS = [0, 90, 180, 270];

/** Whether width and height change places. @param {number} turn degrees */
const isUpright = (turn) => turn % 180 !== 0;

/** @param {Size} size @param {number} turn degrees @returns {Size} */
export const turned = ({ width, height }, turn) => (
  isUpright(turn) ? { width: height, height: width } : { width, height });

/**
 * Return the frame of a picture that is drawn as large as it fits.
 * @param {Size} picture as the camera sends it
 * @param {Size} place
 * @param {number} turn degrees
 * @returns {Frame}
 */
export function frameOf(picture, place, turn) {
  const seen = turned(picture, turn);
  const scale = Math.min(place.width / seen.width, place.height / seen.height);
  // Before the first frame a video has no size.
  const fitted = Number.isFinite(scale) && scale > 0
    ? { width: seen.width * scale, height: seen.height * scale } : place;
  return { place, fitted };
}

/** @param {number} middle share @param {number} seen px @param {number} drawn px */
function between(middle, seen, drawn) {
  const half = seen / drawn / 2;
  return half >= 0.5 ? 0.5 : Math.min(1 - half, Math.max(half, middle));
}

/**
 * Return the nearest zoom at which nothing beyond an edge of the picture is seen in place of it.
 * @param {Zoom} zoom @param {Frame} frame @returns {Zoom}
 */
export function bounded({ factor, x, y }, { place, fitted }) {
  const kept = Math.min(MAX_FACTOR, Math.max(1, factor));
  return { factor: kept, x: between(x, place.width, fitted.width * kept),
    y: between(y, place.height, fitted.height * kept) };
}

/**
 * Zoom in or out; the point of the picture under a pointer stays there, as far as edges allow.
 * @param {Zoom} zoom
 * @param {number} by above 1: larger
 * @param {Point} at
 * @param {Frame} frame
 */
export function zoomedAt(zoom, by, at, frame) {
  const factor = Math.min(MAX_FACTOR, Math.max(1, zoom.factor * by));
  const share = 1 / zoom.factor - 1 / factor;
  return bounded({ factor, x: zoom.x + at.x * share / frame.fitted.width,
    y: zoom.y + at.y * share / frame.fitted.height }, frame);
}

/** Move the picture. @param {Zoom} zoom @param {Point} by px @param {Frame} frame */
export function moved(zoom, by, frame) {
  const { width, height } = frame.fitted;
  return bounded({ ...zoom, x: zoom.x - by.x / (width * zoom.factor),
    y: zoom.y - by.y / (height * zoom.factor) }, frame);
}

/**
 * Follow two fingers.
 * @param {Zoom} zoom
 * @param {[Point, Point]} before where they were
 * @param {[Point, Point]} now
 * @param {Frame} frame
 */
export function pinched(zoom, before, now, frame) {
  const distance = (/** @type {[Point, Point]} */ [a, b]) => Math.hypot(a.x - b.x, a.y - b.y);
  const middle = (/** @type {[Point, Point]} */ [a, b]) => (
    { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
  const [from, to] = [middle(before), middle(now)];
  // Two fingers at one point have no distance to compare with.
  const by = distance(before) > 1 ? distance(now) / distance(before) : 1;
  return moved(zoomedAt(zoom, by, from, frame), { x: to.x - from.x, y: to.y - from.y }, frame);
}

/**
 * Return the style of the element that holds the picture, which is turned about its middle and
 * zoomed; empty values where it fills its place anyway.
 * @param {Zoom} zoom
 * @param {number} turn degrees
 * @param {Frame} frame
 */
export function viewStyle({ factor, x, y }, turn, { place, fitted }) {
  if (factor === 1 && !turn) return { inset: '', width: '', height: '', transform: '' };
  const { width, height } = turned(place, turn);
  const px = (/** @type {number} */ value) => `${Number(value.toFixed(2)) + 0}px`;
  return {
    inset: `${px((place.height - height) / 2)} auto auto ${px((place.width - width) / 2)}`,
    width: px(width), height: px(height),
    transform: `translate(${px((0.5 - x) * fitted.width * factor)}, `
      + `${px((0.5 - y) * fitted.height * factor)}) scale(${factor.toFixed(4)}) rotate(${turn}deg)`,
  };
}
