// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Zooms, moves and turns the main picture: by fingers, mouse, wheel and keys. */

import { Emitter } from '../../client/messages.js';
import { box, element, make, TEXT_FIELDS } from '../dom.js';
import { icon } from '../icons.js';
import {
  bounded, frameOf, moved, pinched, viewStyle, WHOLE, zoomedAt,
} from './picture_geometry.js';

/** @typedef {import('./picture_geometry.js').Point} Point */

// A wheel that turns by so many px doubles or halves the size; a pinch on a touch pad comes as a
// wheel with Ctrl, and with small numbers.
const WHEEL_PX = 400;
const PINCH_WHEEL_PX = 100;
// Of the units of `WheelEvent.deltaMode`: px, lines, pages.
const WHEEL_UNITS_PX = [1, 16, 400];
/** A key and a button change the size by this factor. */
export const STEP = 1.25;
// A pointer that moved less than this was pressed, not dragged, px.
const MIN_DRAG_PX = 6;
// Two presses that are no longer apart than this are one double press, ms and px.
const DOUBLE_MS = 350;
const DOUBLE_PX = 32;
// What has gestures of its own in the stage.
const OTHERS = 'button, a, summary, select, #notice, #tiles';

/** Event `change` when the factor or the turn is another one. */
export class PictureZoom extends Emitter {
  /** @type {import('./picture_geometry.js').Zoom} */
  zoom = WHOLE;
  #turn = 0;
  #stage;
  #isDriving;
  #keys;
  #place = box('place');
  #view = box('view');
  #video = element('video0', HTMLVideoElement);
  #factor = make('span');
  #reset = make('button', [this.#factor, icon('whole')]);
  /** Pointers on the picture that are down, and where. @type {Map<number, Point>} */
  #down = new Map();
  /** How far the first of them was dragged, px; more than one: it was no press. */
  #dragged = 0;
  #pressed = { at: 0, x: 0, y: 0 };

  /**
   * @param {HTMLElement} stage
   * @param {() => boolean} isDriving this person may drive: + and - change the speed
   * @param {import('../driving/key_assignment.js').KeyAssignment} keys
   */
  constructor(stage, isDriving, keys) {
    super();
    this.#stage = stage;
    this.#isDriving = isDriving;
    this.#keys = keys;
    this.#reset.type = 'button';
    this.#reset.id = 'zoom';
    this.#reset.hidden = true;
    this.#reset.addEventListener('click', () => this.reset());
    this.#place.append(this.#reset);
    this.#followPointers();
    stage.addEventListener('wheel', (event) => this.#onWheel(event), { passive: false });
    // Before the keys that drive, to which + and - belong otherwise.
    addEventListener('keydown', (event) => this.#onKey(event), { capture: true });
    new ResizeObserver(() => this.#draw()).observe(this.#place);
    this.#video.addEventListener('resize', () => this.#draw());
  }

  /** How far the picture is turned clockwise, degrees. */
  get turn() {
    return this.#turn;
  }

  /** @param {number} turn degrees */
  set turn(turn) {
    if (turn === this.#turn) return;
    this.#turn = turn;
    this.zoom = WHOLE;
    this.#draw();
    this.emit('change');
  }

  /** Show all of the picture. */
  reset() {
    this.#set(WHOLE);
  }

  /** Make the picture larger or smaller about its middle. @param {number} by factor */
  step(by) {
    this.#set(zoomedAt(this.zoom, by, { x: 0, y: 0 }, this.#frame()));
  }

  #frame() {
    return frameOf({ width: this.#video.videoWidth, height: this.#video.videoHeight },
      { width: this.#place.clientWidth, height: this.#place.clientHeight }, this.#turn);
  }

  /** @param {import('./picture_geometry.js').Zoom} zoom */
  #set(zoom) {
    const changed = zoom.factor !== this.zoom.factor;
    this.zoom = zoom;
    this.#draw();
    if (changed) this.emit('change');
  }

  #draw() {
    const frame = this.#frame();
    this.zoom = bounded(this.zoom, frame);
    Object.assign(this.#view.style, viewStyle(this.zoom, this.#turn, frame));
    const { factor } = this.zoom;
    const isZoomed = factor > 1;
    // The focus would be lost with the button.
    if (!isZoomed && document.activeElement === this.#reset) this.#stage.focus();
    this.#reset.hidden = !isZoomed;
    this.#place.toggleAttribute('data-zoom', isZoomed);
    this.#place.toggleAttribute('data-turned', !!this.#turn);
    const text = `${factor.toFixed(1)}×`;
    if (this.#factor.textContent === text) return;
    this.#factor.textContent = text;
    this.#reset.title = 'Show the whole picture';
    this.#reset.setAttribute('aria-label', `${text} zoom: show the whole picture`);
  }

  /** @param {MouseEvent} event @returns {Point} */
  #pointOf({ clientX, clientY }) {
    const { left, top, width, height } = this.#place.getBoundingClientRect();
    return { x: clientX - left - width / 2, y: clientY - top - height / 2 };
  }

  /** @param {Event} event */
  #isOther({ target }) {
    return !(target instanceof Element) || !!target.closest(OTHERS);
  }

  /** @param {WheelEvent} event */
  #onWheel(event) {
    if (this.#isOther(event)) return;
    event.preventDefault();
    const px = event.deltaY * WHEEL_UNITS_PX[event.deltaMode];
    const by = 2 ** (-px / (event.ctrlKey ? PINCH_WHEEL_PX : WHEEL_PX));
    this.#set(zoomedAt(this.zoom, by, this.#pointOf(event), this.#frame()));
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const { target, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!(target instanceof Element) || target.closest(`${TEXT_FIELDS}, select, dialog, #inset`)) {
      return;
    }
    const by = /** @type {Record<string, number>} */ (
      { '+': STEP, '=': STEP, '-': 1 / STEP, _: 1 / STEP })[key];
    if (key !== '0' && by === undefined) return;
    const { code } = event;
    if (this.#isDriving() && (by !== undefined || this.#keys.actionOf(code) !== undefined)) return;
    event.stopPropagation();
    event.preventDefault();
    if (key === '0') this.reset();
    else this.step(by);
  }

  #followPointers() {
    const stage = this.#stage;
    stage.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || this.#isOther(event) || this.#down.size === 2) return;
      this.#down.set(event.pointerId, this.#pointOf(event));
      this.#dragged = this.#down.size === 1 ? 0 : Infinity;
    });
    // Wherever they go: those of a stick are others.
    addEventListener('pointermove', (event) => {
      if (this.#down.has(event.pointerId)) this.#onMove(event);
    });
    for (const type of /** @type {const} */ (['pointerup', 'pointercancel'])) {
      addEventListener(type, (event) => {
        if (!this.#down.delete(event.pointerId)) return;
        if (type === 'pointerup' && this.#dragged < MIN_DRAG_PX) this.#onPress(event);
      });
    }
  }

  /** @param {PointerEvent} event */
  #onMove(event) {
    const before = [...this.#down.values()];
    const from = this.#down.get(event.pointerId) ?? { x: 0, y: 0 };
    const to = this.#pointOf(event);
    this.#down.set(event.pointerId, to);
    const now = [...this.#down.values()];
    this.#dragged += Math.hypot(to.x - from.x, to.y - from.y);
    if (now.length === 2) {
      this.#set(pinched(this.zoom, [before[0], before[1]], [now[0], now[1]], this.#frame()));
    } else if (this.zoom.factor > 1) {
      this.#set(moved(this.zoom, { x: to.x - from.x, y: to.y - from.y }, this.#frame()));
    }
  }

  /** @param {PointerEvent} event */
  #onPress({ timeStamp, clientX, clientY }) {
    const { at, x, y } = this.#pressed;
    const isNear = Math.hypot(clientX - x, clientY - y) < DOUBLE_PX;
    const isDouble = isNear && timeStamp - at < DOUBLE_MS;
    this.#pressed = { at: isDouble ? 0 : timeStamp, x: clientX, y: clientY };
    if (isDouble) this.reset();
  }
}
