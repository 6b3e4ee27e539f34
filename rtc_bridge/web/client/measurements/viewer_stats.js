// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What this viewer measures of the session that is shown, for people and for the robot. */

import { ratesBetween, readTotals } from './connection_stats.js';
import { CommandDelay, FrameDelay } from './delays.js';
import { Emitter } from '../messages.js';

/**
 * What was measured in one second; null: this browser or this moment does not tell.
 * @typedef {object} StatsRow
 * @property {number} time ms since 1970
 * @property {number | null} delay_ms from `from` to the screen, the median
 * @property {number | null} worst_delay_ms
 * @property {number | null} command_ms from the sending of a command to its acceptance, the median
 * @property {number | null} clock_error_ms by how much these delays can be wrong at most
 * @property {number | null} round_trip_ms
 * @property {number | null} fps
 * @property {number | null} kbit_per_s
 * @property {number | null} lost_percent
 * @property {number | null} width px
 * @property {number | null} height px
 * @property {string} codec
 * @property {string} route `direct`, or `relay` by way of a TURN server
 * @property {string} camera
 * @property {string} from what the delay counts from: `camera` (its stamp) or `arrival` (of the
 *   image at the bridge)
 *
 * @typedef {import('./connection_stats.js').SlotRates | undefined} SlotRates
 * @typedef {{fps: number, rtt: number | null, route: string, slots: SlotRates[], bytes: number}} Stats
 *   bytes that this session has received of pictures and sound
 */

/** Rows that are kept: an hour. */
const MAX_ROWS = 3600;

/** Event `measured` with what `measure` returns, each time. */
export class ViewerStats extends Emitter {
  /** The last hour. @type {StatsRow[]} */
  rows = [];
  /** The newest; null before the first. @type {Stats | null} */
  stats = null;
  #connection;
  #frames = new FrameDelay();
  #commands = new CommandDelay();
  /** @type {import('./connection_stats.js').Totals | null} */
  #before = null;
  #camera = /** @type {string | null} */ (null);

  /** @param {import('../robot_connection.js').RobotConnection} connection */
  constructor(connection) {
    super();
    this.#connection = connection;
    connection.on('session', () => {
      this.#frames = new FrameDelay();
      this.#commands = new CommandDelay();
      this.#before = null;
      this.#camera = null;
    });
    connection.handle({
      slot: ({ slot, camera }) => {
        // Stamps of another camera tell nothing of this one's frames.
        if (slot === 0 && camera !== this.#camera) this.#frames = new FrameDelay();
        if (slot === 0) this.#camera = camera;
      },
      stamps: (message) => {
        if (message.slot === 0) this.#frames.onStamps(message);
      },
    });
    connection.on('teleop', (message) => {
      if (message.type === 'tick') this.#commands.onTick(message);
    });
  }

  /** A frame of the first slot is shown. @param {any} frame see `FrameDelay.onFrame` */
  onFrame(frame) {
    this.#frames.onFrame(frame);
  }

  /** A command was sent. @param {{seq?: number}} command */
  onCommand(command) {
    this.#commands.onSent(command, performance.now());
  }

  /**
   * Measure since the last call; tell the robot, unless nobody sees the page. By what is decoded
   * the robot notices a codec of which this browser shows nothing.
   * @param {number | null} shownFps frames that were painted in a second; null: not known
   * @param {{live: boolean, hidden: boolean}} page the picture is of now; nobody sees it
   * @returns {Promise<{stats: Stats, row: StatsRow} | null>} null while no session is up
   */
  async measure(shownFps, { live, hidden }) {
    const { session } = this.#connection;
    const measured = session?.state === 'up'
      ? await this.#measure(session, shownFps, live, hidden) : null;
    if (session !== this.#connection.session) return null;
    if (measured) {
      this.stats = measured.stats;
      this.rows.push(measured.row);
      if (this.rows.length > MAX_ROWS) this.rows.shift();
    }
    this.emit('measured', measured);
    return measured;
  }

  /**
   * @param {import('../session/session.js').Session} session
   * @param {number | null} shownFps
   * @param {boolean} live
   * @param {boolean} hidden
   */
  async #measure(session, shownFps, live, hidden) {
    const totals = readTotals(await session.getStats());
    if (session !== this.#connection.session) return null;
    const rates = ratesBetween(this.#before, totals);
    this.#before = totals;
    const slots = session.streams.map((_, slot) => rates.slots[session.mid(slot)]);
    const [slot] = slots;
    const fps = shownFps ?? slot?.fps ?? 0;
    const { clock, roundTripMs } = session.liveness;
    const { delay, worst } = this.#frames.take(clock);
    /** @type {StatsRow} */
    const row = {
      time: Date.now(), delay_ms: live ? delay : null, worst_delay_ms: live ? worst : null,
      command_ms: this.#commands.take(clock), clock_error_ms: clock.errorMs,
      round_trip_ms: roundTripMs, fps: slot ? fps : null, kbit_per_s: slot?.kbps ?? null,
      lost_percent: slot?.loss != null ? slot.loss * 100 : null, width: slot?.width ?? null,
      height: slot?.height ?? null, codec: slot?.codec ?? '', route: rates.route,
      camera: this.#connection.selection.chosen[0] ?? '',
      from: this.#frames.fromCamera ? 'camera' : 'arrival',
    };
    if (session.kind !== 'rtcbot' && !hidden) this.#report(session, totals, row);
    const { bytes } = totals;
    return { stats: { fps, rtt: roundTripMs, route: rates.route, slots, bytes }, row };
  }

  /**
   * @param {import('../session/session.js').Session} session
   * @param {import('./connection_stats.js').Totals} totals
   * @param {StatsRow} row
   */
  #report(session, totals, row) {
    const count = Math.min(session.streams.length, session.hello?.slots ?? 0);
    for (let slot = 0; slot < count; slot++) {
      const total = totals.slots[session.mid(slot)];
      if (total) {
        session.sendControl({ type: 'shown', slot, frames: total.frames, packets: total.packets });
      }
    }
    session.sendControl({ type: 'figures', ...row });
  }
}
