// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The part of the section with pictures that is about quality, and about what it costs. */

import { make } from '../dom.js';
import { checkbox, labelled } from '../page/form_parts.js';
import { amountText, fromMbPerHour, ReceivedBytes, toMbPerHour } from './data_amounts.js';
import { MAX_CAP, MIN_CAP } from './picture_settings.js';

/** @type {[import('./picture_settings.js').QualityMode, string][]} */
const MODES = [['auto', 'Automatic'], ['save', 'Save data'], ['best', 'Full size']];
const EXPLANATIONS = { auto: '', save: '',
  best: 'Pictures keep their size on a slow connection, and come later.' };

/** @param {number} min @param {number} max @param {(value: number) => void} onChange */
function numberInput(min, max, onChange) {
  const node = make('input');
  Object.assign(node, { type: 'number', min: String(min), max: String(max), step: 'any' });
  node.inputMode = 'numeric';
  node.addEventListener('change', () => {
    if (Number.isFinite(node.valueAsNumber)) onChange(node.valueAsNumber);
  });
  return node;
}

export class QualityOptions {
  #settings;
  #quality;
  #received = new ReceivedBytes();
  #mode = make('select', MODES.map(([value, text]) => new Option(text, value)));
  #kbit;
  #mb;
  #smooth;
  #rows;
  #explanation = make('p');
  #problem = make('p');
  #amounts = ['This session', 'Since the page was opened', 'Now'].map(
    (name) => [make('dt', name), make('dd')]);

  /**
   * @param {HTMLElement} section
   * @param {object} parts
   * @param {import('../../client/robot_connection.js').RobotConnection} parts.connection
   * @param {import('../../client/measurements/viewer_stats.js').ViewerStats} parts.viewerStats
   * @param {import('../../client/session/viewer_quality.js').ViewerQuality} parts.quality
   * @param {import('./picture_settings.js').PictureSettings} parts.settings
   */
  constructor(section, { connection, viewerStats, quality, settings }) {
    this.#settings = settings;
    this.#quality = quality;
    this.#mode.id = 'quality';
    this.#mode.addEventListener('change', () => settings.change(
      { quality: /** @type {import('./picture_settings.js').QualityMode} */ (this.#mode.value) }));
    const change = (/** @type {number} */ cap) => settings.change({ cap: Math.round(cap) });
    this.#kbit = numberInput(MIN_CAP, MAX_CAP, change);
    this.#kbit.id = 'cap';
    this.#mb = numberInput(Math.ceil(toMbPerHour(MIN_CAP)), toMbPerHour(MAX_CAP),
      (mb) => change(fromMbPerHour(mb)));
    this.#mb.id = 'capmb';
    this.#smooth = checkbox(false, (smooth) => settings.change({ smooth }));
    this.#smooth.id = 'smooth';
    this.#explanation.className = this.#problem.className = 'problem';
    this.#problem.setAttribute('role', 'status');
    this.#rows = { mode: labelled('Quality', this.#mode),
      kbit: labelled('At most, kbit/s', this.#kbit), mb: labelled('In MB an hour', this.#mb),
      smooth: labelled('Smooth, 0.1 s later, while you do not drive', this.#smooth) };
    const list = make('dl', this.#amounts.flat());
    list.id = 'received';
    list.setAttribute('aria-label', 'Data received');
    section.append(...Object.values(this.#rows), this.#explanation, this.#problem,
      make('h2', 'Data received'), list);
    this.#rows.smooth.hidden = typeof RTCRtpReceiver !== 'function'
      || !('jitterBufferTarget' in RTCRtpReceiver.prototype);
    settings.addEventListener('change', () => this.#show());
    connection.on('session', () => this.#received.restart());
    connection.handle({ hello: () => this.#show() });
    viewerStats.on('measured', (measured) => this.#onMeasured(measured?.stats ?? null));
    this.#show();
  }

  #show() {
    const { quality: mode, cap, smooth } = this.#settings.values;
    this.#quality.choose({ mode, cap, smooth });
    const { available } = this.#quality;
    this.#mode.value = mode;
    this.#kbit.value = String(Math.round(cap));
    this.#mb.value = String(Math.round(toMbPerHour(cap)));
    this.#smooth.checked = smooth;
    this.#rows.mode.hidden = !available;
    this.#rows.kbit.hidden = this.#rows.mb.hidden = !available || mode !== 'save';
    this.#explanation.textContent = available ? EXPLANATIONS[mode] : '';
    if (mode !== 'save') this.#problem.textContent = '';
  }

  /** @param {import('../../client/measurements/viewer_stats.js').Stats | null} stats */
  #onMeasured(stats) {
    if (!stats) return;
    this.#received.take(stats.bytes);
    const { session, all, kbitPerS } = this.#received;
    const now = kbitPerS === null ? '–'
      : `${Math.round(kbitPerS)} kbit/s, ${Math.round(toMbPerHour(kbitPerS))} MB an hour`;
    [amountText(session), amountText(all), now].forEach((text, i) => {
      const [, value] = this.#amounts[i];
      if (value.textContent !== text) value.textContent = text;
    });
    const { quality, cap } = this.#settings.values;
    const problem = quality === 'save' && this.#quality.available && this.#received.exceeds(cap)
      ? 'More comes than you chose: the smallest picture of this camera, which others watch too, '
        + 'needs more. Show fewer pictures.' : '';
    if (this.#problem.textContent !== problem) this.#problem.textContent = problem;
  }
}
