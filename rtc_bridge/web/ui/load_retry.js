// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Loads the page again if its script did not arrive, as when a phone changes networks: browsers do
 * not ask for it a second time. This script is a file of its own, so that one of the two arrives.
 */

const MAX_LOADS = 5;
// Counts loads in a row that failed, for this tab.
const KEY = 'rtc-bridge-loads';

addEventListener('load', () => {
  try {
    const loads = Number(sessionStorage.getItem(KEY)) + 1;
    // main.js sets it last.
    if ('rtcBridge' in window) {
      sessionStorage.removeItem(KEY);
    } else if (loads <= MAX_LOADS) {
      sessionStorage.setItem(KEY, String(loads));
      setTimeout(() => location.reload(), 250 * loads);
    } else {
      const status = document.getElementById('status');
      if (status) status.textContent = 'The page did not load. Please reload it.';
      sessionStorage.removeItem(KEY);
    }
  } catch {
    // Without storage loads cannot be counted, and the page must not load again for ever.
  }
});
