// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** This person's voice on the robot: one viewer is heard at a time. */

import { FloorMedia } from './floor_media.js';

// The browser takes the loudspeaker of this computer out, and what is no voice.
const CONSTRAINTS = { audio: { echoCancellation: true, noiseSuppression: true,
  autoGainControl: true } };

/** Error codes of its own: `no-microphone` and `no-talk`. */
export class Voice extends FloorMedia {
  /**
   * @param {import('../robot_connection.js').RobotConnection} connection
   * @param {(constraints: {audio: MediaTrackConstraints}) => Promise<MediaStream>} getMicrophone
   *   as `getUserMedia` of browsers
   */
  constructor(connection, getMicrophone) {
    super(connection, {
      request: 'talk', state: 'talk', refusal: 'no-talk', missing: 'no-microphone',
      // Who has proved nothing hears nothing.
      isTaken: ({ kind, state, hello, media, trustedSound }) => hello?.talk === true || (
        kind === 'rtcbot' && state === 'up' && !!trustedSound
          && !!media.audio.currentDirection?.startsWith('send')),
      open: async () => (await getMicrophone(CONSTRAINTS)).getAudioTracks()[0],
      send: (session, track) => session.media.audio.sender.replaceTrack(track),
    });
  }
}
