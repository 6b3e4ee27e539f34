// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Shows on the page what is so: the one place where facts of all parts meet. */

import { Emitter } from '../../client/messages.js';
import { isWebRtcSupported } from '../../client/session/peer_connection.js';
import { describeConnection, describeTile, NO_LATER_TEXTS } from '../texts/connection_texts.js';

/**
 * @typedef {object} Parts
 * @property {import('../../client/robot_connection.js').RobotConnection} connection
 * @property {import('../../client/driving/teleop.js').Teleop} teleop
 * @property {import('../pictures/main_picture.js').MainPicture} picture
 * @property {import('../pictures/slot_picture.js').SlotPicture[]} pictures of each slot
 * @property {import('../pictures/camera_views.js').CameraViews} cameras
 * @property {import('./status_view.js').StatusView} status
 * @property {import('../driving/stop_view.js').StopView} stopView
 */

/** Event `shown` with the `View`, each time. */
export class PageView extends Emitter {
  texts = NO_LATER_TEXTS;
  /** The browser's permission for devices in the local network.
   * @type {import('../texts/no_path_texts.js').Permission} */
  localNetwork = null;
  #parts;

  /** @param {Parts} parts */
  constructor(parts) {
    super();
    this.#parts = parts;
  }

  /** Show everything; return the state of the page. @returns {string} */
  render() {
    const { connection, picture, cameras, status, stopView } = this.#parts;
    const wanted = connection.selection.chosen[0] ?? null;
    cameras.showMain(!picture.own);
    if (wanted !== null) cameras.keepOnly(wanted);
    const now = performance.now();
    const view = this.#describe(now);
    if (view.tone === 'ok' && picture.shown) cameras.discardLast();
    // The robot does not let this person in: not even the last picture remains.
    if (connection.isClosed) cameras.discardLast();
    // While a camera is lost, the robot repeats its last frame.
    const lost = view.state === 'camera-lost' ? connection.slots.get(0) : null;
    const newest = lost ? lost.sinceMs : picture.shownAtMs;
    status.show(view, newest === null ? null : now - newest);
    this.#showCameras(now);
    stopView.show();
    this.emit('shown', view);
    return view.state;
  }

  /** @param {number} now ms */
  #describe(now) {
    const { connection, picture, cameras } = this.#parts;
    const { session, signaling, selection } = connection;
    const wanted = selection.chosen[0] ?? null;
    const slot = connection.slots.get(0);
    return describeConnection({
      supported: isWebRtcSupported(), relay: signaling.state, robot: signaling.robot,
      server: { online: navigator.onLine, secure: connection.isSecure,
        foreign: connection.isForeign(location.host), failures: signaling.failures,
        localNetwork: this.localNetwork },
      localNetwork: this.localNetwork,
      link: connection.link, failure: connection.failure, kind: session?.kind ?? null,
      cameras: selection.cameras, labels: selection.labels, findings: selection.findings,
      wanted, slot: slot?.camera === wanted ? slot : null,
      picture: picture.shown, blocked: cameras.blocked,
      stalled: picture.stalledS > Math.max(1, slot?.silenceS ?? 0),
    }, now, this.texts);
  }

  /** @param {number} now ms */
  #showCameras(now) {
    const { connection, teleop, cameras, pictures } = this.#parts;
    const { selection, slots } = connection;
    cameras.show(selection.cameras ?? [], selection.chosen, selection.labels);
    cameras.showTiles((slot) => describeTile({ connected: teleop.connected,
      wanted: selection.chosen[slot] ?? null, slot: slots.get(slot), own: pictures[slot].own },
    now, this.texts));
  }
}
