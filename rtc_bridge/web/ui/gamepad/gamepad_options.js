// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The part of the dialog with the gamepads: which there are, and what their controls mean. */

import { make } from '../dom.js';
import { checkbox, labelled } from '../page/form_parts.js';
import { isStandard, keyOf, listGamepads, padName } from './gamepad.js';
import { Assignment, stepsFor } from './gamepad_assignment.js';
import { buttonOptions } from './gamepad_button_options.js';
import { standardLayout } from './gamepad_layout.js';
import { LiveView } from './gamepad_live.js';
import { middle, RestMeasurement, zoneFor } from './gamepad_rest.js';

/**
 * @typedef {import('./gamepad_layout.js').Layout} Layout
 *
 * @typedef {object} PadParts
 * @property {import('./gamepad_input.js').GamepadInput} input
 * @property {import('../settings.js').Settings} settings
 * @property {boolean} flies the robot moves up and down
 *
 * @typedef {object} Running what a person is doing with one gamepad; there may be two of one kind
 * @property {string} id
 * @property {number} index
 * @property {Assignment} [assignment]
 * @property {RestMeasurement} [rest]
 */

const LOOK_PERIOD_MS = 40;
const AXES = ['Turn (left stick, sideways)', 'Forward and back', 'Second stick, sideways',
  'Up and down'];

const list = () => listGamepads().filter((pad) => pad?.connected);

/** @param {Gamepad} pad */
const stateOf = ({ axes, buttons }) => ({ axes: [...axes],
  buttons: buttons.map(({ value, pressed }) => (pressed ? Math.max(1, value) : value)) });

/** @param {Layout | null} layout @param {Gamepad} pad */
function layoutText(layout, pad) {
  if (layout?.buttons) return 'assigned by hand';
  if (layout?.axes.some((use) => use?.rest)) return 'with its own rest position';
  if (isStandard(pad)) return layout ? 'standard layout, changed' : 'standard layout';
  return 'layout not known: it does not drive';
}

class PadOptions {
  root = make('div');
  #parts;
  #layouts;
  /** @type {Running | null} */
  #running = null;
  #shown = '';
  /** @type {Map<string, LiveView>} */
  #live = new Map();

  /** @param {PadParts} parts @param {AbortSignal} closed */
  constructor(parts, closed) {
    this.#parts = parts;
    this.#layouts = parts.input.layouts;
    this.root.className = 'pads';
    const timer = setInterval(() => this.#look(), LOOK_PERIOD_MS);
    closed.addEventListener('abort', () => clearInterval(timer));
    this.#look();
  }

  #look() {
    const pads = list().flatMap((one) => (one ? [one] : []));
    const running = this.#running;
    const pad = running && pads.find((one) => keyOf(one) === keyOf(running));
    if (running && !pad) this.#running = null;
    if (running && pad) this.#goOn(running, pad);
    for (const one of pads) this.#live.get(keyOf(one))?.show(one);
    this.#show(pads);
  }

  /** @param {Running} running @param {Gamepad} pad */
  #goOn({ id, assignment, rest }, pad) {
    if (assignment) {
      assignment.take(stateOf(pad));
      if (!assignment.done) return;
      const { curve } = this.#layouts.get(id) ?? {};
      this.#layouts.set(id, { ...assignment.layout, ...(curve !== undefined && { curve }) });
    } else if (rest) {
      rest.take(pad.axes);
      if (!rest.done) return;
      const { ranges } = rest;
      const before = this.#layouts.get(id) ?? standardLayout();
      const sticks = before.axes.flatMap((use) => (use && ranges[use.axis] ? [ranges[use.axis]] : []));
      this.#layouts.set(id, { ...before, zone: zoneFor(sticks), axes: before.axes.map(
        (use) => use && ranges[use.axis] && ({ ...use, rest: Math.max(-1, Math.min(1,
          Math.round(middle(ranges[use.axis]) * 1000) / 1000)) })) });
    }
    this.#running = null;
  }

  /** @param {Gamepad[]} pads */
  #show(pads) {
    const running = this.#running;
    const facts = JSON.stringify([pads.map((pad) => [pad.id, pad.index, isStandard(pad),
      this.#known(pad), this.#parts.input.pads.isCurrent(pad),
      this.#live.get(keyOf(pad))?.fits(pad)]),
    running && keyOf(running), running?.assignment?.text, running?.rest?.moved]);
    // Replaced buttons would lose the focus, and a press that has begun.
    if (facts === this.#shown) return;
    this.#shown = facts;
    const focused = document.activeElement?.getAttribute('data-control');
    if (!pads.length) {
      this.root.replaceChildren(make('p', globalThis.isSecureContext === false
        ? 'Browsers give gamepads only to pages by https. This page is by http.'
        : 'No gamepad is there. Connect one, and press one of its buttons.'));
      return;
    }
    this.root.replaceChildren(...pads.map((pad) => this.#padBox(pad)));
    for (const one of this.root.querySelectorAll('button, input')) {
      if (one instanceof HTMLElement && focused && one.dataset.control === focused) one.focus();
    }
  }

  /** What decides which controls there are: not what the sliders say. @param {Gamepad} pad */
  #known(pad) {
    const layout = this.#layouts.get(pad.id);
    return layout && { axes: layout.axes, buttons: layout.buttons };
  }

  /** @param {Gamepad} pad */
  #padBox(pad) {
    const layout = this.#layouts.get(pad.id);
    const box = make('div', [make('p', `${padName(pad.id)}: ${layoutText(layout, pad)}`
      + `${this.#parts.input.pads.isCurrent(pad) ? '; this one drives' : ''}.`), this.#liveOf(pad)]);
    const running = this.#running;
    if (running && keyOf(running) === keyOf(pad)) {
      box.append(...this.#runningParts(pad, running));
      return box;
    }
    if (isStandard(pad) || layout) box.append(...this.#shape(pad, layout ?? standardLayout()));
    box.append(this.#button(pad, 'Assign by hand', () => {
      this.#running = { id: pad.id, index: pad.index, assignment: new Assignment(
        stepsFor(this.#parts.flies, this.#parts.input.buttons)) };
    }));
    if (isStandard(pad) || layout) {
      box.append(this.#button(pad, 'Take over the rest position', () => {
        this.#running = { id: pad.id, index: pad.index, rest: new RestMeasurement() };
      }));
    }
    if (layout) {
      box.append(this.#button(pad, 'Forget this', () => this.#layouts.set(pad.id, null)));
    }
    return box;
  }

  /** @param {Gamepad} pad @param {Running} running */
  #runningParts(pad, { assignment, rest }) {
    const [at, of] = assignment?.progress ?? [0, 0];
    const text = make('p', (assignment ? `${at ? `${at} of ${of}: ` : ''}${assignment.text}`
      : `${rest?.moved ? 'It has moved. ' : ''}Do not touch the gamepad for a second.`));
    text.className = 'step';
    text.setAttribute('role', 'status');
    const parts = [text, this.#button(pad, 'Cancel', () => { this.#running = null; })];
    if (assignment?.isOptional) {
      parts.push(this.#button(pad, 'Leave out', () => assignment.skip()));
    }
    if (assignment?.mayFinish) {
      parts.push(this.#button(pad, 'Leave out the rest', () => assignment.finish()));
    }
    return parts;
  }

  /** @param {Gamepad} pad */
  #liveOf(pad) {
    const known = this.#live.get(keyOf(pad));
    const live = known?.fits(pad) ? known : new LiveView(pad);
    this.#live.set(keyOf(pad), live);
    return live.root;
  }

  /** How its sticks are read. @param {Gamepad} pad @param {Layout} layout */
  #shape(pad, layout) {
    const { id } = pad;
    // What it is now: a slider beside may have been moved.
    const change = (/** @type {Partial<Layout>} */ changed) => this.#layouts.set(id, {
      ...this.#layouts.get(id) ?? layout, ...changed });
    const inversions = layout.axes.flatMap((use, n) => {
      if (!use || (n === 3 && !this.#parts.flies)) return [];
      const box = checkbox(use.sign < 0, (inverted) => {
        const sign = /** @type {1 | -1} */ (inverted ? -1 : 1);
        const { axes } = this.#layouts.get(id) ?? layout;
        change({ axes: axes.map((one, i) => (one && i === n ? { ...one, sign } : one)) });
      });
      box.dataset.control = `${keyOf(pad)} invert ${n}`;
      const rest = use.rest ? `, rests at ${use.rest.toFixed(2)}` : '';
      return [labelled(`${AXES[n]}: axis ${use.axis}${rest}; inverted`, box)];
    });
    return [...inversions,
      slider(`${keyOf(pad)} curve`, 'Gentle near the middle', [0, 1, 0.1],
        layout.curve ?? 0, (curve) => change({ curve })),
      slider(`${keyOf(pad)} zone`, 'Dead zone', [0, 0.5, 0.01],
        layout.zone ?? this.#parts.settings.get('deadZone'), (zone) => change({ zone }))];
  }

  /** @param {Gamepad} pad @param {string} text @param {() => void} action */
  #button(pad, text, action) {
    const button = make('button', text);
    button.dataset.control = `${keyOf(pad)} ${text}`;
    button.addEventListener('click', () => {
      action();
      this.#look();
    });
    return button;
  }
}

/**
 * @param {string} control its name on the page
 * @param {string} text
 * @param {[number, number, number]} range lowest, highest, step
 * @param {number} value
 * @param {(value: number) => void} onChange
 */
function slider(control, text, [min, max, step], value, onChange) {
  const input = make('input');
  Object.assign(input, { type: 'range', min, max, step, value });
  input.dataset.control = control;
  const shown = make('span', `${Math.round(value * 100)} %`);
  input.addEventListener('input', () => {
    shown.textContent = `${Math.round(input.valueAsNumber * 100)} %`;
  });
  input.addEventListener('change', () => onChange(input.valueAsNumber));
  return make('label', [make('span', [`${text}: `, shown].map(
    (one) => (typeof one === 'string' ? document.createTextNode(one) : one))), input]);
}

/**
 * Return the elements of the part, which follow the gamepads until the dialog is closed.
 * @param {PadParts} parts
 * @param {AbortSignal} closed
 * @returns {HTMLElement[]}
 */
export const padOptions = (parts, closed) => [new PadOptions(parts, closed).root,
  ...buttonOptions(parts.settings)];
