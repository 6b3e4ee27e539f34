// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Why there is no connection: from the facts to sentences with the remedy. Pure. */

import { iceFacts } from '../../client/session/candidate_counts.js';
import { FATAL_CODES } from '../../client/messages.js';
import { pathRemedy, pathRows } from './no_path_texts.js';
import { describeServer, serverRows } from './server_texts.js';

/** Codes of which the robot's own words say no more than the texts here. */
const TEXT_SAYS_ALL = new Set(['bad-invite', 'invite', 'expired', 'revoked', 'clock', 'impostor']);

/** Title and sentences of each code of a failure. @type {Record<string, [string, string]>} */
const FAILURES = {
  'no-codec': ['Video not supported',
    'This browser can show neither H.264 nor VP8 video, and the robot sends only these. Use another '
    + 'browser.'],
  'bad-invite': ['Link damaged', 'A part of this link is missing. Copy the whole link again.'],
  invite: ['Link needed',
    'This robot is open only to those who have a link to it. Ask its owner for one.'],
  expired: ['Link expired', 'This link was valid for a limited time. Ask the robot’s owner for a '
    + 'new one.'],
  revoked: ['Link withdrawn', 'The robot’s owner has withdrawn this link. Ask for a new one.'],
  clock: ['Robot’s clock not set', 'The robot’s clock is not set, so it cannot tell whether this '
    + 'link has expired. It is mostly set soon after the robot is online. Trying again.'],
  impostor: ['Not your robot', 'The robot that answers here is not the one that made this link. '
    + 'Nothing was shown or sent. Ask the robot’s owner.'],
  'bad-sdp': ['Connection not safe', 'The connection was changed on its way between this page and '
    + 'the robot. Nothing was shown or sent. Use another network, or ask the robot’s owner.'],
  denied: ['Not allowed', 'The robot does not accept this link. Ask its owner for another one.'],
  'no-camera': ['No such camera', 'The robot has no camera of this name.'],
  'bad-offer': ['Browser not understood',
    'The robot could not use what this browser offered. Use another browser.'],
  busy: ['Robot busy', 'Too many people connect to the robot. Trying again.'],
  'no-proof': ['Slow connection',
    'Checking this link took too long on this connection. Trying again.'],
  'robot-timeout': ['No answer', 'The robot is online but does not answer. Trying again.'],
  'no-answer': ['No answer', 'The robot is online but does not answer. Trying again.'],
  'no-path': ['No path to the robot', 'The robot answers, but no packet passes between it and this '
    + 'browser. Trying again.'],
  'bad-answer': ['Robot not understood',
    'This browser could not use what the robot answered. Trying again.'],
};

/**
 * Say why there is no connection; null while it is being made.
 * @type {import('./connection_texts.js').LaterTexts['describeFailure']}
 */
export function describeFailure(facts) {
  const { failure } = facts;
  if (failure) {
    const [title, text] = FAILURES[failure.code]
      ?? ['Something went wrong', 'The connection could not be set up. Trying again.'];
    const words = failure.message && !TEXT_SAYS_ALL.has(failure.code)
      ? ` (${failure.message})` : '';
    const ice = failure.ice && iceFacts(failure.ice);
    return [failure.code, title,
      text + words + (ice ? ` ${pathRemedy(ice, facts.localNetwork)}` : ''), 'bad',
      FATAL_CODES.has(failure.code), ice ? pathRows(ice, facts.localNetwork) : []];
  }
  if (facts.relay === 'down') {
    const [title, detail] = describeServer(facts.server);
    return ['relay-lost', title, detail, 'bad', false, serverRows(facts.server)];
  }
  if (facts.robot === 'absent') {
    return ['no-robot', 'No robot', 'No robot is connected under this address. Its picture appears '
      + 'as soon as it is online.', 'bad'];
  }
  if (facts.robot === 'gone') {
    return ['robot-gone', 'Robot gone',
      'The robot has gone offline. Its picture comes back as soon as the robot does.', 'bad'];
  }
  if (facts.link === 'lost') {
    return ['connection-lost', 'Connection lost',
      'The robot cannot be reached and stops by itself. Connecting again.', 'bad'];
  }
  return null;
}
