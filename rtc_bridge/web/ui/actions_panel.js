// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Buttons that call services of the robot, and the results. */

import { make } from './dom.js';

// `actions.timeout` is 60 s at most: after this time the answer was lost, ms.
const ANSWER_TIMEOUT_MS = 70_000;

// Characters that a robot takes to say.
const MAX_TEXT_LENGTH = 500;

/** @typedef {{name: string, kind: string}} Action */

/**
 * Return what can be shown of a robot's list.
 * @param {unknown} list as in `hello`
 * @returns {Action[]}
 */
export function readActions(list) {
  return Array.isArray(list) ? list.filter((one) => typeof one?.name === 'string'
    && /^(trigger|set_bool|text)$/.test(one.kind)) : [];
}

export class ActionsPanel {
  #box;
  #rows = make('div');
  #connection;
  #listed = '';
  #requests = 0;
  #up = true;
  /** Calls without a result, by request. @type {Map<number, {name: string, timer: any}>} */
  #waiting = new Map();
  /** Elements by name. @type {Map<string, {buttons: HTMLButtonElement[], result: HTMLElement}>} */
  #parts = new Map();

  /**
   * @param {import('../client/robot_connection.js').RobotConnection} connection
   * @param {import('../client/teleop.js').Teleop} teleop
   * @param {HTMLElement} box
   */
  constructor(connection, teleop, box) {
    this.#box = box;
    this.#connection = connection;
    box.append(make('h2', 'Actions'), this.#rows);
    connection.handle({
      hello: ({ actions }) => {
        for (const request of [...this.#waiting.keys()]) {
          this.#settle(request, false, 'The connection broke. Whether it was done is not known.');
        }
        this.#onActions(actions);
      },
      actions: ({ actions }) => this.#onActions(actions),
      result: (message) => this.#onResult(message),
    });
    for (const source of [connection, teleop]) {
      source.addEventListener('change', () => this.#onReachable(teleop.connected));
    }
    this.#onReachable(teleop.connected);
  }

  /** @param {unknown} list the services that the robot has now */
  #onActions(list) {
    const actions = readActions(list);
    this.#box.hidden = !actions.length;
    // The result of a call stays as long as its button.
    if (JSON.stringify(actions) === this.#listed) return;
    this.#listed = JSON.stringify(actions);
    const before = this.#parts;
    this.#parts = new Map();
    this.#rows.replaceChildren(...actions.map((action) => this.#row(action,
      before.get(action.name)?.result)));
    this.#enable();
  }

  /** @param {Action} action @param {HTMLElement} result */
  #row({ name, kind }, result = make('span')) {
    const row = make('div');
    row.className = 'group';
    if (kind === 'text') return this.#textRow(row, name, result);
    const choices = kind === 'trigger' ? [[name, undefined]] : [['on', true], ['off', false]];
    if (kind === 'set_bool') row.append(make('span', name));
    const buttons = choices.map(([text, value]) => {
      const button = make('button', String(text));
      button.type = 'button';
      if (kind === 'set_bool') button.setAttribute('aria-label', `${name} ${text}`);
      button.addEventListener('click', () => this.#call(name, value));
      return button;
    });
    result.setAttribute('role', 'status');
    row.append(...buttons, result);
    this.#parts.set(name, { buttons, result });
    return row;
  }

  /** @param {HTMLElement} row @param {string} name @param {HTMLElement} result */
  #textRow(row, name, result) {
    const form = make('form');
    const input = make('input');
    const button = make('button', name);
    Object.assign(input, { maxLength: MAX_TEXT_LENGTH, required: true });
    input.setAttribute('aria-label', `Text to ${name}`);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#call(name, undefined, input.value);
      input.value = '';
    });
    form.append(input, button);
    result.setAttribute('role', 'status');
    row.append(form, result);
    this.#parts.set(name, { buttons: [button], result });
    return row;
  }

  /** @param {string} name @param {unknown} value @param {string} [text] */
  #call(name, value, text) {
    this.#requests += 1;
    const request = this.#requests;
    const timer = setTimeout(() => this.#settle(request, false, 'No answer.'), ANSWER_TIMEOUT_MS);
    this.#waiting.set(request, { name, timer });
    this.#write(name, '', '…');
    this.#enable();
    this.#connection.session?.sendControl(
      { type: 'call', request, name, ...(value !== undefined && { value }),
        ...(text !== undefined && { text }) });
  }

  /** @param {Record<string, any>} message `result` */
  #onResult({ request, success, message }) {
    const text = String(message ?? '');
    this.#settle(request, success === true, text || (success === true ? 'Done.' : 'Failed.'));
  }

  /** @param {number} request @param {boolean} success @param {string} text */
  #settle(request, success, text) {
    const call = this.#waiting.get(request);
    if (!call) return;
    clearTimeout(call.timer);
    this.#waiting.delete(request);
    this.#write(call.name, success ? 'good' : 'bad', `${success ? '✓' : '✗'} ${text}`);
    this.#enable();
  }

  /** @param {string} name @param {string} tone @param {string} text */
  #write(name, tone, text) {
    const result = this.#parts.get(name)?.result;
    if (!result) return;
    result.className = tone;
    result.textContent = text;
  }

  /** The robot can be called. @param {boolean} up */
  #onReachable(up) {
    if (up === this.#up) return;
    this.#up = up;
    this.#enable();
  }

  /** Enable the buttons of all services but those that are being called. */
  #enable() {
    const busy = new Set([...this.#waiting.values()].map(({ name }) => name));
    for (const [name, { buttons }] of this.#parts) {
      for (const button of buttons) button.disabled = !this.#up || busy.has(name);
    }
  }
}
