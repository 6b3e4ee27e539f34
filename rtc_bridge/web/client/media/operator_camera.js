// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** This person's camera or screen on the robot: that of one viewer is shown at a time. */

import { sendCamera } from './camera_sender.js';
import { FloorMedia } from './floor_media.js';

/**
 * Error codes of its own: `no-camera` and `no-camera-shown`.
 *
 * Pictures are on their way only while somebody on the robot watches.
 */
export class OperatorCamera extends FloorMedia {
  /** Somebody on the robot watches. */
  watched = false;

  /**
   * @param {import('../robot_connection.js').RobotConnection} connection
   * @param {(constraints: MediaTrackConstraints) => Promise<MediaStream>} getCamera opens a camera,
   *   or a screen, with pictures as the robot takes them
   */
  constructor(connection, getCamera) {
    const limits = () => connection.session?.hello?.operator_camera ?? {};
    super(connection, {
      request: 'show_camera', state: 'operator_camera', refusal: 'no-camera-shown',
      missing: 'no-camera',
      isTaken: ({ hello }) => !!hello?.operator_camera,
      open: async () => (await getCamera({ width: { max: limits().max_width },
        height: { max: limits().max_height },
        frameRate: { max: limits().max_fps } })).getVideoTracks()[0],
      send: async ({ media: { camera } }, track) => {
        if (camera) await sendCamera(camera.sender, this.held && this.watched ? track : null, limits());
      },
    });
    this.on('state', (message) => {
      this.watched = message.watched === true;
      this.sendAgain();
    });
  }
}
