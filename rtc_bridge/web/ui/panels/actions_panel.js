// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The services of the robot that a driver may call: a list over the picture, which can be shut. */

import { box, make } from '../dom.js';
import { makeForm } from './action_form.js';
import { makeIcon } from './action_icons.js';
import { question, readActions, switchState } from './action_list.js';

// `actions.timeout` is 60 s at most: after this time the answer was lost, ms.
const ANSWER_TIMEOUT_MS = 70_000;
// A question that is not answered goes away: a late press would answer what nobody thinks of, ms.
const QUESTION_MS = 10_000;
// So long a question is not answered yet: a double click on the button before would do it, ms.
const DOUBLE_CLICK_MS = 300;
// Characters that a robot takes to say.
const MAX_TEXT_LENGTH = 500;
const AWAY = 'Not connected: actions wait until the robot is back.';

/**
 * @typedef {import('./action_list.js').Action} Action
 * @typedef {{value?: boolean, text?: string, arguments?: Record<string, any>}} Values of a call
 *
 * @typedef {object} Row
 * @property {HTMLElement} element
 * @property {Action} action
 * @property {HTMLElement} controls
 * @property {HTMLElement} state whether a switch is on
 * @property {HTMLElement} result
 * @property {HTMLButtonElement[]} buttons
 */

export class ActionsPanel {
  #section;
  #list = make('div');
  #open = make('button', [make('span', 'Actions')]);
  #away = make('p', AWAY);
  #connection;
  #listed = '';
  #requests = 0;
  #up = true;
  /** Calls without a result, by request.
   * @type {Map<number, {name: string, value: boolean | undefined, timer: any}>} */
  #waiting = new Map();
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** States of switches that the robot tells. @type {Record<string, boolean | null>} */
  #states = {};
  /** Those that follow from calls. @type {Map<string, boolean>} */
  #assumed = new Map();

  /**
   * @param {import('../../client/robot_connection.js').RobotConnection} connection
   * @param {import('../../client/driving/teleop.js').Teleop} teleop
   * @param {import('../settings.js').Settings} settings
   * @param {HTMLElement} stage has the focus while the keys drive
   */
  constructor(connection, teleop, settings, stage) {
    this.#connection = connection;
    this.#list.id = 'actions';
    this.#open.id = 'actionsopen';
    this.#open.type = 'button';
    this.#open.prepend(...[makeIcon('actions')].filter((icon) => icon !== null));
    this.#open.setAttribute('aria-controls', 'actions');
    this.#away.setAttribute('role', 'status');
    this.#section = make('section', [this.#open, this.#list]);
    this.#section.id = 'actionsbar';
    this.#section.setAttribute('aria-label', 'Actions');
    this.#section.hidden = true;
    box('cameras').after(this.#section);
    this.#open.addEventListener('click', () => settings.set('actions', !settings.get('actions')));
    settings.addEventListener('change', () => this.#arrange(settings.get('actions')));
    this.#arrange(settings.get('actions'));
    this.#keepDriving(stage);
    connection.handle({
      hello: ({ actions }) => {
        for (const request of [...this.#waiting.keys()]) {
          this.#settle(request, false, 'The connection broke. Whether it was done is not known.');
        }
        this.#states = {};
        this.#assumed.clear();
        this.#onActions(actions);
        this.#show();
      },
      actions: ({ actions }) => this.#onActions(actions),
      action_states: ({ states }) => this.#onStates(states),
      result: (message) => this.#onResult(message),
    });
    for (const source of [connection, teleop]) {
      source.addEventListener('change', () => this.#onReachable(teleop.connected));
    }
    this.#onReachable(teleop.connected);
  }

  /** A press here takes no focus from the picture: the keys go on driving. @param {HTMLElement} stage */
  #keepDriving(stage) {
    const drives = () => document.activeElement === stage;
    this.#section.addEventListener('mousedown', (event) => {
      const { target } = event;
      if (drives() && target instanceof Element && target.closest('button')) event.preventDefault();
    });
    this.#section.addEventListener('click', (event) => drives() && event.stopPropagation());
  }

  /** @param {boolean} open */
  #arrange(open) {
    this.#list.hidden = !open;
    this.#open.setAttribute('aria-expanded', String(open));
  }

  /** @param {unknown} list the services that the robot has now */
  #onActions(list) {
    const actions = readActions(list);
    this.#section.hidden = !actions.length;
    if (JSON.stringify(actions) === this.#listed) return;
    this.#listed = JSON.stringify(actions);
    const before = this.#rows;
    this.#rows = new Map(actions.map((action) => {
      const old = before.get(action.name);
      // A form that somebody fills in, and the result of a call, stay as long as their action.
      return [action.name, old && JSON.stringify(old.action) === JSON.stringify(action) ? old
        : this.#row(action, old?.result)];
    }));
    this.#list.replaceChildren(this.#away, ...[...this.#rows.values()].map(({ element }) => element));
    this.#show();
  }

  /** @param {unknown} states whether switches are on, by name */
  #onStates(states) {
    this.#states = states && typeof states === 'object' ? { ...states } : {};
    this.#show();
  }

  /** @param {Action} action @param {HTMLElement} result @returns {Row} */
  #row(action, result = make('span')) {
    result.setAttribute('role', 'status');
    result.classList.add('result');
    const [controls, state] = [make('div'), make('span')];
    controls.className = 'controls';
    state.className = 'state';
    const element = make('div', [controls, result]);
    element.className = 'group';
    const row = { element, action, controls, state, result,
      buttons: /** @type {HTMLButtonElement[]} */ ([]) };
    this.#fill(row);
    return row;
  }

  /** Put the usual controls into a row. @param {Row} row */
  #fill(row) {
    const { action, controls, state } = row;
    const { kind, label, reason, fields } = action;
    row.buttons = [];
    controls.replaceChildren();
    controls.removeAttribute('role');
    if (!kind) {
      const words = make('p', [make('strong', label), make('span', ` ✗ ${reason}`)]);
      words.className = 'missing';
      controls.append(words);
    } else if (kind === 'set_bool') {
      const name = make('span', [make('span', label), state]);
      name.className = 'name';
      controls.setAttribute('role', 'group');
      controls.setAttribute('aria-label', label);
      controls.append(...this.#icon(action), name, ...[true, false].map((value) => {
        const button = this.#button(row, value ? 'on' : 'off', () => this.#ask(row, { value }));
        button.setAttribute('aria-label', `${label} ${value ? 'on' : 'off'}`);
        return button;
      }));
    } else if (kind === 'text') {
      controls.append(this.#textForm(row));
    } else if (kind === 'form' && fields.length) {
      controls.append(...this.#formParts(row));
    } else {
      const button = this.#button(row, label, () => this.#ask(row,
        kind === 'form' ? { arguments: {} } : {}));
      button.prepend(...this.#icon(action));
      controls.append(button);
    }
  }

  /** @param {Action} action */
  #icon({ icon }) {
    const made = makeIcon(icon);
    return made ? [made] : [];
  }

  /** @param {Row} row @param {string} text @param {(event: MouseEvent) => void} act */
  #button(row, text, act) {
    const button = make('button', [make('span', text)]);
    button.type = 'button';
    button.addEventListener('click', act);
    row.buttons.push(button);
    return button;
  }

  /** @param {Row} row */
  #textForm(row) {
    const { label } = row.action;
    const input = make('input');
    const button = make('button', label);
    const form = make('form', [input, button]);
    form.className = 'say';
    Object.assign(input, { maxLength: MAX_TEXT_LENGTH, required: true });
    input.setAttribute('aria-label', `Text to ${label}`);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      // A text that is not sent after all stays.
      this.#ask(row, { text: input.value }, () => { input.value = ''; });
    });
    row.buttons.push(button);
    return form;
  }

  /** @param {Row} row */
  #formParts(row) {
    const { action } = row;
    const form = makeForm(action.fields, 'Send', (values) => this.#ask(row, { arguments: values }));
    form.hidden = true;
    row.buttons.push(/** @type {HTMLButtonElement} */ (form.lastElementChild));
    const open = make('button', [...this.#icon(action), make('span', `${action.label}…`)]);
    open.type = 'button';
    open.setAttribute('aria-expanded', 'false');
    open.addEventListener('click', () => {
      form.hidden = !form.hidden;
      open.setAttribute('aria-expanded', String(!form.hidden));
    });
    return [open, form];
  }

  /**
   * Call a service, or ask first.
   * @param {Row} row
   * @param {Values} values
   * @param {() => void} [onCalled]
   */
  #ask(row, values, onCalled) {
    const { action, controls } = row;
    const call = () => {
      this.#call(action.name, values);
      onCalled?.();
    };
    if (!action.confirm) {
      call();
      return;
    }
    const usual = [...controls.children];
    const { buttons } = row;
    const asked = performance.now();
    const end = () => {
      clearTimeout(timer);
      row.buttons = buttons;
      controls.replaceChildren(...usual);
      this.#show();
    };
    const timer = setTimeout(end, QUESTION_MS);
    row.buttons = [];
    const text = make('span', question(action, values.value ?? values.text));
    text.className = 'name';
    text.setAttribute('role', 'alert');
    const yes = this.#button(row, 'Yes', ({ detail }) => {
      if (detail > 1 || performance.now() - asked < DOUBLE_CLICK_MS) return;
      end();
      call();
    });
    const no = Object.assign(make('button', 'No'), { type: 'button' });
    no.addEventListener('click', end);
    const byKeyboard = controls.contains(document.activeElement);
    yes.classList.add('main');
    controls.replaceChildren(text, yes, no);
    if (byKeyboard) no.focus();
    this.#show();
  }

  /** @param {string} name @param {Values} values */
  #call(name, values) {
    this.#requests += 1;
    const request = this.#requests;
    const timer = setTimeout(() => this.#settle(request, false,
      'No answer. Whether it was done is not known.'), ANSWER_TIMEOUT_MS);
    this.#waiting.set(request, { name, value: values.value, timer });
    this.#write(name, '', '…');
    this.#show();
    this.#connection.session?.sendControl({ type: 'call', request, name, ...values });
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
    if (success && call.value !== undefined) this.#assumed.set(call.name, call.value);
    this.#write(call.name, success ? 'good' : 'bad', `${success ? '✓' : '✗'} ${text}`);
    this.#show();
  }

  /** @param {string} name @param {string} tone @param {string} text */
  #write(name, tone, text) {
    const result = this.#rows.get(name)?.result;
    if (!result) return;
    result.className = `result ${tone}`;
    result.textContent = text;
  }

  /** The robot can be called. @param {boolean} up */
  #onReachable(up) {
    if (up === this.#up) return;
    this.#up = up;
    this.#show();
  }

  /** Show states, and enable the buttons of all services but those that are being called. */
  #show() {
    this.#away.hidden = this.#up;
    const busy = new Set([...this.#waiting.values()].map(({ name }) => name));
    for (const [name, { action, buttons, state }] of this.#rows) {
      for (const button of buttons) button.disabled = !this.#up || busy.has(name);
      if (action.kind === 'set_bool' && buttons.length === 2) {
        const told = Object.hasOwn(this.#states, name) ? this.#states[name] : null;
        const { on, text } = switchState(told, this.#assumed.get(name), action.hasState);
        if (state.textContent !== text) state.textContent = text;
        buttons[0].setAttribute('aria-pressed', String(on === true));
        buttons[1].setAttribute('aria-pressed', String(on === false));
      }
    }
  }
}
