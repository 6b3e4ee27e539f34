// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What happens when the page is hidden, left, and looked at again, and when the network comes
 * back. What that means for the connection is in start.js.
 */

// Hidden for longer than this, the page has to be armed again, ms: nobody has watched the robot.
const MAX_HIDDEN_MS = 30_000;

/**
 * @typedef {object} LifecycleParts
 * @property {import('../../client/robot_connection.js').RobotConnection} connection
 * @property {import('../../client/driving/teleop.js').Teleop} teleop
 * @property {import('../pictures/main_picture.js').MainPicture} picture
 * @property {import('../pictures/camera_views.js').CameraViews} cameras
 * @property {import('../driving/input_devices.js').InputDevices} inputs
 * @property {import('./toolbar.js').Toolbar} toolbar
 * @property {() => void} render
 */

export class PageLifecycle {
  #parts;
  /** Since when the page is hidden, ms since 1970: the clock that goes on while a computer sleeps.
   * @type {number | null} */
  #hiddenSince = null;

  /** @param {LifecycleParts} parts */
  constructor(parts) {
    this.#parts = parts;
    const { connection, teleop, cameras, inputs, toolbar } = parts;
    document.addEventListener('visibilitychange', () => this.update());
    for (const type of ['enterpictureinpicture', 'leavepictureinpicture']) {
      cameras.videos[0].addEventListener(type, () => this.update());
    }
    addEventListener('blur', () => inputs.letGo());
    addEventListener('online', () => connection.retry());
    // Before start.js ends the connection.
    addEventListener('pagehide', () => {
      inputs.letGo();
      teleop.driver?.release();
      toolbar.stop();
    }, { capture: true });
    // It was before this was loaded.
    if (document.hidden) this.update();
  }

  /** Ask for pictures only while a person or a recording has use for them. */
  update() {
    const { connection, teleop, picture, cameras, inputs, toolbar, render } = this.#parts;
    connection.pause(document.hidden && !document.pictureInPictureElement
      && !toolbar.recording);
    if (document.hidden) {
      inputs.letGo();
      this.#hiddenSince ??= Date.now();
    } else {
      const hiddenMs = this.#hiddenSince === null ? 0 : Date.now() - this.#hiddenSince;
      this.#hiddenSince = null;
      if (hiddenMs > MAX_HIDDEN_MS) teleop.driver?.arming.disarm();
      if (connection.signaling.state === 'down') connection.retry();
      // What is on the screen is from before.
      if (!picture.fresh) cameras.keepLast(picture.camera);
      picture.onVisible();
    }
    render();
  }
}
