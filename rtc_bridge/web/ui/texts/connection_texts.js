// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What the page says of the connection and the picture: from the facts to a state and sentences.
 * Pure.
 *
 * @typedef {object} Facts
 * @property {boolean} supported the browser has WebRTC
 * @property {'connecting' | 'open' | 'down'} relay state of the socket to the relay
 * @property {'unknown' | 'present' | 'absent' | 'gone'} robot what the relay knows of it
 * @property {'none' | 'setup' | 'up' | 'lost'} link state of the session
 * @property {import('./server_texts.js').ServerFacts} server how it was tried to reach the relay
 * @property {{code: string, message: string, ice?: import('../../client/session/ice_report.js').IceFindings}
 *   | null} failure why the newest attempt failed
 * @property {import('./no_path_texts.js').Permission} [localNetwork] the browser's permission for
 *   devices in the local network
 * @property {string | null} kind of robot: `v1`, `rtcbot`
 * @property {string[] | null} cameras null until the robot told
 * @property {Map<string, string>} [labels] what people read in place of a camera's name
 * @property {string[]} [findings] what is wrong with the list of cameras
 * @property {string | null} wanted the camera that the first slot should show
 * @property {import('../../client/session/slot_states.js').SlotState | null} slot what the robot tells of it
 * @property {boolean} picture a picture of this session has been shown
 * @property {boolean} [blocked] the browser waits for a person to touch the page
 * @property {boolean} stalled no picture arrives although the robot sends
 *
 * @typedef {'ok' | 'wait' | 'bad'} Tone
 * @typedef {[label: string, text: string][]} Rows
 * @typedef {{state: string, title: string, detail: string, tone: Tone, retry: boolean, rows: Rows}}
 *   View retry: the page does not try again by itself; rows: what was tried, for those who know
 * @typedef {[state: string, title: string, detail?: string, tone?: Tone, retry?: boolean,
 *   rows?: Rows]} Choice the members of a `View`
 * @typedef {object} LaterTexts what is not needed for the first picture
 * @property {(facts: Facts) => Choice | null} describeFailure says why there is no connection
 * @property {(reason: import('../../client/session/slot_states.js').PictureReason) => string} reasonTitle
 */

/** Until they are loaded. @type {LaterTexts} */
export const NO_LATER_TEXTS = { describeFailure: () => null, reasonTitle: () => 'No picture' };

/**
 * @typedef {object} Tile what a small picture shows
 * @property {boolean} own its frame is of the chosen camera
 * @property {Tone} tone
 * @property {string} title '': nothing to say
 * @property {string} text why, and what to do
 */

// A small picture that is older says so, ms.
const STILL_SAID_MS = 3000;

/** @param {string | null | undefined} name */
const quoted = (name) => (name ? `“${name}”` : 'the camera');

/** @param {number} ms */
function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`;
}

/**
 * The short name of a camera: its topic without `/image_raw` and the like.
 * @param {string} name
 */
export const cameraLabel = (name) => name.replace(
  /\/(image(_raw|_color|_rect|_rect_color)?(\/compressed)?|compressed)$/, '');

/**
 * Return what to show.
 * @param {Facts} facts
 * @param {number} now ms, by the clock of `SlotState.sinceMs`
 * @param {LaterTexts} texts
 * @returns {View}
 */
export function describeConnection(facts, now, texts) {
  const [state, title, detail = '', tone = 'wait', retry = false, rows = []]
    = choose(facts, now, texts);
  return { state, title, detail, tone, retry, rows };
}

/**
 * @param {Facts} facts
 * @param {number} now
 * @param {LaterTexts} texts
 * @returns {Choice}
 */
function choose(facts, now, texts) {
  if (!facts.supported) {
    return ['unsupported', 'Browser not supported', 'This browser has no WebRTC, or it is switched '
      + 'off. Use a current Chromium, Firefox or Safari.', 'bad'];
  }
  if (facts.link === 'up') return describePicture(facts, now, texts);
  return texts.describeFailure(facts) ?? ['connecting', 'Connecting'];
}

/**
 * @param {Facts} facts
 * @param {number} now
 * @param {LaterTexts} texts
 * @returns {Choice}
 */
function describePicture(facts, now, { reasonTitle }) {
  const { kind, cameras, wanted, slot, picture, blocked, stalled, findings } = facts;
  const labelOf = (/** @type {string | null} */ name) => quoted(
    facts.labels?.get(name ?? '') ?? name);
  if (kind !== 'rtcbot' && cameras) {
    if (cameras.length === 0) {
      return ['no-camera', 'No camera', findings?.length
        ? `The robot is connected. ${findings[0].replace(/\.$/, '')}.`
        : 'The robot is connected but none of its cameras sends pictures. A camera appears here as '
          + 'soon as it does.', 'bad'];
    }
    if (wanted && !cameras.includes(wanted)) {
      return ['no-camera', 'No such camera',
        `The robot has no camera ${quoted(wanted)} now. Choose another one.`, 'bad'];
    }
    if (!wanted) return ['off', 'Camera off', 'Choose a camera.'];
    const { reason } = slot ?? {};
    if (slot && reason && !isPicture(slot)) {
      return [slot.state === 'lost' ? 'camera-lost' : 'no-picture', reasonTitle(reason),
        reason.text, 'bad'];
    }
    if (slot?.state === 'lost') {
      const seconds = Math.max(1, Math.round((now - slot.sinceMs) / 1000));
      return ['camera-lost', 'Camera lost', `${labelOf(slot.camera)} has sent no picture for `
        + `${seconds} s. The robot itself is connected.`, 'bad'];
    }
  }
  if (picture && slot?.state === 'still') {
    return ['still', `Still, ${duration(now - slot.sinceMs)} old`, '', 'ok'];
  }
  if (stalled) {
    return ['stalled', 'Picture stands still',
      'The robot is connected, but its pictures do not arrive. The network may be too slow.', 'bad'];
  }
  if (picture) return ['live', 'Live', '', 'ok'];
  if (blocked) {
    return ['waiting', 'Tap to start the picture', 'This browser starts it only after a tap or a '
      + 'click.'];
  }
  if (slot?.reason?.code === 'viewer-decodes-nothing') {
    return ['no-picture', reasonTitle(slot.reason), slot.reason.text, 'bad'];
  }
  const name = labelOf(wanted).replace(/^t/, 'T');
  return ['waiting', 'Waiting for a picture', kind === 'rtcbot'
    ? 'The robot is connected and has sent no picture yet.'
    : slot && isPicture(slot) ? `The picture of ${labelOf(wanted)} is on its way.`
      : `The robot is connected. ${name} has sent no picture yet.`];
}

/** @param {import('../../client/session/slot_states.js').SlotState} slot */
export const isPicture = ({ state }) => state === 'live' || state === 'still';

/**
 * Return what a small picture shows.
 * @param {object} facts
 * @param {boolean} facts.connected
 * @param {string | null} facts.wanted the camera that it should show
 * @param {import('../../client/session/slot_states.js').SlotState | null} facts.slot
 * @param {boolean} facts.own its frame is of that camera
 * @param {number} now ms, by the clock of `SlotState.sinceMs`
 * @param {LaterTexts} texts
 * @returns {Tile}
 */
export function describeTile({ connected, wanted, slot, own }, now, { reasonTitle }) {
  if (!connected || !slot || slot.camera !== wanted) {
    return { own, tone: 'bad', title: own ? '' : 'Waiting for a picture', text: '' };
  }
  const text = slot.reason?.text ?? '';
  if (!isPicture(slot)) {
    const title = slot.reason ? reasonTitle(slot.reason)
      : slot.state === 'lost' ? 'Camera lost' : 'No picture yet';
    return { own, tone: 'bad', title, text };
  }
  const age = now - slot.sinceMs;
  const title = !own ? 'Waiting for a picture'
    : slot.state === 'still' && age >= STILL_SAID_MS ? `${duration(age)} ago` : '';
  return { own, tone: own ? 'ok' : 'bad', title, text };
}
