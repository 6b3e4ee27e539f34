// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** How several cameras share the stage, and how a URL says so. Pure. */

/**
 * @typedef {'one' | 'two' | 'grid' | 'inset'} Layout
 * @typedef {import('./picture_geometry.js').Size} Size
 *
 * @typedef {object} Inset where a picture is over the main one
 * @property {number} x share of the free space that is left of it
 * @property {number} y share of the free space that is above it
 * @property {number} width share of the stage's width
 */

/** Layouts: their name for people, and how many pictures they show beside the main one.
 * @type {Readonly<Record<Layout, {text: string, beside: number, places: string[]}>>} */
export const LAYOUTS = {
  one: { text: 'One large', beside: 0, places: ['Main'] },
  two: { text: 'Side by side', beside: 1, places: ['Main', 'Second'] },
  grid: { text: 'Two by two', beside: 3, places: ['Main', 'Second', 'Third', 'Fourth'] },
  inset: { text: 'With an inset', beside: 1, places: ['Main', 'Inset'] },
};

/** @type {Readonly<Inset>} */
export const DEFAULT_INSET = { x: 1, y: 0, width: 0.3 };
const MIN_INSET = 0.14;
const MAX_INSET = 0.6;
// Of the width or height, so that the main picture remains.
const MAX_INSET_HEIGHT = 0.7;
// An inset is at least this wide, so that a finger can move it, px.
const MIN_INSET_PX = 100;
// Most pictures have these proportions.
const ASPECT = 4 / 3;
// Longer texts are of no link of ours.
const MAX_TEXT_LENGTH = 600;

/** @param {any} name @returns {name is Layout} */
const isLayout = (name) => typeof name === 'string' && Object.hasOwn(LAYOUTS, name);

/**
 * Return what a URL says, as `grid` or `grid:rear,arm,left`; null if it says nothing of use.
 * @param {string | null} text the parameter's value
 * @returns {{layout: Layout, cameras: string[]} | null} cameras beside the main one; ''
 *   for a place of which the URL says nothing
 */
export function parseLayout(text) {
  if (!text || text.length > MAX_TEXT_LENGTH) return null;
  const [layout, list] = text.split(/:(.*)/s);
  if (!isLayout(layout)) return null;
  return { layout, cameras: list ? list.split(',').slice(0, LAYOUTS[layout].beside) : [] };
}

/**
 * Return a layout as a URL says it.
 * @param {Layout} layout
 * @param {(string | null | undefined)[]} cameras beside the main one
 */
export function formatLayout(layout, cameras) {
  const shown = cameras.slice(0, LAYOUTS[layout].beside).map((name) => name ?? '');
  return shown.some(Boolean) ? `${layout}:${shown.join(',')}` : layout;
}

/**
 * Return a URL with another value of a parameter; all else stays as it is, also the fragment.
 * @param {string} url
 * @param {string} name
 * @param {string} value
 */
export function withParameter(url, name, value) {
  const [, path, query = '', fragment] = /** @type {RegExpExecArray} */ (
    /^([^?#]*)(?:\?([^#]*))?(#.*)?$/s.exec(url));
  const others = query.split('&').filter((one) => one && one.split('=')[0] !== name);
  // Commas, colons and slashes need not be escaped in a query (RFC 3986, section 3.4).
  const text = encodeURIComponent(value).replace(/%(2C|3A|2F)/g, decodeURIComponent);
  return `${path}?${[...others, `${name}=${text}`].join('&')}${fragment ?? ''}`;
}

/**
 * Return the layout that can be shown.
 * @param {Layout} layout that is wanted
 * @param {number} slots how many pictures the page can show
 * @param {number} cameras how many the robot has
 * @returns {Layout}
 */
export function possible(layout, slots, cameras) {
  const beside = Math.min(slots, cameras) - 1;
  if (beside < 1) return 'one';
  // Two by two with an empty place shows what three cameras have.
  return layout === 'grid' && beside < 2 ? 'two' : layout;
}

/** Whether two pictures are larger above each other. @param {Size} stage */
export function isStacked({ width, height }) {
  const beside = Math.min(width / 2 / ASPECT, height);
  return Math.min(width / ASPECT, height / 2) > beside;
}

/** @param {any} value @param {number} low @param {number} high @param {number} other */
const within = (value, low, high, other) => (
  Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : other);

/** Return a place that an inset can have. @param {any} stored @returns {Inset} */
export const readInset = (stored) => ({ x: within(stored?.x, 0, 1, DEFAULT_INSET.x),
  y: within(stored?.y, 0, 1, DEFAULT_INSET.y),
  width: within(stored?.width, MIN_INSET, MAX_INSET, DEFAULT_INSET.width) });

/**
 * Return where an inset is drawn, px.
 * @param {Inset} inset
 * @param {Size} stage
 * @param {number} aspect of the picture, width by height
 */
export function insetBox(inset, stage, aspect) {
  const width = Math.min(Math.max(MIN_INSET_PX, inset.width * stage.width), stage.width,
    MAX_INSET_HEIGHT * stage.height * aspect);
  const height = width / aspect;
  return { left: inset.x * (stage.width - width), top: inset.y * (stage.height - height),
    width, height };
}

/**
 * Move an inset; it stays in the stage.
 * @param {Inset} inset
 * @param {{x: number, y: number}} by px
 * @param {Size} stage
 * @param {number} aspect
 */
export function moveInset(inset, by, stage, aspect) {
  const { left, top, width, height } = insetBox(inset, stage, aspect);
  return readInset({ ...inset, x: (left + by.x) / Math.max(1, stage.width - width),
    y: (top + by.y) / Math.max(1, stage.height - height) });
}

/**
 * Make an inset larger or smaller; its upper left corner stays, as far as the stage has room.
 * @param {Inset} inset
 * @param {number} by px of its width
 * @param {Size} stage
 * @param {number} aspect
 */
export function sizeInset(inset, by, stage, aspect) {
  const before = insetBox(inset, stage, aspect);
  const wider = readInset({ ...inset, width: (before.width + by) / Math.max(1, stage.width) });
  const now = insetBox(wider, stage, aspect);
  return readInset({ ...wider, x: before.left / Math.max(1, stage.width - now.width),
    y: before.top / Math.max(1, stage.height - now.height) });
}
