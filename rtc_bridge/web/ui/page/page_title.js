// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The title of the tab: what matters of the robot, before its name. */

/**
 * Return a title.
 * @param {string} robot its name
 * @param {{engaged: boolean, requester: string | null, drives: boolean}} facts engaged: the
 *   emergency stop is; requester: who asks this driver for the lease
 */
export function titleText(robot, { engaged, requester, drives }) {
  const state = engaged ? 'Stopped' : requester !== null
    ? `${requester === 'somebody' ? 'Somebody' : requester} asks to drive`
    : drives ? 'Driving' : '';
  return state ? `${state} · ${robot}` : robot;
}

export class PageTitle {
  #teleop;
  #robot = document.title;

  /**
   * @param {import('../../client/robot_connection.js').RobotConnection} connection
   * @param {import('../../client/driving/teleop.js').Teleop} teleop
   */
  constructor(connection, teleop) {
    this.#teleop = teleop;
    connection.handle({
      hello: ({ robot_id: robot }) => { this.#robot = String(robot ?? 'rtc_bridge'); },
    });
    // Every message of the robot may change it, and what this person does.
    for (const [source, type] of /** @type {const} */ ([[connection, 'control'],
      [connection, 'change'], [teleop, 'change']])) {
      source.addEventListener(type, () => this.#show());
    }
    this.#show();
  }

  #show() {
    const { activeDriver, driver } = this.#teleop;
    const title = titleText(this.#robot, {
      engaged: driver?.stopped.id != null, requester: activeDriver?.requester ?? null,
      drives: activeDriver?.epoch != null && activeDriver.armed });
    if (document.title !== title) document.title = title;
  }
}
