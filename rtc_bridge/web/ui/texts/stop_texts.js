// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What the page says of the emergency stop. Pure. */

import { STOP_LIFE_MS } from '../../client/driving/pending_stop.js';

/**
 * Return title and sentences for the emergency stop that is engaged, or that this page has
 * pressed.
 * @param {{state: import('../../client/driving/pending_stop.js').StopState, sent: boolean}} pending
 * @param {string | null} id of the engaged one
 * @param {string} by whose it is
 * @returns {[string, string]}
 */
export function stopText({ state, sent }, id, by) {
  if (id !== null) return ['Emergency stop', `${by ? `by ${by}. ` : ''}The robot does not move.`];
  if (state === 'sent') return ['Stopping…', 'The robot has not confirmed yet.'];
  const title = sent ? 'STOP not confirmed' : 'STOP not sent';
  if (state === 'unsent') {
    return [title, 'No connection. The stop is sent if the robot is back within the next seconds.'];
  }
  return [title, sent
    ? 'The connection broke before the robot confirmed. Press STOP again.'
    : `The stop was not sent: no connection for ${STOP_LIFE_MS / 1000} s. Press STOP again.`];
}
