// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The signs that a robot's owner can choose for actions. */

const SVG = 'http://www.w3.org/2000/svg';

/** Paths in a square of 24, by name. @type {Record<string, string>} */
const PATHS = {
  light: 'M9 17h6M10 20h4M12 3a6 6 0 0 0-3.5 10.9V15h7v-1.1A6 6 0 0 0 12 3z',
  horn: 'M4 10v4h3l8 4V6l-8 4zM18 9a4 4 0 0 1 0 6',
  dock: 'M4 20h16M7 20v-6h10v6M12 3v8M9 8l3 3 3-3',
  power: 'M12 3v8M7 6a8 8 0 1 0 10 0',
  arm: 'M4 20h8M6 20l2-9 8-3M8 11a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM16 8l3-2M16 8l3 2',
  camera: 'M4 8h3l2-3h6l2 3h3v11H4zM12 10a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z',
  home: 'M4 11l8-7 8 7M6 10v10h12V10M10 20v-6h4v6',
  play: 'M8 5l11 7-11 7z',
  stop: 'M6 6h12v12H6z',
  actions: 'M13 3L5 14h6l-1 7 8-11h-6z',
};

/** @param {string} name @returns {SVGElement | null} null for one that is not known */
export function makeIcon(name) {
  if (!Object.hasOwn(PATHS, name)) return null;
  const svg = document.createElementNS(SVG, 'svg');
  const path = document.createElementNS(SVG, 'path');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}
