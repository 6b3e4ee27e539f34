// @ts-check
/** The on-screen stick, for fingers, pens and the mouse. */

import { NEUTRAL } from './drive.js';
import { deadZone } from './gamepad.js';

/** @typedef {import('./drive.js').Hands} Hands */

/**
 * Return what a stick pushed by (dx, dy) of its reach means; the screen's y points down.
 * @param {number} dx
 * @param {number} dy
 * @returns {Hands}
 */
export function stickHands(dx, dy) {
  const [right, down] = deadZone(dx, dy);
  return { x: -down + 0, y: 0, turn: -right + 0 };
}

export class Stick {
  /** @type {Hands} */
  hands = NEUTRAL;
  #pad;
  #knob;
  #changed;
  /** @type {number | null} */
  #pointer = null;

  /**
   * @param {HTMLElement} pad
   * @param {HTMLElement} knob
   * @param {() => void} changed
   * @param {AbortSignal} signal
   */
  constructor(pad, knob, changed, signal) {
    this.#pad = pad;
    this.#knob = knob;
    this.#changed = changed;
    pad.addEventListener('pointerdown', (event) => {
      if (this.#pointer !== null || event.button !== 0) return;
      this.#pointer = event.pointerId;
      pad.setPointerCapture(event.pointerId);
      this.#move(event);
    }, { signal });
    pad.addEventListener('pointermove', (event) => {
      if (event.pointerId === this.#pointer) this.#move(event);
    }, { signal });
    // Capture is lost on lifting, on cancelling, and when the element goes away.
    for (const type of ['pointerup', 'pointercancel', 'lostpointercapture']) {
      pad.addEventListener(type, (event) => {
        if (/** @type {PointerEvent} */ (event).pointerId === this.#pointer) this.clear();
      }, { signal });
    }
    pad.addEventListener('contextmenu', (event) => event.preventDefault(), { signal });
  }

  clear() {
    this.#pointer = null;
    this.#set(0, 0);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const box = this.#pad.getBoundingClientRect();
    const reach = box.width / 2 - this.#knob.offsetWidth / 2;
    const dx = (event.clientX - box.left - box.width / 2) / reach;
    const dy = (event.clientY - box.top - box.height / 2) / reach;
    const length = Math.max(1, Math.hypot(dx, dy));
    this.#set(dx / length, dy / length);
  }

  /** @param {number} dx @param {number} dy */
  #set(dx, dy) {
    this.hands = dx || dy ? stickHands(dx, dy) : NEUTRAL;
    this.#pad.classList.toggle('held', this.#pointer !== null);
    this.#pad.style.setProperty('--dx', String(dx));
    this.#pad.style.setProperty('--dy', String(dy));
    this.#changed();
  }
}
