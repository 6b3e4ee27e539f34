// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The dark and the light theme: as the system has it, or as a person chose. */

/** When the light theme counts. @type {Readonly<Record<string, string>>} */
const MEDIA = { auto: '(prefers-color-scheme: light)', dark: 'not all', light: 'all' };

/**
 * Show the theme that is chosen, now and whenever that changes.
 * @param {import('../settings.js').Settings} settings
 */
export function followTheme(settings) {
  const show = () => {
    for (const part of document.querySelectorAll('head > .light')) {
      part.setAttribute('media', MEDIA[settings.get('theme')]);
    }
  };
  settings.addEventListener('change', show);
  show();
}
