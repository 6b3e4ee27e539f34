// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Who drives, and the buttons to drive, to ask for it, and to answer those who ask. */

import { box, write } from '../dom.js';
import { driverText } from '../texts/driving_texts.js';

/** @typedef {NonNullable<import('../../client/driving/teleop.js').Teleop['driver']>} AnyDriver */

export class LeasePanel {
  /**
   * @param {import('../../client/driving/teleop.js').Teleop} teleop
   * @param {() => void} chooseCamera shows the camera that is offered
   */
  constructor(teleop, chooseCamera) {
    /** @type {Record<string, (driver: AnyDriver) => void>} */
    const actions = {
      take: (driver) => (driver.epoch === null && driver.taken && driver.role === 'supervise'
        ? driver.takeOver() : driver.ask()),
      release: (driver) => driver.release(),
      yield: (driver) => driver.handOver(),
      refuse: (driver) => driver.refuse(),
    };
    for (const [id, action] of Object.entries(actions)) {
      box(id).addEventListener('click', () => teleop.driver && action(teleop.driver));
    }
    box('drivecamera').addEventListener('click', chooseCamera);
  }

  /**
   * @param {AnyDriver | null} driver of a session that is up
   * @param {object} more
   * @param {string} more.reason why the driver's commands move nothing; '': they do
   * @param {string} more.camera to offer in place of one that is not for driving; '': none
   * @param {boolean} more.engaged the emergency stop is, and has to be released first
   * @param {boolean} more.wanted a control was moved in vain: the button Drive comes first
   */
  show(driver, { reason, camera, engaged, wanted }) {
    const { body } = document;
    const mine = driver?.epoch != null;
    const armed = !!driver?.armed;
    body.dataset.lease = !driver ? 'unknown' : mine ? 'mine' : driver.taken ? 'taken' : 'free';
    body.toggleAttribute('data-armed', mine && armed);
    body.toggleAttribute('data-idle', !armed);
    // Once there, it stays, so that the picture keeps its place.
    if (driver) box('lease').hidden = false;
    write('driver', driver ? driverText(driver) : 'Not connected');
    write('why', reason);
    // Also for the holder of the lease who would have to hold the dead man's key.
    const offered = !!driver?.mayDrive && !driver.requestPending && !engaged
      && (!mine || !driver.arming.pressed);
    box('take').hidden = !offered;
    box('take').toggleAttribute('data-wanted', wanted && !armed);
    if (offered) {
      write('take', mine || !driver.taken ? 'Drive'
        : driver.role === 'supervise' ? 'Take over' : 'Ask to drive');
    }
    box('release').hidden = !mine && !driver?.requestPending;
    write('release', mine ? 'Stop driving' : 'Cancel');
    box('drivecamera').hidden = !camera;
    write('drivecamera', `Show ${camera}`);
    box('asked').hidden = !(mine && driver.requester);
    write('asker', `${driver?.requester ?? ''} asks to drive.`);
  }
}
