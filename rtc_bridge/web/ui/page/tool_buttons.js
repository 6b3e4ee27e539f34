// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The buttons of the toolbar, each with its icon. On wide screens they stand at the right: those
 * that may be shown later come first, so that no other one moves under a hand.
 */

import { box, make } from '../dom.js';
import { drawIcon, PATHS } from '../icons.js';

/**
 * @typedef {object} Tool
 * @property {string} id
 * @property {string} name
 * @property {string[]} [paths] of its icon
 * @property {string} [key] what it shows instead: a key that does the same
 * @property {boolean} [toggles] it stays pressed
 * @property {boolean} [hidden]
 * @property {boolean} [later] it is enabled by what is loaded later, or comes with the picture
 * @property {[tag: 'span' | 'i', id: string]} [part] what it shows beside its icon
 */

/** @type {Tool[]} */
const TOOLS = [
  // A speaker; what is heard; and that nothing is.
  { id: 'sound', name: 'Sound of the robot', hidden: true, toggles: true, part: ['i', 'soundlevel'],
    paths: ['M4 9.5v5h3.5L12 18.5v-13L7.5 9.5z', 'M15 9a4 4 0 0 1 0 6M17.5 6.5a8 8 0 0 1 0 11',
      'M15.5 9.5l5 5M20.5 9.5l-5 5'] },
  { id: 'talk', name: 'Talk', hidden: true, toggles: true, paths: [
    'M12 4a2.5 2.5 0 0 0-2.5 2.5v5a2.5 2.5 0 0 0 5 0v-5A2.5 2.5 0 0 0 12 4zM6.5 11.5a5.5 5.5 0 0 0 11 '
      + '0M12 17v3'] },
  { id: 'showcamera', name: 'Show your camera', hidden: true, toggles: true, paths: [
    'M4 5h16v11H4zM9 20h6M12 16v4M12 8.2a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2zM8.5 14c.8-1.2 2-1.7 '
      + '3.5-1.7s2.7.5 3.5 1.7'] },
  { id: 'allkeys', name: 'Keys', key: '?', hidden: true },
  { id: 'snapshot', name: 'Save this picture', later: true, paths: [
    'M4 8h3l2-3h6l2 3h3v11H4zM12 9.8a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z'] },
  { id: 'record', name: 'Record', later: true, toggles: true, part: ['span', 'recorded'],
    paths: ['M12 6a6 6 0 1 0 0 12 6 6 0 0 0 0-12z'] },
  { id: 'pip', name: 'Picture in picture', hidden: true, paths: ['M3 5h18v14H3zM12 12h6v4h-6z'] },
  { id: 'fullscreen', name: 'Full screen', hidden: true, toggles: true, paths: [
    'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5'] },
  { id: 'pictures', name: 'Layout, zoom and quality', later: true, paths: [PATHS.layout] },
  { id: 'options', name: 'Controls and keys', paths: [
    'M4 8h9M19 8h1M4 16h1M11 16h9M16 5.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM8 13.5a2.5 2.5 0 1 0 0 5 '
      + '2.5 2.5 0 0 0 0-5z'] },
];

/** Put them into the toolbar. */
export function addToolButtons() {
  box('tools').append(...TOOLS.map(({ id, name, paths, key, toggles, hidden, later, part }) => {
    const button = make('button', key ? [make('kbd', key), make('span', name)]
      : [drawIcon(paths ?? [])]);
    Object.assign(button, { id, type: 'button', hidden: !!hidden, disabled: !!later });
    if (!key) {
      button.title = name;
      button.setAttribute('aria-label', name);
    }
    if (toggles) button.setAttribute('aria-pressed', 'false');
    if (key || id === 'options') button.setAttribute('aria-haspopup', 'dialog');
    if (part) {
      const shown = make(part[0]);
      shown.id = part[1];
      if (part[0] === 'span') shown.hidden = true;
      else shown.setAttribute('aria-hidden', 'true');
      button.append(shown);
    }
    return button;
  }));
}
