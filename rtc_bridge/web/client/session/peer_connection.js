// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Makes peer connections, one of them before it is needed. */

/** False in browsers, or with settings, that have no WebRTC. */
export const isWebRtcSupported = () => typeof RTCPeerConnection === 'function'
  && 'addTransceiver' in RTCPeerConnection.prototype;

/** @param {RTCIceServer[]} iceServers */
const createPeerConnection = (iceServers = []) => new RTCPeerConnection(
  { iceServers, bundlePolicy: 'max-bundle' });

/** A peer connection that is made while the relay asks the robot: that takes a browser time. */
export class SparePeerConnection {
  /** @type {RTCPeerConnection | null} */
  #spare = null;

  prepare() {
    this.#spare ??= createPeerConnection();
  }

  /** Return a peer connection with these ICE servers. @param {RTCIceServer[]} iceServers */
  take(iceServers) {
    const spare = this.#spare;
    this.#spare = null;
    if (!spare) return createPeerConnection(iceServers);
    if (iceServers.length) spare.setConfiguration({ ...spare.getConfiguration(), iceServers });
    return spare;
  }

  close() {
    this.#spare?.close();
    this.#spare = null;
  }
}
