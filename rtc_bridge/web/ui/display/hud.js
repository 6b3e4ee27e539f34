// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The display over the picture: what a driver looks at without looking away. */

import { box, make } from '../dom.js';
import { cameraLabel } from '../texts/connection_texts.js';
import { sign } from './alarm_view.js';
import {
  batteryShare, delayText, headingDegrees, LINK_WORDS, linkBars, partsOff, peopleText, speedText,
  tapeTicks, targetText,
} from './hud_readings.js';

/**
 * @typedef {import('./hud_readings.js').Part} Part
 *
 * @typedef {object} Reading what a part shows now
 * @property {string} label for those who do not see it; '': there is nothing to show
 * @property {boolean} [old] not of now
 * @property {import('./alarm_rules.js').Level | ''} [level]
 *
 * @typedef {object} HudParts
 * @property {import('../../client/robot_connection.js').RobotConnection} connection
 * @property {import('../../client/driving/teleop.js').Teleop} teleop
 * @property {import('../../client/measurements/viewer_stats.js').ViewerStats} viewerStats
 * @property {import('../settings.js').Settings} settings
 * @property {import('../pictures/main_picture.js').MainPicture} picture
 * @property {import('../page/toolbar.js').Toolbar} toolbar
 * @property {import('./latest_telemetry.js').LatestTelemetry} telemetry
 * @property {import('./measured_alarms.js').MeasuredAlarms} measured for the robot's thresholds
 * @property {import('./alarms.js').Alarms} alarms
 */

// What tells of no change by itself (the age of values, commands, recording) is looked at so often.
const PERIOD_MS = 250;

/** @param {HTMLElement} element @param {string} text */
function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** One part: a plate over the picture. Its text is for eyes; its label says the same in words. */
class Plate {
  element = make('div');

  /** @param {Part} part @param {Node[]} content */
  constructor(part, content) {
    const shown = make('span', [sign(), ...content]);
    shown.setAttribute('aria-hidden', 'true');
    this.element.className = 'plate';
    this.element.dataset.part = part;
    this.element.setAttribute('role', 'img');
    this.element.hidden = true;
    this.element.append(shown);
  }

  /** @param {Reading} reading @param {boolean} off */
  show({ label, old = false, level = '' }, off) {
    const { element } = this;
    element.hidden = off || !label;
    if (element.hidden) return;
    const words = label + (old ? ' (old)' : '');
    if (element.getAttribute('aria-label') !== words) element.setAttribute('aria-label', words);
    element.classList.toggle('old', old);
    if (old || !level) delete element.dataset.level;
    else element.dataset.level = level;
  }
}

export class Hud {
  #parts;
  /** @type {any} the robot's newest message of this type */
  #viewers = null;
  /** @type {import('../../client/measurements/viewer_stats.js').StatsRow | null} */
  #row = null;
  #speed = make('b');
  #target = make('span');
  #degrees = make('b');
  #tape = make('div');
  #fill = make('i');
  #charge = make('b');
  #charging = make('span', 'charging');
  #bars = make('span', [make('i'), make('i'), make('i'), make('i')]);
  #delay = make('b');
  #delayName = make('span');
  #command = make('b');
  #camera = make('b');
  #people = make('span');
  /** @type {Record<Part, Plate>} */
  #plates;

  /** @param {HudParts} parts */
  constructor(parts) {
    this.#parts = parts;
    const cell = make('span', [this.#fill]);
    cell.className = 'cell';
    this.#bars.className = 'bars';
    this.#tape.className = 'tape';
    this.#target.className = 'target';
    const dot = make('i');
    dot.className = 'dot';
    this.#plates = {
      recording: new Plate('recording', [dot, make('b', 'REC')]),
      camera: new Plate('camera', [this.#camera]),
      link: new Plate('link', [this.#bars]),
      delay: new Plate('delay', [this.#delayName, this.#delay]),
      command: new Plate('command', [make('span', 'commands'), this.#command]),
      people: new Plate('people', [this.#people]),
      speed: new Plate('speed', [this.#speed, make('span', 'm/s'), this.#target]),
      heading: new Plate('heading', [this.#degrees, this.#tape]),
      battery: new Plate('battery', [cell, this.#charge, this.#charging]),
    };
    const group = (/** @type {string} */ name, /** @type {Part[]} */ members) => {
      const made = make('div', members.map((part) => this.#plates[part].element));
      made.className = name;
      return made;
    };
    const hud = make('div', [
      group('head', ['link', 'delay', 'command', 'recording', 'camera', 'people']),
      group('foot', ['speed', 'heading', 'battery'])]);
    hud.id = 'hud';
    hud.className = 'over';
    // Under the notice, which says why there is no picture of now.
    box('notice').before(hud);
    this.#listen();
  }

  #listen() {
    const { connection, teleop, viewerStats, settings, telemetry, alarms } = this.#parts;
    const render = () => this.#render();
    connection.on('session', () => { this.#viewers = null; });
    connection.handle({ viewers: (message) => { this.#viewers = message; } });
    viewerStats.on('measured', (measured) => {
      // The last one stays while the connection is away, and is dimmed.
      this.#row = measured?.row ?? this.#row;
      render();
    });
    for (const source of [connection, teleop, settings, telemetry, alarms]) {
      source.addEventListener('change', render);
    }
    setInterval(render, PERIOD_MS);
    render();
  }

  #render() {
    if (document.hidden) return;
    const { connection, settings } = this.#parts;
    const off = partsOff(settings.get('hudOff'));
    const lost = connection.link !== 'up';
    document.body.toggleAttribute('data-lost', lost);
    const readings = connection.session ? this.#readings(lost) : {};
    for (const [part, plate] of Object.entries(this.#plates)) {
      plate.show(readings[/** @type {Part} */ (part)] ?? { label: '' }, off.has(part));
    }
  }

  /** @param {boolean} lost @returns {Partial<Record<Part, Reading>>} */
  #readings(lost) {
    const { alarms, toolbar } = this.#parts;
    const row = this.#row;
    const level = (/** @type {string[]} */ ...codes) => alarms.level(codes);
    return {
      speed: this.#readSpeed(),
      heading: this.#readHeading(),
      battery: this.#readBattery(),
      link: this.#readLink(lost),
      delay: { label: this.#readDelay(row), old: lost, level: level('delay') },
      command: { label: this.#readCommand(row), old: lost },
      camera: { label: this.#readCamera() },
      recording: { label: toolbar.recording ? 'Recording' : '' },
      people: { label: this.#readPeople(), old: lost },
    };
  }

  /** @returns {Reading} */
  #readSpeed() {
    const { teleop, telemetry } = this.#parts;
    const speed = speedText(telemetry.get('odometry'));
    const drives = teleop.activeDriver?.epoch != null;
    const target = drives ? targetText(teleop.command) : '';
    put(this.#speed, speed || '–');
    put(this.#target, `→ ${target || '0.00'}`);
    // Its place stays, so that nothing moves when somebody begins to drive.
    this.#target.hidden = !teleop.mayDrive;
    this.#target.style.visibility = target ? '' : 'hidden';
    const words = [speed && `Speed ${speed} m/s`, target && `asked for ${target} m/s`];
    return { label: words.filter(Boolean).join(', '), old: this.#parts.measured.isOld('odometry') };
  }

  /** @returns {Reading} */
  #readHeading() {
    const odometry = this.#parts.telemetry.get('odometry');
    const degrees = headingDegrees(odometry);
    if (degrees === null) return { label: '' };
    put(this.#degrees, `${degrees}°`);
    const ticks = tapeTicks(odometry);
    while (this.#tape.childElementCount < ticks.length) this.#tape.append(make('i'));
    [...this.#tape.children].forEach((child, index) => {
      const mark = /** @type {HTMLElement} */ (child);
      mark.hidden = index >= ticks.length;
      if (mark.hidden) return;
      mark.style.left = `${(50 + 100 * ticks[index].place).toFixed(1)}%`;
      put(mark, ticks[index].text);
    });
    return { label: `Heading ${degrees}°`, old: this.#parts.measured.isOld('odometry') };
  }

  /** @returns {Reading} */
  #readBattery() {
    const battery = this.#parts.telemetry.get('battery');
    const share = batteryShare(battery);
    if (share === null) return { label: '' };
    const isCharging = battery.charging === true;
    this.#fill.style.width = `${Math.round(share * 100)}%`;
    put(this.#charge, `${Math.round(share * 100)} %`);
    this.#charging.hidden = !isCharging;
    return { label: `Battery ${Math.round(share * 100)} %${isCharging ? ', charging' : ''}`,
      old: this.#parts.measured.isOld('battery'), level: this.#parts.alarms.level(['battery']) };
  }

  /** @param {boolean} lost @returns {Reading} */
  #readLink(lost) {
    const { connection, picture, measured, alarms } = this.#parts;
    if (!this.#row) return { label: '' };
    const moves = picture.shown && connection.slots.get(0)?.state === 'live';
    const bars = linkBars(lost ? null : this.#row, moves, measured.thresholds);
    [...this.#bars.children].forEach((bar, index) => bar.classList.toggle('on', index < bars));
    return { label: `Connection: ${LINK_WORDS[bars]}`, level: alarms.level(['loss', 'fps']) };
  }

  /** @param {import('../../client/measurements/viewer_stats.js').StatsRow | null} row */
  #readDelay(row) {
    const text = delayText(row?.delay_ms, row?.clock_error_ms);
    put(this.#delay, text);
    put(this.#delayName, row?.from === 'camera' ? 'delay' : 'delay from robot');
    return text && `Delay from ${row?.from === 'camera' ? 'camera' : 'robot'} to screen: ${text}`;
  }

  /** @param {import('../../client/measurements/viewer_stats.js').StatsRow | null} row */
  #readCommand(row) {
    const text = delayText(row?.command_ms, row?.clock_error_ms);
    put(this.#command, text);
    return text && `Delay of commands: ${text}`;
  }

  #readCamera() {
    const { cameras, chosen, labels } = this.#parts.connection.selection;
    const camera = chosen[0] ?? '';
    if (!camera || (cameras ?? []).length < 2) return '';
    put(this.#camera, labels.get(camera) ?? cameraLabel(camera));
    return `Camera ${this.#camera.textContent}`;
  }

  #readPeople() {
    const { driver } = this.#parts.teleop;
    const text = peopleText({ mine: driver?.epoch != null, taken: !!driver?.taken,
      holder: driver?.holder ?? null, viewers: this.#viewers });
    put(this.#people, text);
    return text;
  }
}
