// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Shows on the page what is so: the one place where facts of all parts meet. */

import { isWebRtcSupported } from '../client/peer_connection.js';
import {
  cameraLabel, describeConnection, describeTile, pictureNotices,
} from './connection_texts.js';
import { box } from './dom.js';
import { cameraText, notMovingText } from './driving_texts.js';

/** @typedef {ReturnType<typeof describeConnection>} View */

/**
 * @typedef {object} Parts
 * @property {import('../client/robot_connection.js').RobotConnection} connection
 * @property {import('../client/teleop.js').Teleop} teleop
 * @property {import('./main_picture.js').MainPicture} picture
 * @property {import('./slot_picture.js').SlotPicture[]} pictures of each slot
 * @property {import('./camera_views.js').CameraViews} cameras
 * @property {import('./status_view.js').StatusView} status
 * @property {import('./lease_panel.js').LeasePanel} leasePanel
 * @property {import('./stop_view.js').StopView} stopView
 * @property {import('./notices_panel.js').NoticesPanel} noticesPanel
 * @property {import('./speed_sliders.js').SpeedSliders} speedSliders
 * @property {import('./side_panels.js').SidePanels} sidePanels
 * @property {import('./input_devices.js').InputDevices} inputs
 * @property {import('./toolbar.js').Toolbar} toolbar
 * @property {import('./stage.js').Stage} stage
 * @property {import('./local_network.js').LocalNetwork} localNetwork
 */

export class PageView {
  #parts;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /** Show everything; return the state of the page. @returns {string} */
  render() {
    const { connection, teleop, picture, cameras, status, sidePanels, noticesPanel, inputs,
      stopView, toolbar } = this.#parts;
    const wanted = connection.selection.chosen[0] ?? null;
    cameras.showMain(!picture.own);
    if (wanted !== null) cameras.keepOnly(wanted);
    const now = performance.now();
    const view = this.#describe(now);
    if (view.tone === 'ok' && picture.shown) cameras.discardLast();
    // The robot does not let this person in: not even the last picture remains.
    if (connection.isClosed) {
      cameras.discardLast();
      sidePanels.available = false;
    }
    // While a camera is lost, the robot repeats its last frame.
    const lost = view.state === 'camera-lost' ? connection.slots.get(0) : null;
    const newest = lost ? lost.sinceMs : picture.shownAtMs;
    status.show(view, newest === null ? null : now - newest);
    this.#showCameras(now);
    this.#showDriving(view);
    stopView.show();
    noticesPanel.show([...(teleop.connected ? [...teleop.notices,
      ...pictureNotices(connection.slots.get(0), picture.shown)] : []),
    ...(teleop.mayDrive ? inputs.notices : [])]);
    toolbar.enabled = picture.shown;
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
        localNetwork: this.#parts.localNetwork.permission },
      localNetwork: this.#parts.localNetwork.permission,
      link: connection.link, failure: connection.failure, kind: session?.kind ?? null,
      cameras: selection.cameras, labels: selection.labels, findings: selection.findings, wanted, slot: slot?.camera === wanted ? slot : null,
      picture: picture.shown, blocked: cameras.blocked,
      stalled: picture.stalledS > Math.max(1, slot?.silenceS ?? 0),
    }, now);
  }

  /** @param {number} now ms */
  #showCameras(now) {
    const { connection, teleop, cameras, pictures } = this.#parts;
    const { selection, slots } = connection;
    cameras.show(selection.cameras ?? [], selection.chosen, selection.labels);
    cameras.showTiles((slot) => describeTile({ connected: teleop.connected,
      wanted: selection.chosen[slot] ?? null, slot: slots.get(slot), own: pictures[slot].own },
    now));
  }

  /** @param {View} view */
  #showDriving(view) {
    const { connection, teleop, leasePanel, speedSliders, inputs, stage } = this.#parts;
    const { activeDriver, driver, mayDrive, refusal } = teleop;
    const { cameras, chosen, driving, labels } = connection.selection;
    const labelOf = (/** @type {string} */ name) => labels.get(name) ?? cameraLabel(name);
    document.body.dataset.layout = mayDrive ? 'drive' : 'watch';
    stage.drives = mayDrive;
    inputs.show(mayDrive, driver ?? { strafes: false, flies: false });
    speedSliders.show(mayDrive ? connection.session?.hello?.teleop ?? {} : null);

    const engaged = driver?.stopped.id != null;
    const camera = chosen[0] ?? '';
    // Every camera can be watched, and only some are for driving.
    const isWrongCamera = !!driver?.mayDrive && !!cameras?.includes(camera)
      && !driving.includes(camera);
    const mine = activeDriver?.epoch != null;
    const reason = mine || refusal === 'arm' ? notMovingText({ engaged, refusal,
      locked: !!activeDriver?.arming.locked, armed: !!activeDriver?.armed, state: view.state,
      tone: view.tone }) : '';
    const focused = document.activeElement;
    leasePanel.show(activeDriver, {
      reason: isWrongCamera && !engaged ? cameraText(driving) : reason,
      camera: isWrongCamera ? labelOf(driving[0] ?? '') : '',
      engaged, wanted: refusal === 'arm',
    });
    // The button Drive was pressed by the keyboard and has gone: now the keys drive.
    if (focused instanceof HTMLElement && focused.hidden && mine) stage.focus();
    box('hint').hidden = !activeDriver?.armed || inputs.focused || view.tone !== 'ok';
  }
}
