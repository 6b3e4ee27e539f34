// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Reads the controls, sends what is due, and says what a person should know of it. */

import { COMMAND_PERIOD_MS } from '../../client/driving/driver.js';
import { refusedText } from '../texts/driving_texts.js';

/**
 * @typedef {object} LoopParts
 * @property {import('../../client/robot_connection.js').RobotConnection} connection
 * @property {import('../../client/driving/teleop.js').Teleop} teleop
 * @property {import('./input_devices.js').InputDevices} inputs
 * @property {import('../page/status_view.js').StatusView} status
 * @property {import('../page/stage.js').Stage} stage
 * @property {() => void} stop presses the emergency stop
 */

export class DriveLoop {
  #parts;

  /** @param {LoopParts} parts */
  constructor(parts) {
    this.#parts = parts;
    const { connection, teleop, inputs, status, stage, stop } = parts;
    inputs.on('change', () => this.step());
    // At once, not only with the next period.
    connection.handle({
      hello: () => {
        this.step();
        if (!teleop.driver?.mayDrive) return;
        stage.drives = true;
        stage.takeFreeFocus();
      },
      lease: () => this.step(),
    });
    teleop.on('granted', () => {
      // It may say why nothing moved before.
      status.hideToast();
      stage.takeFreeFocus();
    });
    teleop.on('refused', (code) => status.toast(refusedText(code)));
    setInterval(() => {
      // Whatever else is on the screen, and whether there is a connection or not.
      if (inputs.pollButtons()) stop();
      teleop.updatePendingStop();
      this.step();
    }, COMMAND_PERIOD_MS);
  }

  /** Send what is due. */
  step() {
    const { teleop, inputs, status } = this.#parts;
    if (!teleop.connected) return;
    const { motion, pad, held, hint } = inputs.read();
    status.toast(refusedText(teleop.step(motion, pad, held)));
    const { driver } = teleop;
    if (teleop.mayDrive && (driver?.epoch != null || !driver?.taken)) status.toast(hint);
  }
}
