// @ts-check
/**
 * What the page says: from the facts of the moment to a state and sentences for a person. Pure.
 *
 * @typedef {{camera: string | null, state: string, since: number, silence: number}} Slot
 *   since: ms; silence: s, pauses between pictures up to this long are usual
 * @typedef {object} Facts
 * @property {boolean} supported
 * @property {'connecting' | 'open' | 'down'} relay
 * @property {'unknown' | 'present' | 'absent' | 'gone'} robot
 * @property {'none' | 'setup' | 'up' | 'lost'} link
 * @property {{code: string, message: string} | null} trouble why the last attempt failed
 * @property {string | null} kind
 * @property {string[] | null} cameras null until the robot told
 * @property {string | null} wanted the camera that the main slot should show
 * @property {Slot | null} slot the main slot, as the robot tells
 * @property {boolean} picture a picture of this session has been shown
 * @property {boolean} [blocked] the browser waits for a person to touch the page
 * @property {boolean} stalled no picture arrives although the robot sends
 *
 * @typedef {{state: string, title: string, detail: string, tone: 'ok' | 'wait' | 'bad',
 *   retry: boolean}} View
 */

import { drives } from '../client/driver.js';
import { STOP_LIFE } from '../client/pending_stop.js';

/** Codes after which trying again by itself would only annoy. */
export const FATAL = new Set(['denied', 'no-codec', 'bad-offer', 'unsupported', 'bad-invite',
  'invite', 'expired', 'revoked', 'clock', 'impostor', 'bad-sdp']);

/** Codes of which the robot's own words say no more than ours. */
const SAYS_ALL = new Set(['bad-invite', 'invite', 'expired', 'revoked', 'clock', 'impostor']);

/** @type {Record<string, [string, string]>} */
const TROUBLE = {
  'no-codec': ['Video not supported',
    'This browser can decode neither H.264 nor VP8, the formats the robot sends.'],
  'bad-invite': ['Link damaged', 'A part of this link is missing. Copy all of it once more.'],
  invite: ['Link needed', 'This robot is seen and driven by invitation. Ask its owner for a link.'],
  expired: ['Link expired', 'Its time is over. Ask the robot’s owner for a new link.'],
  revoked: ['Link withdrawn', 'The robot’s owner has taken this link back.'],
  clock: ['Robot’s clock not set', 'The robot cannot tell yet whether this link has expired.'],
  impostor: ['Not your robot',
    'Whoever answers here is not the robot that made this link. Nothing was shown or sent.'],
  'bad-sdp': ['Connection not safe',
    'Somebody on the way has changed how the connection is made. Nothing was shown or sent.'],
  denied: ['Not allowed', 'The robot does not let you in. Ask its owner for a link.'],
  'no-camera': ['No such camera', 'The robot has no camera of this name.'],
  'bad-offer': ['Not understood', 'The robot could not use what this browser offered.'],
  busy: ['Robot busy', 'The robot is answering others. Trying again.'],
  'no-proof': ['Slow connection',
    'It took too long to show the robot this link. Trying again.'],
  'robot-timeout': ['No answer', 'The robot is connected but does not answer. Trying again.'],
  'no-answer': ['No answer', 'The robot is connected but does not answer. Trying again.'],
  'no-path': ['No way through',
    'The robot answers, but no direct connection to it comes about. Where a firewall is in '
    + 'between, a TURN server is needed. Trying again.'],
  'bad-answer': ['Not understood', 'The robot sent an answer that this browser cannot use.'],
};

/** @param {string | null | undefined} name */
const quoted = (name) => (name ? `“${name}”` : 'the camera');

/** @param {number} ms */
function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`;
}

/**
 * Return what to show.
 * @param {Facts} facts
 * @param {number} now ms, by the clock of `Slot.since`
 * @returns {View}
 */
export function view(facts, now) {
  const [state, title, detail = '', tone = 'wait', retry = false] = choose(facts, now);
  return { state, title, detail, tone, retry };
}

/**
 * @param {Facts} facts @param {number} now
 * @returns {[string, string, string?, ('ok' | 'wait' | 'bad')?, boolean?]}
 */
function choose(facts, now) {
  if (!facts.supported) {
    return ['unsupported', 'WebRTC not supported',
      'This browser has no WebRTC, or it is switched off. Current Chromium, Firefox and Safari '
      + 'work.', 'bad'];
  }
  if (facts.link === 'up') return withLink(facts, now);
  const { trouble } = facts;
  if (trouble) {
    const [title, text] = TROUBLE[trouble.code]
      ?? ['Something went wrong', 'The connection could not be set up. Trying again.'];
    const said = trouble.message && !SAYS_ALL.has(trouble.code) ? ` (${trouble.message})` : '';
    return [trouble.code, title, text + said, 'bad', FATAL.has(trouble.code)];
  }
  if (facts.relay === 'down') {
    return ['relay-lost', 'Server not reachable',
      'The server of this page cannot be reached. Trying again until it can.', 'bad'];
  }
  if (facts.robot === 'absent') {
    return ['no-robot', 'No robot',
      'No robot is connected under this address. The picture appears as soon as it is there.',
      'bad'];
  }
  if (facts.robot === 'gone') {
    return ['robot-gone', 'Robot gone',
      'The robot has left. The picture comes back as soon as it does.', 'bad'];
  }
  if (facts.link === 'lost') {
    return ['connection-lost', 'Connection lost',
      'Connecting again. The robot stops by itself.', 'bad'];
  }
  return ['connecting', 'Connecting'];
}

/** @param {Facts} facts @param {number} now @returns {ReturnType<typeof choose>} */
function withLink({ kind, cameras, wanted, slot, picture, blocked, stalled }, now) {
  if (kind !== 'rtcbot' && cameras) {
    if (cameras.length === 0) {
      return ['no-camera', 'No camera', 'The robot is connected and has no camera to show. It '
        + 'appears here as soon as its pictures are published.', 'bad'];
    }
    if (wanted && !cameras.includes(wanted)) {
      return ['no-camera', 'No such camera',
        `The robot has no camera ${quoted(wanted)} now. Choose another one below.`, 'bad'];
    }
    if (!wanted) return ['off', 'Camera off', 'Choose a camera below.'];
    if (slot?.state === 'lost') {
      const seconds = Math.max(1, Math.round((now - slot.since) / 1000));
      return ['camera-lost', 'Camera lost',
        `No picture from ${quoted(slot.camera)} for ${seconds} s. The robot is connected.`, 'bad'];
    }
  }
  if (picture && slot?.state === 'still') {
    return ['still', `Still picture, no new one for ${duration(now - slot.since)}`, '', 'ok'];
  }
  if (stalled) {
    return ['stalled', 'Picture stands still',
      'The robot is connected, but its pictures do not get through.', 'bad'];
  }
  if (picture) return ['live', 'Live', '', 'ok'];
  if (blocked) return ['waiting', 'Tap to start the picture', 'This browser waits for that.'];
  return ['waiting', 'Waiting for a picture', kind === 'rtcbot'
    ? 'The robot is connected and has sent no picture yet.'
    : `The robot is connected. ${wanted ?? 'The camera'} has sent no picture yet.`];
}

/**
 * Say who drives.
 * @param {{role: string, enabled: boolean, epoch: number | null, taken: boolean,
 *   armed?: boolean, name?: string | null, asked?: boolean, alone?: boolean}} seat alone: the robot knows
 *   no lease
 */
export function driverText({ role, enabled, epoch, taken, armed = true, name, asked, alone = false }) {
  if (epoch !== null) return armed ? 'You drive' : 'Paused';
  const who = name || 'Somebody else';
  if (taken) return asked ? `You asked ${name || 'the driver'} for the seat` : `${who} drives`;
  if (alone) return 'You do not drive';
  if (!drives(role)) return 'Watching only';
  return enabled ? 'Nobody drives' : 'Driving is off';
}

/**
 * Say what to do when the large picture is of a camera that is not for driving.
 * @param {string[]} driving those that are
 */
export const cameraText = ([first]) => (first
  ? `This camera is not for driving. Choose ${cameraLabel(first)} to drive.`
  : 'This camera is not for driving, and the robot has no other one that is.');

/**
 * Say why the driver's hands move nothing at the moment; '' if they do.
 * @param {{latched: boolean, locked: boolean, armed: boolean, refused: string, state: string,
 *   tone: string}} facts refused: the newest reason, if it is of now
 */
export function whyNot({ latched, locked, armed, refused, state, tone }) {
  if (latched) return 'Emergency stop';
  if (refused === 'arm' && !armed) return 'Press Drive first';
  if (refused === 'frozen') return 'Stopped: no fresh picture';
  if (refused === 'stale' || refused === 'slow') return 'Stopped: the connection is slow';
  if (refused === 'guard') return 'Stopped: cmd_vel_guard does not answer';
  if (refused === 'other-bridge') return 'Stopped: another bridge drives this robot';
  if (refused === 'other-stop') return 'Stopped: emergency stop of another bridge';
  if (refused === 'two-guards') return 'Stopped: two cmd_vel_guard are running';
  const old = tone !== 'ok' && state !== 'off';
  if (locked && armed) return old ? 'Stopped: no fresh picture' : 'Stopped: let go of the controls';
  // Whether that stops the robot is for the robot to say.
  return old ? 'No fresh picture' : '';
}

/** The short name of a camera. @param {string} name */
export const cameraLabel = (name) => name.replace(
  /\/(image(_raw|_color|_rect|_rect_color)?(\/compressed)?|compressed)$/, '');

/** Reasons of the protocol, and those of our own seat. @type {Record<string, string>} */
const REFUSED = {
  arm: 'Press Drive first. Until then keys and sticks move nothing.',
  taken: 'Somebody else is driving.',
  role: 'You may watch, not drive.',
  epoch: 'You no longer drive. Let go and start again.',
  stale: 'Commands arrive too late: the connection is slow. The robot stops.',
  'neutral-first': 'The robot has stopped. Let go of the controls to go on.',
  'bad-value': 'The robot did not understand a command.',
  guard: 'The robot’s cmd_vel_guard does not answer. Without it nothing moves.',
  'other-bridge': 'The robot’s cmd_vel_guard obeys another rtc_bridge. Stop one of the two bridges.',
  'two-guards': 'Two cmd_vel_guard are running on this robot. Stop one of them.',
  'other-stop': 'The emergency stop of another bridge of this robot is in force. Release it there.',
  camera: 'This camera is not for driving. Choose another one.',
  slow: 'The connection is too slow to drive.',
  disabled: 'Driving is switched off on this robot.',
  frozen: 'The picture stands still, so the robot does, too.',
  stopped: 'Emergency stop. Release it before you drive on.',
};

/**
 * Say why a command was refused; '' where a person need not know.
 * @param {string} reason
 */
export const refusedText = (reason) => REFUSED[reason] ?? '';

/**
 * Say what became of an emergency stop that this page pressed or that is in force: a title, and sentences.
 * @param {{state: import('../client/pending_stop.js').State, sent: boolean}} pending
 * @param {string | null} id of the one in force
 * @param {string} by
 * @returns {[string, string]}
 */
export function stopText({ state, sent }, id, by) {
  if (id !== null) return ['Emergency stop', `${by ? `by ${by}. ` : ''}The robot does not move.`];
  if (state === 'sent') return ['Stopping…', 'The robot has not confirmed yet.'];
  const title = sent ? 'STOP not confirmed' : 'STOP not sent';
  if (state === 'unsent') {
    return [title, 'No connection. It is sent if the robot is back within the next seconds.'];
  }
  return [title, sent
    ? 'The connection broke before the robot confirmed. Press STOP again.'
    : `The stop was not sent: no connection for ${STOP_LIFE / 1000} s. Press STOP again.`];
}

/**
 * Say that the robot changed the codec because this browser showed nothing; '' if it did not.
 * @param {unknown} codecs
 */
export const fallbackText = (codecs) => (Array.isArray(codecs) && codecs.length
  ? `This browser shows no picture of ${codecs.join(' or ').toUpperCase()}. The robot now sends `
    + 'another kind of video.' : '');
