// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What was measured, a row each second: shown, plotted, and saved as a file. */

import { box, make, saveFile, write } from '../dom.js';
import { wayText } from '../texts/server_texts.js';
import { toCsv, toReport } from './stats_export.js';
import { drawDelays } from './stats_plot.js';

/**
 * @typedef {import('../../client/measurements/viewer_stats.js').StatsRow} StatsRow
 * @typedef {import('../../client/measurements/viewer_stats.js').Stats} Stats
 */

/** @param {number | null} value */
const short = (value) => (value === null ? '–' : value.toFixed(value < 10 ? 1 : 0));
/** @param {number | null} value @param {string} [error] */
const ms = (value, error = '') => (value === null ? '–' : `${short(value)}${error} ms`);

/**
 * The lines to show, as label and text.
 * @param {StatsRow} row
 * @param {string} [signaling] what is unusual about it
 * @returns {[string, string][]}
 */
export function rowTexts(row, signaling = '') {
  const error = row.clock_error_ms === null ? '' : ` ± ${short(row.clock_error_ms)}`;
  return [
    [row.from === 'arrival' ? 'Robot to screen' : 'Camera to screen', ms(row.delay_ms, error)],
    ['Command to robot', ms(row.command_ms, error)],
    ['Round trip', ms(row.round_trip_ms)],
    ['Frames', row.fps === null ? '–' : `${short(row.fps)} a second`],
    ['Picture', row.width ? `${row.width} × ${row.height} ${row.codec}` : '–'],
    ['Rate', row.kbit_per_s === null ? '–' : `${Math.round(row.kbit_per_s)} kbit/s`],
    ['Lost', row.lost_percent === null ? '–' : `${row.lost_percent.toFixed(1)} %`],
    ['Path', { relay: 'via TURN server', direct: 'direct' }[row.route] ?? '–'],
    ...(signaling ? [/** @type {[string, string]} */ (['Signaling', signaling])] : []),
  ];
}

export class StatsPanel {
  #robot = 'robot';
  #version = '';
  #connection;
  #viewerStats;
  #section = box('stats');
  #list = make('dl');
  #plot = make('canvas');

  /**
   * @param {import('../../client/robot_connection.js').RobotConnection} connection
   * @param {import('../../client/measurements/viewer_stats.js').ViewerStats} viewerStats
   */
  constructor(connection, viewerStats) {
    this.#connection = connection;
    this.#viewerStats = viewerStats;
    connection.handle({
      hello: ({ robot_id: robot, version }) => {
        this.#robot = String(robot || 'robot');
        this.#version = String(version ?? '');
      },
    });
    this.#plot.width = 480;
    this.#plot.height = 120;
    this.#plot.setAttribute('role', 'img');
    this.#plot.setAttribute('aria-label', 'The last minute');
    const buttons = ['JSON', 'CSV'].map((kind) => {
      const button = make('button', `Save ${kind}`);
      button.type = 'button';
      button.id = `save-${kind.toLowerCase()}`;
      button.addEventListener('click', () => this.#save(kind));
      return button;
    });
    const group = make('div', buttons);
    group.className = 'group';
    this.#section.prepend(make('h2', 'Connection'), this.#list, this.#plot, group);
    viewerStats.on('measured', (measured) => this.#show(measured));
  }

  /** @param {{stats: Stats, row: StatsRow} | null} measured null: no session is up */
  #show(measured) {
    this.#showPill(measured?.stats ?? null);
    this.#showSlots(measured?.stats ?? null);
    if (measured) this.#showRow(measured.row);
  }

  /** @param {Stats | null} stats */
  #showPill(stats) {
    const rtt = stats?.rtt ?? null;
    write('fps', `${stats ? Math.round(stats.fps) : '–'} fps`);
    write('rtt', rtt === null ? '– ms' : `${short(rtt)} ms`);
    write('path', stats?.route === 'relay' ? 'via TURN server' : '');
  }

  /** Show a line for each slot, if there are several. @param {Stats | null} stats */
  #showSlots(stats) {
    const cameras = this.#connection.selection.chosen;
    const slots = (stats?.slots ?? []).flatMap((one, slot) => (one?.width
      ? [{ name: cameras[slot] ?? `Camera ${slot + 1}`, rates: one }] : []));
    box('slots').replaceChildren(...slots.length < 2 ? [] : slots.flatMap(({ name, rates }) => [
      make('dt', name),
      make('dd', `${rates.width}×${rates.height} ${rates.codec}, `
        + `${rates.kbps === null ? '–' : Math.round(rates.kbps)} kbit/s, `
        + `${rates.loss === null ? '–' : (rates.loss * 100).toFixed(1)} % lost`),
    ]));
  }

  /** @param {StatsRow} row */
  #showRow(row) {
    // A closed panel is not drawn.
    if (!this.#section.getClientRects().length) return;
    const { way, failures } = this.#connection.signaling;
    const texts = rowTexts(row, wayText(way, failures));
    if (this.#list.childElementCount !== 2 * texts.length) {
      this.#list.replaceChildren(...texts.flatMap(() => [make('dt'), make('dd')]));
    }
    texts.flat().forEach((text, index) => { this.#list.children[index].textContent = text; });
    drawDelays(this.#plot, this.#viewerStats.rows);
  }

  /** @param {string} kind */
  #save(kind) {
    const saved = Date.now();
    const name = `${this.#robot}-${new Date(saved).toISOString().slice(0, 19).replaceAll(':', '')}`;
    if (kind === 'CSV') {
      saveFile(`${name}.csv`, new Blob([toCsv(this.#robot, this.#viewerStats.rows, navigator.userAgent)],
        { type: 'text/csv' }));
      return;
    }
    // The URL's fragment has the key of the link, which must not get into a file.
    const page = location.origin + location.pathname;
    const report = toReport(this.#robot, this.#viewerStats.rows,
      { browser: navigator.userAgent, page, version: this.#version, saved });
    saveFile(`${name}.json`, new Blob([JSON.stringify(report, null, 1)],
      { type: 'application/json' }));
  }
}
