// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Loads the page again if one of its scripts did not arrive, as when a phone changes networks:
 * browsers do not ask for it a second time. This script is a file of its own, so that one of the
 * two arrives.
 */

const MAX_LOADS = 5;
// Counts loads in a row that failed, for this tab.
const KEY = 'rtc-bridge-loads';

function loadAgain() {
  try {
    const loads = Number(sessionStorage.getItem(KEY)) + 1;
    if (loads <= MAX_LOADS) {
      sessionStorage.setItem(KEY, String(loads));
      setTimeout(() => (isBusy() ? say() : location.reload()), 250 * loads);
      return;
    }
    sessionStorage.removeItem(KEY);
  } catch {
    // Without storage loads cannot be counted, and the page must not load again for ever.
  }
  say();
}

/** The page drives, or stops the robot: that must not be lost. */
function isBusy() {
  return document.body.matches('[data-armed], [data-stopping], [data-unsent]');
}

function say() {
  const place = document.getElementById('rtcBridge' in window ? 'toast' : 'status');
  if (place) place.textContent = 'Parts of this page did not load. Please reload it.';
}

// start.js sets it, and then loads the rest.
addEventListener('load', () => 'rtcBridgeStarts' in window || loadAgain());
addEventListener('rtc-bridge-part-lost', loadAgain);
if ('rtcBridgeLost' in window) loadAgain();
addEventListener('rtc-bridge-whole', () => {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing was counted.
  }
});
