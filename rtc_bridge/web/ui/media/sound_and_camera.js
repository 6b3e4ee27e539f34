// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The buttons for what is heard and seen of the robot's surroundings, and there of this person. */

import { OperatorCamera } from '../../client/media/operator_camera.js';
import { Sound } from '../../client/media/sound.js';
import { Voice } from '../../client/media/voice.js';
import { SCREEN } from '../settings.js';
import { CameraButton } from './camera_button.js';
import { SoundButton } from './sound_button.js';
import { TalkButton } from './talk_button.js';

/**
 * Add them to the page.
 * @param {import('../../client/robot_connection.js').RobotConnection} connection
 * @param {import('../settings.js').Settings} settings
 * @param {import('../driving/input_devices.js').InputDevices} inputs whose key and button talk, too
 * @param {(text: string) => void} toast shows a message to the person
 */
export function addSoundAndCamera(connection, settings, inputs, toast) {
  // Not `exact`: a device that is unplugged must not keep a person from what they want.
  const voice = new Voice(connection, ({ audio }) => navigator.mediaDevices.getUserMedia(
    { audio: { ...audio, deviceId: { ideal: settings.get('microphone') } } }));
  const camera = new OperatorCamera(connection, (video) => {
    const chosen = settings.get('shownCamera');
    return chosen === SCREEN ? navigator.mediaDevices.getDisplayMedia({ video })
      : navigator.mediaDevices.getUserMedia({ video: { ...video, deviceId: { ideal: chosen } } });
  });
  new SoundButton(new Sound(connection), settings, toast);
  new TalkButton(voice, inputs, toast);
  new CameraButton(camera, toast);
}
