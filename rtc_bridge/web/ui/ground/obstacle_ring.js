// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Obstacles around the robot: a ring around the stick, or in a corner of the picture where there
 * is no stick, and a band at the picture's foot for what is ahead, with the nearest in words.
 */

import { box, make } from '../dom.js';
import {
  BAND_HEIGHT, BAND_WIDTH, bandPaths, describe, LEVELS, pictureBox, readLimits, readSeen, ringPaths,
} from './obstacle_view.js';

/** @typedef {import('./obstacle_view.js').Limits} Limits */
/** @typedef {import('./obstacle_view.js').Seen} Seen */

// Five times a second is as often as the robot tells, ms.
const REDRAW_MS = 190;
// What was heard longer ago is not of now, ms.
const STALE_MS = 1000;
// A robot that has just been reached may still look for its sensors, ms.
const PATIENCE_MS = 3000;
const CHECK_MS = 500;
// Where the picture ends so far above the stage's foot, other things have room below it, px.
const OWN_ROOM_PX = 60;
/** @type {Seen} */
const NOTHING = { cm: null, reason: '', monitor: '' };
const SVG = 'http://www.w3.org/2000/svg';

/** What draws one path for each level. */
class Shapes {
  element = document.createElementNS(SVG, 'svg');
  #paths = LEVELS.map(() => document.createElementNS(SVG, 'path'));

  /** @param {string} viewBox */
  constructor(viewBox) {
    this.element.setAttribute('viewBox', viewBox);
    this.element.setAttribute('preserveAspectRatio', 'none');
    this.element.setAttribute('aria-hidden', 'true');
    this.#paths.forEach((path, index) => path.classList.add(LEVELS[index]));
    this.element.append(...this.#paths);
  }

  /** @param {Record<string, string>} paths by level */
  draw(paths) {
    this.#paths.forEach((path, index) => path.setAttribute('d', paths[LEVELS[index]]));
  }
}

export class ObstacleRing {
  #connection;
  #video;
  #stage;
  #alarms;
  #stick = box('stick');
  #picturePlace = box('place');
  #ring = new Shapes('-100 -100 200 200');
  #band = new Shapes(`0 0 ${BAND_WIDTH} ${BAND_HEIGHT}`);
  #corner = make('div');
  #foot = make('div');
  #arrow = make('span');
  #text = make('span');
  #words = make('p', [this.#arrow, this.#text]);
  /** @type {Limits | null} */
  #limits = null;
  /** @type {Seen} */
  #seen = NOTHING;
  /** What was known last: it stays, dimmed. @type {number[] | null} */
  #last = null;
  #heardAtMs = 0;
  #helloAtMs = 0;
  #drawnAtMs = 0;
  /** @type {ReturnType<typeof setTimeout> | null} */
  #timer = null;

  /**
   * @param {object} parts
   * @param {import('../../client/robot_connection.js').RobotConnection} parts.connection
   * @param {import('../page/stage.js').Stage} parts.stage
   * @param {HTMLVideoElement} parts.video the main picture
   * @param {{set: (code: string, alarm: {level: 'amber' | 'red', text: string} | null) => void}
   *   } [parts.alarms]
   */
  constructor({ connection, stage, video, alarms }) {
    this.#connection = connection;
    this.#stage = stage.element;
    this.#video = video;
    this.#alarms = alarms;
    this.#corner.id = 'obstaclering';
    this.#foot.id = 'obstacles';
    this.#corner.setAttribute('role', 'img');
    this.#foot.setAttribute('role', 'img');
    this.#ring.element.classList.add('obstacles');
    this.#foot.append(this.#band.element, this.#words);
    this.#stage.append(this.#foot, this.#corner);
    this.#hide(true);
    connection.handle({
      hello: ({ obstacles }) => this.#onHello(readLimits(obstacles)),
      obstacles: (message) => this.#onSeen(readSeen(message)),
    });
    connection.on('session', () => connection.session || this.#onHello(null));
    addEventListener('resize', () => this.#drawSoon());
    setInterval(() => this.#limits && this.#drawSoon(), CHECK_MS);
  }

  /** @param {Limits | null} limits */
  #onHello(limits) {
    if (!limits || !this.#limits) this.#last = null;
    this.#limits = limits;
    this.#seen = NOTHING;
    this.#helloAtMs = performance.now();
    if (limits) {
      this.#drawSoon();
    } else {
      this.#hide(true);
      this.#raise('', '');
    }
  }

  /** @param {Seen} seen */
  #onSeen(seen) {
    this.#seen = seen;
    this.#heardAtMs = performance.now();
    this.#last = seen.cm ?? this.#last;
    this.#drawSoon();
  }

  /** Draw now, or as soon as the last drawing is long enough ago. */
  #drawSoon() {
    if (this.#timer !== null) return;
    const wait = this.#drawnAtMs + REDRAW_MS - performance.now();
    const draw = () => {
      this.#timer = null;
      this.#drawnAtMs = performance.now();
      this.#draw();
    };
    if (wait <= 0) draw();
    else this.#timer = setTimeout(draw, wait);
  }

  #draw() {
    const limits = this.#limits;
    if (!limits || document.hidden) return;
    const now = performance.now();
    const isUp = this.#connection.link === 'up';
    // A robot whose sensors tell nothing says so once.
    const silent = !isUp || (this.#seen.cm && now - this.#heardAtMs > STALE_MS);
    const seen = silent ? NOTHING : this.#seen;
    const stale = !!silent || (limits.sensors && !seen.cm);
    // Nothing is amiss yet.
    const begins = stale && !seen.reason && now - this.#helloAtMs < PATIENCE_MS;
    const { tone, arrow, text, spoken } = describe(seen, limits, stale);
    this.#hide(false);
    this.#place(limits);
    const shown = this.#last;
    this.#ring.element.classList.toggle('stale', stale);
    this.#foot.classList.toggle('stale', stale);
    if (shown) {
      this.#ring.draw(ringPaths(shown, limits));
      this.#band.draw(bandPaths(shown, limits));
    }
    const words = begins ? '' : text;
    this.#foot.dataset.tone = this.#corner.dataset.tone = begins ? '' : tone;
    this.#words.hidden = !words;
    if (this.#arrow.textContent !== arrow) this.#arrow.textContent = arrow;
    if (this.#text.textContent !== words) this.#text.textContent = words;
    const label = begins ? 'Obstacles' : spoken || 'Obstacles';
    for (const one of [this.#foot, this.#corner]) one.setAttribute('aria-label', label);
    // A lost connection has an alarm of its own.
    this.#raise(begins || !isUp ? '' : tone, words);
  }

  /** Put the ring around the stick, and the band under the picture. @param {Limits} limits */
  #place(limits) {
    const ring = this.#ring.element;
    const hasStick = this.#stick.getClientRects().length > 0;
    const parent = hasStick ? this.#stick : this.#corner;
    if (ring.parentElement !== parent) parent.append(ring);
    ring.toggleAttribute('hidden', !limits.sensors || !this.#last);
    this.#corner.hidden = hasStick || !limits.sensors || !this.#last;
    const { chosen, driving } = this.#connection.selection;
    // The band has the directions of a picture that is shown whole and upright, and looks ahead.
    const isMoved = this.#picturePlace.matches('[data-zoom], [data-turned]');
    this.#band.element.toggleAttribute('hidden', !limits.sensors || !this.#last || isMoved
      || !driving.includes(chosen[0] ?? ''));
    const { videoWidth, videoHeight } = this.#video;
    const { left, width, below } = pictureBox(this.#stage.getBoundingClientRect(),
      this.#picturePlace.getBoundingClientRect(), isMoved ? 0 : videoWidth, videoHeight);
    Object.assign(this.#foot.style, { left: `${left}px`, width: `${width}px`,
      bottom: `${below}px` });
    // What else is at the foot of the stage keeps off.
    this.#stage.style.setProperty('--hud-foot',
      below < OWN_ROOM_PX ? `${below + BAND_HEIGHT + 4}px` : '0px');
  }

  /** @param {boolean} hidden */
  #hide(hidden) {
    this.#foot.hidden = hidden;
    if (!hidden) return;
    this.#corner.hidden = true;
    this.#ring.element.setAttribute('hidden', '');
    this.#stage.style.removeProperty('--hud-foot');
  }

  /** @param {'' | 'amber' | 'red' | 'stale'} tone @param {string} text */
  #raise(tone, text) {
    const isObstacle = tone === 'amber' || tone === 'red';
    this.#alarms?.set('obstacle', isObstacle ? { level: tone, text } : null);
    this.#alarms?.set('obstacle-data', tone === 'stale' ? { level: 'amber', text } : null);
  }
}
