// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Checks of this browser, shown where the page has its details, and to be copied as text. */

import { iceFacts } from '../../client/session/candidate_counts.js';
import { isWebRtcSupported } from '../../client/session/peer_connection.js';
import { box, make } from '../dom.js';
import { wayText } from '../texts/server_texts.js';
import { browserChecks, checksText } from './browser_checks.js';

/** @typedef {import('./browser_checks.js').BrowserFacts} BrowserFacts */

/** While it is open, ms. */
const PERIOD_MS = 2000;

/** @param {Iterable<[string, any]>} report an RTCStatsReport */
function readPair(report) {
  const entries = new Map(report);
  let received = 0;
  let pair = null;
  for (const entry of entries.values()) {
    if (entry.type === 'transport') {
      received += entry.bytesReceived ?? 0;
      pair = entries.get(entry.selectedCandidatePairId) ?? pair;
    } else if (entry.type === 'candidate-pair' && entry.selected) pair ??= entry;
  }
  const [local, remote] = [pair?.localCandidateId, pair?.remoteCandidateId]
    .map((id) => entries.get(id));
  return { receivedBytes: received || null, pair: local && remote ? {
    local: String(local.candidateType), remote: String(remote.candidateType),
    protocol: String(local.relayProtocol ?? local.protocol) } : null };
}

/** By how many seconds the clock of the page's server is ahead; null: it does not say. */
async function serverAheadS() {
  // A page that comes from elsewhere may connect to its signaling server only (its policy).
  if (document.querySelector('meta[name=signaling]')) return null;
  try {
    const answer = await fetch(location.pathname, { method: 'HEAD', cache: 'no-store' });
    const date = Date.parse(answer.headers.get('date') ?? '');
    // The header has whole seconds.
    return Number.isNaN(date) ? null : (date + 500 - Date.now()) / 1000;
  } catch {
    return null;
  }
}

export class ChecksPanel {
  #connection;
  #clockErrorMs;
  #aheadS = serverAheadS();
  #text = '';

  /**
   * @param {import('../../client/robot_connection.js').RobotConnection} connection
   * @param {() => number | null} clockErrorMs
   */
  constructor(connection, clockErrorMs) {
    this.#connection = connection;
    this.#clockErrorMs = clockErrorMs;
    for (const id of ['checks', 'noticechecks']) this.#addTo(box(id));
  }

  /** @param {HTMLElement} parent */
  #addTo(parent) {
    const list = make('dl');
    const copy = make('button', 'Copy');
    copy.type = 'button';
    copy.addEventListener('click', async () => {
      copy.textContent = await this.#copy(list);
    });
    const details = make('details', [make('summary', 'Checks of this browser'), list, copy]);
    parent.append(details);
    const update = async () => {
      if (!details.open || !details.getClientRects().length) return;
      this.#show(list, browserChecks(await this.#facts()));
    };
    details.addEventListener('toggle', () => {
      copy.textContent = 'Copy';
      update();
    });
    setInterval(update, PERIOD_MS);
  }

  /** @param {HTMLElement} list @returns {Promise<string>} what became of it */
  async #copy(list) {
    try {
      await navigator.clipboard.writeText(this.#text);
      return 'Copied';
    } catch {
      // A page without https has no clipboard: what is selected can be copied by hand.
      getSelection()?.selectAllChildren(list);
      return 'Selected: copy it with Ctrl+C';
    }
  }

  /** @param {HTMLElement} list @param {ReturnType<typeof browserChecks>} checks */
  #show(list, checks) {
    const text = checksText(checks);
    if (text === this.#text && list.childElementCount) return;
    this.#text = text;
    list.replaceChildren(...checks.flatMap(({ name, state, text: found }) => {
      const value = make('dd', state === 'ok' ? found : `${state}: ${found}`);
      value.dataset.state = state;
      return [make('dt', name), value];
    }));
  }

  /** @returns {Promise<BrowserFacts>} */
  async #facts() {
    const { session, signaling } = this.#connection;
    // A session that is over still tells of the pair that it had.
    const found = session?.state === 'up' ? readPair(/** @type {any} */ (await session.getStats()))
      : { receivedBytes: null, pair: null };
    return {
      secure: isSecureContext, webCrypto: !!globalThis.crypto?.subtle,
      webRtc: isWebRtcSupported(),
      codecs: isWebRtcSupported() ? (RTCRtpReceiver.getCapabilities?.('video')?.codecs ?? [])
        .map(({ mimeType }) => mimeType) : [],
      way: signaling.way, signaling: wayText(signaling.way, signaling.failures),
      server: signaling.state, ice: session ? iceFacts(session.ice.found) : null, ...found,
      clockErrorMs: this.#clockErrorMs(), serverAheadS: await this.#aheadS,
      browser: navigator.userAgent, version: String(session?.hello?.version ?? ''),
    };
  }
}
