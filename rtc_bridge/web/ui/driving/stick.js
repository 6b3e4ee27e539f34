// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * A stick on the screen, for fingers, pens and the mouse. It begins where a finger lands: the first
 * touch is its middle, wherever that is, so that it never begins with a command.
 */

import { NEUTRAL } from '../../client/driving/motion.js';
import { element } from '../dom.js';
import { curved, deadZone } from './stick_curve.js';

/**
 * @typedef {import('../../client/driving/motion.js').Motion} Motion
 *
 * What a stick does: drive and turn; only drive; drive and move sideways; only turn; turn, and move
 * up and down.
 * @typedef {'all' | 'move' | 'slide' | 'turn' | 'climb'} StickKind
 */

/** So much of a stick's answer is cubic: slow driving has most of its way, its end stays the end. */
const EXPO = 0.5;

/**
 * Return the motion that a stick asks for which is pushed by (dx, dy) of its reach; y points down.
 * @param {number} dx
 * @param {number} dy
 * @param {StickKind} kind
 * @returns {Motion}
 */
export function stickMotion(dx, dy, kind = 'all') {
  const [right, down] = curved(...deadZone(kind === 'move' ? 0 : dx, kind === 'turn' ? 0 : dy),
    EXPO);
  const [slides, climbs] = [kind === 'slide', kind === 'climb'];
  return { x: climbs ? 0 : -down + 0, y: slides ? -right + 0 : 0, turn: slides ? 0 : -right + 0,
    up: climbs ? -down + 0 : 0 };
}

export class Stick {
  /** @type {Motion} */
  motion = NEUTRAL;
  /** @type {StickKind} */
  #kind = 'all';
  #pad;
  #knob;
  #changed;
  /** @type {number | null} */
  #pointer = null;
  /** Where the finger has landed on the screen, px. */
  #origin = { x: 0, y: 0 };

  /**
   * @param {string} id
   * @param {() => void} changed is called when the stick has moved
   */
  constructor(id, changed) {
    const pad = element(id, HTMLElement);
    this.#pad = pad;
    this.#knob = /** @type {HTMLElement} */ (pad.firstElementChild);
    this.#changed = changed;
    pad.addEventListener('pointerdown', (event) => {
      if (this.#pointer !== null || event.button !== 0) return;
      pad.setPointerCapture(event.pointerId);
      this.#pointer = event.pointerId;
      this.#origin = { x: event.clientX, y: event.clientY };
      const { left, top, width, height } = pad.getBoundingClientRect();
      pad.style.setProperty('--ox', `${event.clientX - left - width / 2}px`);
      pad.style.setProperty('--oy', `${event.clientY - top - height / 2}px`);
      this.#set(0, 0);
    });
    // From the edge of the screen, Safari would take it for a swipe to the page before.
    pad.addEventListener('touchstart', (event) => event.preventDefault(), { passive: false });
    pad.addEventListener('pointermove', (event) => {
      if (event.pointerId !== this.#pointer) return;
      // While other buttons of a mouse are down, releasing the left one is no `pointerup`.
      if (event.buttons & 1) this.#move(event);
      else this.clear();
    });
    // Capture is lost on lifting, on cancelling, and when the element goes away.
    for (const type of ['pointerup', 'pointercancel', 'lostpointercapture']) {
      pad.addEventListener(type, (event) => {
        if (/** @type {PointerEvent} */ (event).pointerId === this.#pointer) this.clear();
      });
    }
    pad.addEventListener('contextmenu', (event) => event.preventDefault());
    // The picture keeps the focus, so that the keys drive, too.
    pad.addEventListener('mousedown', (event) => event.preventDefault());
    // The phone was turned: the finger is at another place of the page now.
    addEventListener('resize', () => this.#pointer !== null && this.clear());
  }

  /** @param {StickKind} kind */
  set kind(kind) {
    if (kind === this.#kind) return;
    this.#pad.classList.remove(this.#kind);
    this.#pad.classList.add(kind);
    this.#kind = kind;
    this.clear();
  }

  /** Let go of it. */
  clear() {
    this.#pointer = null;
    for (const side of ['--ox', '--oy']) this.#pad.style.removeProperty(side);
    this.#set(0, 0);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const reach = this.#pad.offsetWidth / 2 - this.#knob.offsetWidth / 2;
    const dx = this.#kind === 'move' ? 0 : (event.clientX - this.#origin.x) / reach;
    const dy = this.#kind === 'turn' ? 0 : (event.clientY - this.#origin.y) / reach;
    const length = Math.max(1, Math.hypot(dx, dy));
    this.#set(dx / length, dy / length);
  }

  /** @param {number} dx @param {number} dy */
  #set(dx, dy) {
    this.motion = dx || dy ? stickMotion(dx, dy, this.#kind) : NEUTRAL;
    this.#pad.classList.toggle('held', this.#pointer !== null);
    this.#pad.style.setProperty('--dx', String(dx));
    this.#pad.style.setProperty('--dy', String(dy));
    this.#changed();
  }
}
