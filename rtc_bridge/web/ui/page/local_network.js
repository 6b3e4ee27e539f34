// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The permission of a public page to reach devices in the local network (Chromium, from 142 on;
 * https://wicg.github.io/local-network-access).
 */

import { Emitter } from '../../client/messages.js';

// The second name is that of the first releases.
const NAMES = ['local-network', 'local-network-access'];

/** Events: `change` when `.permission` has changed. */
export class LocalNetwork extends Emitter {
  /** @type {import('../texts/no_path_texts.js').Permission} */
  permission = null;

  constructor() {
    super();
    this.#watch();
  }

  async #watch() {
    // Only for public pages, which are secure: others need no permission, or can get none.
    if (!globalThis.isSecureContext || isLocal(location.hostname)) return;
    for (const name of NAMES) {
      try {
        const status = await navigator.permissions.query(
          { name: /** @type {PermissionName} */ (name) });
        const update = () => {
          this.permission = /** @type {any} */ (status.state);
          this.emit('change');
        };
        status.addEventListener('change', update);
        update();
        return;
      } catch {
        // This browser has no permission of this name.
      }
    }
  }
}

/**
 * Tell whether a page of this host is in the local network itself, as far as its name tells.
 * @param {string} host as `location.hostname` has it
 */
export const isLocal = (host) => /^(localhost|.*\.(localhost|local|internal|home\.arpa))$/.test(host)
  || /^(10|127|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\./.test(host)
  || /^\[(::1|f[cde].*)\]$/.test(host);
