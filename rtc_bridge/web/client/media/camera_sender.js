// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** This person's camera on its way in one session. */

// Enough for 640x480 at 15 a second, bit/s.
const MAX_BITRATE = 800_000;
/** What is to be sent. @type {WeakMap<RTCRtpSender, MediaStreamTrack | null>} */
const wanted = new WeakMap();

/**
 * Send the pictures of a camera, or none.
 * @param {RTCRtpSender} sender
 * @param {MediaStreamTrack | null} track
 * @param {{max_width?: number, max_height?: number}} limits of what the robot takes
 */
export async function sendCamera(sender, track, limits) {
  wanted.set(sender, track);
  if (track) await limitSize(sender, track, limits);
  // Another one may be wanted by now.
  if (track === wanted.get(sender)) await sender.replaceTrack(track);
}

/**
 * Make pictures as small as the robot takes them: a screen may be larger than it was asked to be.
 * @param {RTCRtpSender} sender
 * @param {MediaStreamTrack} track
 * @param {{max_width?: number, max_height?: number}} limits
 */
async function limitSize(sender, track, { max_width: wide = 640, max_height: high = 480 }) {
  const { width = 0, height = 0 } = track.getSettings();
  const parameters = sender.getParameters();
  const [encoding] = parameters.encodings ?? [];
  if (!encoding) return;
  // Of an upright picture the sides count the other way round.
  encoding.scaleResolutionDownBy = Math.max(1, Math.max(width, height) / Math.max(wide, high),
    Math.min(width, height) / Math.min(wide, high));
  encoding.maxBitrate = MAX_BITRATE;
  // A browser that cannot do it sends what the camera was opened with.
  await sender.setParameters(parameters).catch((error) => console.debug('rtc_bridge:', error));
}
