// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The invite of a page, out of sight: it leaves the page's address at once, which people show in
 * screenshots and pass on, and stays in the tab for when the page is loaded again.
 */

import { readInvite } from './session/proof.js';

// Key of sessionStorage, before the page's path: the pages of several robots may have one origin.
const KEY = 'rtc_bridge.invite ';

/** The robot refuses such an invite from now on. */
const REFUSED_CODES = new Set(['denied', 'expired', 'revoked']);

/**
 * @typedef {object} KeptInvite
 * @property {import('./session/proof.js').Invite | null} invite null: there is none, or it is damaged
 * @property {boolean} damaged
 * @property {() => boolean} keep keeps it in the tab again; returns whether that is allowed
 * @property {() => void} forget
 */

/**
 * Take the invite out of a page's address, or else the one that the tab keeps for it.
 *
 * Where nothing can be kept, the address stays as it is: the page could not be loaded again.
 * @param {Pick<Location, 'hash' | 'pathname' | 'search'>} address
 * @param {Pick<History, 'replaceState' | 'state'>} entry of the session's history
 * @param {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null} storage of the tab
 * @returns {KeptInvite}
 */
export function takeInvite(address, entry, storage) {
  const { hash, pathname, search } = address;
  const key = KEY + pathname;
  /** @param {() => any} action */
  const attempt = (action) => {
    try {
      return action();
    } catch {
      return null;
    }
  };
  const kept = attempt(() => storage?.getItem(key)) ?? '';
  const fragment = hash || kept;
  const invite = fragment ? readInvite(fragment) : null;
  const keep = () => attempt(() => {
    storage?.setItem(key, fragment);
    return storage?.getItem(key) === fragment;
  }) === true;
  const forget = () => attempt(() => storage?.removeItem(key));
  if (hash && keep()) attempt(() => entry.replaceState(entry.state, '', pathname + search));
  const damaged = !!fragment && !invite;
  // A part of the key is in it all the same.
  if (damaged) forget();
  return { invite, damaged, keep, forget };
}

/**
 * Keep an invite only as long as the robot takes it.
 * @param {KeptInvite} kept
 * @param {import('./robot_connection.js').RobotConnection} connection
 */
export function followRefusals(kept, connection) {
  const update = () => {
    if (REFUSED_CODES.has(connection.failure?.code ?? '')) kept.forget();
  };
  connection.on('change', update);
  // Another robot may have had its name for a while.
  connection.handle({ hello: () => kept.invite && kept.keep() });
  update();
}
