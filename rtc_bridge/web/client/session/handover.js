// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** When a new session that is up takes the place of the one that is shown. */

// It does so after this time also without a picture.
const PICTURE_TIMEOUT_MS = 1500;

export class Handover {
  #replace = () => {};

  /**
   * Replace the session when the new one has a picture, or has been up for PICTURE_TIMEOUT_MS.
   * @param {() => void} replace does nothing if it has been called, or the new session is lost
   * @param {Promise<void>} [picture] resolves when there is one
   */
  prepare(replace, picture) {
    this.#replace = replace;
    picture?.then(replace, () => {});
    setTimeout(replace, PICTURE_TIMEOUT_MS);
  }

  /** Replace it now, if a new session is up: something cannot wait for the picture. */
  hurry() {
    this.#replace();
  }
}
