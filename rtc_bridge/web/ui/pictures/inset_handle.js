// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Moves and sizes the picture that is over the main one: by pointers and by keys. */

import { make } from '../dom.js';
import { icon } from '../icons.js';
import { insetBox, moveInset, sizeInset } from './layouts.js';

// With each press of a key, px.
const KEY_PX = 24;
// A pointer that moved less was pressed, not dragged, px.
const MIN_DRAG_PX = 6;
const ARROWS = /** @type {Record<string, [number, number]>} */ ({
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] });
const SIGNS = /** @type {Record<string, number>} */ ({ '+': 1, '=': 1, '-': -1, _: -1 });
// Width by height of small pictures before their first frame.
const ASPECT = 4 / 3;

export class InsetHandle {
  #tiles;
  #stage;
  #settings;
  #shown = false;
  #inset;
  #handle = make('button', [icon('size')]);
  /** What is dragged: its pointer, where it was last, how far it went, and whether the size
   * changes. @type {{id: number, x: number, y: number, far: number, sizes: boolean} | null} */
  #drag = null;
  #dragged = false;

  /**
   * @param {HTMLElement} tiles that hold the picture
   * @param {HTMLElement} stage
   * @param {import('./picture_settings.js').PictureSettings} settings
   */
  constructor(tiles, stage, settings) {
    this.#tiles = tiles;
    this.#stage = stage;
    this.#settings = settings;
    this.#inset = settings.values.inset;
    this.#handle.type = 'button';
    this.#handle.id = 'inset';
    this.#handle.title = 'Drag: size of the inset. With the focus here: arrow keys move it, + and − size it.';
    this.#handle.setAttribute('aria-label', 'Move or size the inset: arrow keys, plus and minus');
    this.#handle.addEventListener('keydown', (event) => this.#onKey(event));
    tiles.addEventListener('pointerdown', (event) => this.#onDown(event));
    addEventListener('pointermove', (event) => this.#onMove(event));
    for (const type of /** @type {const} */ (['pointerup', 'pointercancel'])) {
      addEventListener(type, (event) => this.#onUp(event));
    }
    // A drag is no press, which would make the picture the main one.
    tiles.addEventListener('click', (event) => {
      if (event.detail === 0 || !this.#shown) return;
      const onHandle = event.target instanceof Node && this.#handle.contains(event.target);
      if (this.#dragged || onHandle) {
        event.stopImmediatePropagation();
        event.preventDefault();
      }
    }, { capture: true });
    // The first frame tells its proportions.
    tiles.addEventListener('resize', () => this.place(), { capture: true });
    settings.addEventListener('change', () => {
      if (!this.#drag) this.#inset = settings.values.inset;
      this.place();
    });
  }

  /** @param {boolean} shown */
  set shown(shown) {
    this.#shown = shown;
    if (shown) {
      this.#tiles.append(this.#handle);
    } else {
      this.#handle.remove();
      for (const name of ['left', 'top', 'width', 'height']) this.#tiles.style.removeProperty(name);
    }
    this.place();
  }

  get #size() {
    return { width: this.#stage.clientWidth, height: this.#stage.clientHeight };
  }

  get #aspect() {
    const video = this.#tiles.querySelector('video');
    if (!video?.videoWidth) return ASPECT;
    const aspect = video.videoWidth / video.videoHeight;
    return Number(video.dataset.turn) % 180 ? 1 / aspect : aspect;
  }

  /** Draw it where it belongs. */
  place() {
    if (!this.#shown) return;
    const { left, top, width, height } = insetBox(this.#inset, this.#size, this.#aspect);
    Object.assign(this.#tiles.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`,
      height: `${height}px` });
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const [arrow, sign] = [ARROWS[event.key], SIGNS[event.key]];
    if (event.ctrlKey || event.metaKey || event.altKey || (!arrow && !sign)) return;
    event.preventDefault();
    if (arrow) this.#move(arrow[0] * KEY_PX, arrow[1] * KEY_PX, false);
    else this.#move(sign * KEY_PX, 0, true);
    this.#settings.change({ inset: this.#inset });
  }

  /** @param {number} x px @param {number} y px @param {boolean} sizes */
  #move(x, y, sizes) {
    this.#inset = sizes ? sizeInset(this.#inset, x, this.#size, this.#aspect)
      : moveInset(this.#inset, { x, y }, this.#size, this.#aspect);
    this.place();
  }

  /** @param {PointerEvent} event */
  #onDown(event) {
    if (!this.#shown || this.#drag || event.button !== 0) return;
    const sizes = event.target instanceof Node && this.#handle.contains(event.target);
    this.#dragged = false;
    this.#drag = { id: event.pointerId, x: event.clientX, y: event.clientY, far: 0, sizes };
  }

  /** @param {PointerEvent} event */
  #onMove(event) {
    const drag = this.#drag;
    if (!drag || event.pointerId !== drag.id) return;
    const [x, y] = [event.clientX - drag.x, event.clientY - drag.y];
    drag.far = Math.max(drag.far, Math.hypot(x, y));
    // What moved it so far is made up for at once.
    if (drag.far < MIN_DRAG_PX) return;
    Object.assign(drag, { x: event.clientX, y: event.clientY });
    this.#dragged = true;
    this.#move(x, y, drag.sizes);
  }

  /** @param {PointerEvent} event */
  #onUp({ pointerId }) {
    if (this.#drag?.id !== pointerId) return;
    this.#drag = null;
    if (this.#dragged) this.#settings.change({ inset: this.#inset });
  }
}
