// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Alarms by what the page measures and by what the robot tells of itself. */

import { ALARM_TEXTS, charge, LevelFilter, readThresholds, staleText } from './alarm_rules.js';

/**
 * @typedef {import('./alarm_rules.js').Pair} Pair
 * @typedef {import('../../client/measurements/viewer_stats.js').StatsRow} StatsRow
 */

// One bad second is no reason to warn.
const SECONDS = 2;
/** Values that come all the time, so that silence means something. @type {[string, string][]} */
const REGULAR = [['battery', 'Battery'], ['odometry', 'Speed and heading']];
const PERIOD_MS = 500;
// Where the robot wants no alarm for it, a value is old when it is overdue for this time, s.
const OLD_S = 2;

export class MeasuredAlarms {
  thresholds = readThresholds(null);
  #connection;
  #alarms;
  #telemetry;
  /** @type {Record<string, LevelFilter>} */
  #filters = {};
  /** A lost connection is an alarm once there was one. */
  #wasUp = false;

  /**
   * @param {object} parts
   * @param {import('../../client/robot_connection.js').RobotConnection} parts.connection
   * @param {import('../../client/measurements/viewer_stats.js').ViewerStats} parts.viewerStats
   * @param {import('../pictures/main_picture.js').MainPicture} parts.picture
   * @param {import('./latest_telemetry.js').LatestTelemetry} parts.telemetry
   * @param {import('./alarms.js').Alarms} parts.alarms
   */
  constructor({ connection, viewerStats, picture, telemetry, alarms }) {
    this.#connection = connection;
    this.#alarms = alarms;
    this.#telemetry = telemetry;
    connection.handle({
      hello: (message) => {
        this.thresholds = readThresholds(message.alarms);
        this.#filters = {};
      },
    });
    connection.on('change', () => this.#onLink());
    viewerStats.on('measured', (measured) => this.#onMeasured(
      measured?.row ?? null, !document.hidden && picture.shown
        && connection.slots.get(0)?.state === 'live'));
    telemetry.on('change', () => this.#onTelemetry());
    setInterval(() => this.#onTelemetry(), PERIOD_MS);
    this.#onLink();
  }

  /** A value of the robot is not of now. @param {string} name */
  isOld(name) {
    return this.#connection.link !== 'up'
      || (this.#telemetry.overdue(name) ?? 0) >= (this.thresholds.stale?.[0] ?? OLD_S);
  }

  #onLink() {
    const { link } = this.#connection;
    if (link === 'up') this.#wasUp = true;
    if (link === 'none') this.#wasUp = false;
    this.#alarms.set('link', link === 'lost' && this.#wasUp
      ? { level: 'red', text: 'Connection lost' } : null);
    if (link !== 'up') this.#onTelemetry();
  }

  /** @param {StatsRow | null} row null: no session is up @param {boolean} moves pictures come */
  #onMeasured(row, moves) {
    const { delay, fps, loss } = this.thresholds;
    const inSeconds = row?.delay_ms == null ? null : row.delay_ms / 1000;
    this.#judge('delay', inSeconds, delay, ALARM_TEXTS.delay, SECONDS);
    this.#judge('fps', moves ? row?.fps ?? null : null, fps, ALARM_TEXTS.fps, SECONDS);
    this.#judge('loss', row?.lost_percent == null ? null : row.lost_percent / 100, loss,
      ALARM_TEXTS.loss, SECONDS);
  }

  #onTelemetry() {
    const isUp = this.#connection.link === 'up';
    const share = isUp ? charge(this.#telemetry.get('battery')) : null;
    this.#judge('battery', share, this.thresholds.battery, ALARM_TEXTS.battery);
    for (const [name, label] of REGULAR) {
      const overdue = isUp ? this.#telemetry.overdue(name) : null;
      this.#judge(`stale ${name}`, overdue, this.thresholds.stale,
        () => staleText(label, this.#telemetry.age(name) ?? 0));
    }
  }

  /**
   * @param {string} code
   * @param {number | null} value
   * @param {Pair | null} pair
   * @param {(value: number) => string} text
   * @param {number} [times] in a row
   */
  #judge(code, value, pair, text, times) {
    const filter = this.#filters[code] ??= new LevelFilter(times);
    const level = filter.take(value, pair);
    this.#alarms.set(code, level && value !== null ? { level, text: text(value) } : null);
  }
}
