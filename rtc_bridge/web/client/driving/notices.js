// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What a robot has to say of driving for as long as it is so, as that nobody takes its commands.
 */

/** From the worst. */
const LEVELS = ['error', 'warn', 'info'];
// Enough for all that a robot can have to say at once; what is longer is not from such a robot.
const MAX_NOTICES = 8;
const MAX_LENGTH = 700;

/** @typedef {{code: string, level: string, text: string}} Notice */

/**
 * Return what can be shown of a robot's list, the worst first.
 * @param {unknown} list as in the message `notices`
 * @returns {Notice[]}
 */
export function readNotices(list) {
  if (!Array.isArray(list)) return [];
  return list.filter((one) => typeof one?.text === 'string' && one.text).slice(0, MAX_NOTICES)
    .map(({ code, level, text }) => ({ code: String(code ?? ''), text: text.slice(0, MAX_LENGTH),
      level: LEVELS.includes(level) ? level : 'warn' }))
    .sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
}
