// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Rates of a connection, from `RTCPeerConnection.getStats()` (W3C webrtc-stats). Pure.
 *
 * @typedef {object} SlotTotals what has been received since the session began
 * @property {number} time ms
 * @property {number} frames decoded
 * @property {number} bytes
 * @property {number} packets
 * @property {number} lost packets
 * @property {number} width px
 * @property {number} height px
 * @property {string} codec `H264`, `VP8`
 *
 * @typedef {'' | 'direct' | 'relay'} Route `relay`: by way of a TURN server
 * @typedef {{slots: Record<string, SlotTotals>, route: Route, bytes: number}} Totals slots by m-line
 *   id; bytes of pictures and sound, with RTP's headers
 *
 * @typedef {{width: number, height: number, fps: number, kbps: number | null,
 *   loss: number | null, codec: string}} SlotRates loss from 0 to 1; null: not known yet
 * @typedef {{slots: Record<string, SlotRates>, route: Route}} Rates slots by m-line id
 */

/**
 * Read a report.
 * @param {Iterable<[string, any]>} report an RTCStatsReport, which iterates as a Map
 * @returns {Totals}
 */
export function readTotals(report) {
  const entries = new Map(report);
  /** @type {Record<string, SlotTotals>} */
  const slots = {};
  /** @type {Route} */
  let route = '';
  let pair = null;
  let bytes = 0;
  for (const entry of entries.values()) {
    if (entry.type === 'inbound-rtp') {
      bytes += (entry.bytesReceived ?? 0) + (entry.headerBytesReceived ?? 0);
    }
    if (entry.type === 'inbound-rtp' && entry.kind === 'video' && entry.mid != null) {
      slots[entry.mid] = {
        time: entry.timestamp, frames: entry.framesDecoded ?? 0, bytes: entry.bytesReceived ?? 0,
        packets: entry.packetsReceived ?? 0, lost: Math.max(0, entry.packetsLost ?? 0),
        width: entry.frameWidth ?? 0, height: entry.frameHeight ?? 0,
        codec: (entries.get(entry.codecId)?.mimeType ?? '').replace(/^video\//i, ''),
      };
    } else if (entry.type === 'transport' && entry.selectedCandidatePairId) {
      pair = entries.get(entry.selectedCandidatePairId);
    } else if (entry.type === 'candidate-pair' && entry.selected) {
      // Firefox has no entry of the transport.
      pair ??= entry;
    }
  }
  if (pair) {
    const types = [pair.localCandidateId, pair.remoteCandidateId]
      .map((id) => entries.get(id)?.candidateType);
    route = types.includes('relay') ? 'relay' : 'direct';
  }
  return { slots, route, bytes };
}

/**
 * Return the rates between two reports of one connection.
 * @param {Totals | null} before
 * @param {Totals} now
 * @returns {Rates}
 */
export function ratesBetween(before, now) {
  /** @type {Rates} */
  const rates = { slots: {}, route: now.route };
  for (const [mid, end] of Object.entries(now.slots)) {
    const start = before?.slots[mid] ?? { time: end.time, frames: 0, bytes: 0, packets: 0, lost: 0 };
    const seconds = (end.time - start.time) / 1000;
    const packets = end.packets - start.packets;
    const lost = Math.max(0, end.lost - start.lost);
    rates.slots[mid] = {
      width: end.width, height: end.height, codec: end.codec,
      fps: seconds > 0 ? (end.frames - start.frames) / seconds : 0,
      kbps: seconds > 0 ? (end.bytes - start.bytes) * 8 / 1000 / seconds : null,
      loss: seconds > 0 ? lost / Math.max(1, packets + lost) : null,
    };
  }
  return rates;
}
