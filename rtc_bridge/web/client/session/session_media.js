// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The sections of a session that carry sound both ways, and this person's camera. */

// With as many slots or more the camera has no section of its own: docs/protocol.md limits them.
const SLOTS_WITHOUT_ROOM = 4;

/**
 * Prepare the sections, behind those of the slots, which keep their places. What is sent by them
 * later needs no new offer.
 * @param {RTCPeerConnection} pc
 * @param {RTCRtpTransceiver[]} slots
 * @param {boolean} isRtcbot for a robot of RTCBot's, which is shown no camera
 * @returns {{audio: RTCRtpTransceiver, camera: RTCRtpTransceiver | null, sound: MediaStream}} a
 *   stream of its own for the sound: pictures do not wait for it
 */
export function sessionMedia(pc, slots, isRtcbot) {
  const audio = pc.addTransceiver('audio', { direction: 'sendrecv' });
  const sound = new MediaStream([audio.receiver.track]);
  let camera = null;
  if (!isRtcbot && slots.length < SLOTS_WITHOUT_ROOM) {
    camera = pc.addTransceiver('video', { direction: 'sendonly' });
  } else if (!isRtcbot) {
    // A robot takes no more sections. The last slot is used the least, and gets VP8, too.
    camera = slots[slots.length - 1];
    camera.direction = 'sendrecv';
  }
  return { audio, camera, sound };
}
