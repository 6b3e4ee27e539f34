// @ts-check
/** The on-screen stick, for fingers, pens and the mouse. */

import { NEUTRAL } from '../client/driver.js';
import { deadZone } from './gamepad.js';

/** @typedef {import('../client/driver.js').Hands} Hands */

/** What a stick does: all of it; only forward and back; that and sideways; only turning. */
/** @typedef {'all' | 'move' | 'slide' | 'turn'} Kind */

/**
 * Return what a stick pushed by (dx, dy) of its reach means; the screen's y points down.
 * @param {number} dx
 * @param {number} dy
 * @param {Kind} kind
 * @returns {Hands}
 */
export function stickHands(dx, dy, kind = 'all') {
  const [right, down] = deadZone(kind === 'move' ? 0 : dx, kind === 'turn' ? 0 : dy);
  const slides = kind === 'slide';
  return { x: -down + 0, y: slides ? -right + 0 : 0, turn: slides ? 0 : -right + 0 };
}

export class Stick {
  /** @type {Hands} */
  hands = NEUTRAL;
  /** @type {Kind} */
  #kind = 'all';
  #pad;
  #knob;
  #changed;
  /** @type {number | null} */
  #pointer = null;
  /** Where the middle is, for as long as it is held. */
  #middle = { x: 0, y: 0 };

  /**
   * @param {HTMLElement} pad
   * @param {() => void} changed
   * @param {AbortSignal} signal
   */
  constructor(pad, changed, signal) {
    this.#pad = pad;
    this.#knob = /** @type {HTMLElement} */ (pad.firstElementChild);
    this.#changed = changed;
    pad.addEventListener('pointerdown', (event) => {
      if (this.#pointer !== null || event.button !== 0) return;
      pad.setPointerCapture(event.pointerId);
      this.#pointer = event.pointerId;
      const { left, top, width, height } = pad.getBoundingClientRect();
      this.#middle = { x: left + width / 2, y: top + height / 2 };
      this.#move(event);
    }, { signal });
    pad.addEventListener('pointermove', (event) => {
      if (event.pointerId !== this.#pointer) return;
      // Of a mouse with several buttons down, the first one that goes up is no `pointerup`.
      if (event.buttons & 1) this.#move(event);
      else this.clear();
    }, { signal });
    // Capture is lost on lifting, on cancelling, and when the element goes away.
    for (const type of ['pointerup', 'pointercancel', 'lostpointercapture']) {
      pad.addEventListener(type, (event) => {
        if (/** @type {PointerEvent} */ (event).pointerId === this.#pointer) this.clear();
      }, { signal });
    }
    pad.addEventListener('contextmenu', (event) => event.preventDefault(), { signal });
    // The keys go on driving.
    pad.addEventListener('mousedown', (event) => event.preventDefault(), { signal });
    // A phone was turned: what the finger points at is something else now.
    addEventListener('resize', () => this.#pointer !== null && this.clear(), { signal });
  }

  /** @param {Kind} kind */
  set kind(kind) {
    if (kind === this.#kind) return;
    this.#pad.classList.remove(this.#kind);
    this.#pad.classList.add(kind);
    this.#kind = kind;
    this.clear();
  }

  clear() {
    this.#pointer = null;
    this.#set(0, 0);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const reach = this.#pad.offsetWidth / 2 - this.#knob.offsetWidth / 2;
    const dx = this.#kind === 'move' ? 0 : (event.clientX - this.#middle.x) / reach;
    const dy = this.#kind === 'turn' ? 0 : (event.clientY - this.#middle.y) / reach;
    const length = Math.max(1, Math.hypot(dx, dy));
    this.#set(dx / length, dy / length);
  }

  /** @param {number} dx @param {number} dy */
  #set(dx, dy) {
    this.hands = dx || dy ? stickHands(dx, dy, this.#kind) : NEUTRAL;
    this.#pad.classList.toggle('held', this.#pointer !== null);
    this.#pad.style.setProperty('--dx', String(dx));
    this.#pad.style.setProperty('--dy', String(dy));
    this.#changed();
  }
}
