// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The part of the dialog with the gamepads: which there are, and what their controls mean. */

import { make } from './dom.js';
import { isStandard, padName } from './gamepad.js';
import { Assignment, stepsFor } from './gamepad_assignment.js';
import { restingLayout } from './gamepad_layout.js';

/**
 * @typedef {import('./gamepad_layout.js').Layout} Layout
 *
 * @typedef {object} PadParts
 * @property {import('./gamepad.js').Gamepads} pads
 * @property {import('./gamepad_layout.js').Layouts} layouts
 * @property {() => {flies: boolean, enable: number, stop: number}} wanted as `stepsFor` takes it
 */

const LOOK_PERIOD_MS = 40;
const AXES = ['Turn (left stick, sideways)', 'Forward and back', 'Second stick, sideways',
  'Up and down'];

const list = () => [...(globalThis.navigator?.getGamepads?.() ?? [])].filter(
  (pad) => pad?.connected);

/** @param {Gamepad} pad */
const stateOf = ({ axes, buttons }) => ({ axes: [...axes],
  buttons: buttons.map(({ value, pressed }) => (pressed ? Math.max(1, value) : value)) });

class PadOptions {
  root = make('div');
  #parts;
  /** The gamepad that is being assigned; there may be two of one kind.
   * @type {{id: string, index: number, assignment: Assignment} | null} */
  #running = null;
  #shown = '';

  /** @param {PadParts} parts @param {AbortSignal} closed */
  constructor(parts, closed) {
    this.#parts = parts;
    this.root.className = 'pads';
    const timer = setInterval(() => this.#look(), LOOK_PERIOD_MS);
    closed.addEventListener('abort', () => clearInterval(timer));
    this.#look();
  }

  #look() {
    const pads = list();
    const running = this.#running;
    const pad = pads.find((one) => one?.id === running?.id && one?.index === running?.index);
    if (running && !pad) this.#running = null;
    if (running && pad) {
      running.assignment.take(stateOf(pad));
      if (running.assignment.done) {
        this.#parts.layouts.set(running.id, running.assignment.layout);
        this.#running = null;
      }
    }
    this.#show(pads.flatMap((one) => (one ? [one] : [])));
  }

  /** @param {Gamepad[]} pads */
  #show(pads) {
    const { layouts } = this.#parts;
    const facts = JSON.stringify([pads.map((pad) => [pad.id, pad.index, isStandard(pad), layouts.get(pad.id),
      this.#parts.pads.isCurrent(pad)]), this.#running?.id, this.#running?.index,
      this.#running?.assignment.text]);
    // Replaced buttons would lose the focus, and a press that has begun.
    if (facts === this.#shown) return;
    this.#shown = facts;
    if (!pads.length) {
      this.root.replaceChildren(make('p', globalThis.isSecureContext === false
        ? 'Browsers give gamepads only to pages by https. This page is by http.'
        : 'No gamepad is there. Connect one, and press one of its buttons.'));
      return;
    }
    this.root.replaceChildren(...pads.map((pad) => this.#padBox(pad)));
  }

  /** @param {Gamepad} pad */
  #padBox(pad) {
    const { layouts, pads } = this.#parts;
    const layout = layouts.get(pad.id);
    const known = layout ? layout.buttons ? 'assigned by hand' : 'with its own rest position'
      : isStandard(pad) ? 'standard layout' : 'layout not known: it does not drive';
    const box = make('div', [make('p', `${padName(pad.id)}: ${known}`
      + `${pads.isCurrent(pad) ? '; this one drives' : ''}.`)]);
    const running = this.#running;
    if (running?.id === pad.id && running.index === pad.index) {
      const text = make('p', running.assignment.text);
      text.className = 'step';
      text.setAttribute('role', 'status');
      box.append(text, this.#button('Cancel', () => { this.#running = null; }));
      if (running.assignment.isOptional) {
        box.append(this.#button('Leave out', () => running.assignment.skip()));
      }
      return box;
    }
    if (layout) box.append(...this.#inversions(pad.id, layout));
    box.append(this.#button('Assign by hand', () => {
      // Nothing is touched now: the hand is at the mouse, or at the screen.
      this.#running = { id: pad.id, index: pad.index,
        assignment: new Assignment(stateOf(this.#newest(pad)), stepsFor(this.#parts.wanted())) };
    }));
    if (isStandard(pad) || layout) {
      box.append(this.#button('Take over the rest position', () => this.#takeRest(pad)));
    }
    if (layout) {
      box.append(this.#button('Forget this', () => layouts.set(pad.id, null)));
    }
    return box;
  }

  /** @param {Gamepad} pad */
  #takeRest(pad) {
    const { axes } = this.#newest(pad);
    const before = this.#parts.layouts.get(pad.id);
    const at = restingLayout([...axes]);
    this.#parts.layouts.set(pad.id, before ? { ...before, axes: before.axes.map((use) => use && ({
      ...use, rest: Math.max(-1, Math.min(1, axes[use.axis] ?? 0)) })) } : at);
  }

  /** @param {string} id @param {Layout} layout */
  #inversions(id, layout) {
    return layout.axes.flatMap((use, n) => {
      if (!use) return [];
      const box = make('input');
      box.type = 'checkbox';
      box.checked = use.sign < 0;
      box.addEventListener('change', () => {
        const sign = /** @type {1 | -1} */ (box.checked ? -1 : 1);
        this.#parts.layouts.set(id, { ...layout,
          axes: layout.axes.map((one, i) => (one && i === n ? { ...one, sign } : one)) });
      });
      const rest = use.rest ? `, rests at ${use.rest.toFixed(2)}` : '';
      return [make('label', [make('span', `${AXES[n]}: axis ${use.axis}${rest}; inverted`), box])];
    });
  }

  /** Browsers may give a new object at each look. @param {Gamepad} pad */
  #newest(pad) {
    return list().find((one) => one?.id === pad.id && one.index === pad.index) ?? pad;
  }

  /** @param {string} text @param {() => void} action */
  #button(text, action) {
    const button = make('button', text);
    button.addEventListener('click', () => {
      action();
      this.#look();
    });
    return button;
  }
}

/**
 * Return the element of the part, which follows the gamepads until the dialog is closed.
 * @param {PadParts} parts
 * @param {AbortSignal} closed
 */
export const padOptions = (parts, closed) => new PadOptions(parts, closed).root;
