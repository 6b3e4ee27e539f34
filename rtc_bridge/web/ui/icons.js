// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Icons, drawn by lines in a square of 24. */

/** Paths by name. */
export const PATHS = {
  whole: 'M9 4v5H4M15 4v5h5M15 20v-5h5M9 20v-5H4',
  turn: 'M18 7a8 8 0 1 0 2 5M19 3v5h-5',
  layout: 'M3 5h18v14H3zM12 5v14M12 12h9',
  drive: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 10a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM4 11l6 1M20 11l-6 '
    + '1M12 14v6',
  noDrive: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM6.5 6.5l11 11',
  size: 'M20 12v8h-8M20 20l-8-8',
};

/** Return an icon that has a name. @param {keyof typeof PATHS} name */
export const icon = (name) => drawIcon([PATHS[name]]);

/** Return an icon; it says nothing to screen readers. @param {string[]} paths each a part of it */
export function drawIcon(paths) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  for (const line of paths) {
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    path.setAttribute('d', line);
    svg.append(path);
  }
  return svg;
}
