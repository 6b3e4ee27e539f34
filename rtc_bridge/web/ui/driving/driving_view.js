// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Shows who drives, how fast, and why nothing moves. */

import { box } from '../dom.js';
import { cameraLabel } from '../texts/connection_texts.js';
import { cameraText, notMovingText } from '../texts/driving_texts.js';
import { pictureNotices } from '../texts/picture_texts.js';

/** @typedef {import('../texts/connection_texts.js').View} View */

/**
 * @typedef {object} Parts
 * @property {import('../../client/robot_connection.js').RobotConnection} connection
 * @property {import('../../client/driving/teleop.js').Teleop} teleop
 * @property {import('../pictures/main_picture.js').MainPicture} picture
 * @property {import('../page/page_view.js').PageView} pageView
 * @property {import('./input_devices.js').InputDevices} inputs
 * @property {import('../page/stage.js').Stage} stage
 * @property {import('./lease_panel.js').LeasePanel} leasePanel
 * @property {import('./speed_sliders.js').SpeedSliders} speedSliders
 * @property {import('./notices_panel.js').NoticesPanel} noticesPanel
 */

export class DrivingView {
  #parts;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    parts.pageView.on('shown', (view) => this.#show(view));
  }

  /** @param {View} view */
  #show(view) {
    const { connection, teleop, picture, leasePanel, speedSliders, noticesPanel, inputs, stage }
      = this.#parts;
    const { activeDriver, driver, mayDrive, refusal } = teleop;
    const { cameras, chosen, driving, labels } = connection.selection;
    const labelOf = (/** @type {string} */ name) => labels.get(name) ?? cameraLabel(name);
    document.body.dataset.layout = mayDrive ? 'drive' : 'watch';
    stage.drives = mayDrive;
    inputs.show(mayDrive, driver ?? { strafes: false, flies: false });
    speedSliders.show(mayDrive ? connection.session?.hello?.teleop ?? {} : null);
    noticesPanel.show([...(teleop.connected ? [...teleop.notices,
      ...pictureNotices(connection.slots.get(0), picture.shown)] : []),
    ...(mayDrive ? inputs.notices : [])]);

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
