// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Where signaling over HTTP is found. Few networks need it, so that pages may load it after what
 * connects.
 *
 * @typedef {(socketUrl: string) => import('./signaling_polls.js').SignalingPolls} MakePolls
 */

/** @type {(make: MakePolls) => void} */
let resolve;
/** @type {Promise<MakePolls>} */
const provided = new Promise((done) => { resolve = done; });

/** Use it from now on, also where it is waited for. @param {MakePolls} make */
export function provideHttpSignaling(make) {
  resolve(make);
}

/**
 * Return it once it is there.
 * @param {number} timeoutMs
 * @throws {Error} it was not provided in time
 */
export async function httpSignaling(timeoutMs) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('not loaded in time')), timeoutMs);
  });
  try {
    return await /** @type {Promise<MakePolls>} */ (Promise.race([provided, late]));
  } finally {
    clearTimeout(timer);
  }
}
