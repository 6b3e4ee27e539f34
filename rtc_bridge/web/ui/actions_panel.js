// @ts-check
/** Buttons for services of the robot, and what came of them. */

import { make } from './stats_panel.js';

// The robot gives an answer in any case, after its own time; then the connection is the reason.
const PATIENCE = 70000;

/** @typedef {{name: string, kind: string}} Action */

/** @param {unknown} list as in `hello` @returns {Action[]} */
export function readActions(list) {
  return Array.isArray(list) ? list.filter((one) => typeof one?.name === 'string'
    && (one.kind === 'trigger' || one.kind === 'set_bool')) : [];
}

/** Shows the buttons in an element. */
export class Actions {
  #box;
  #rows = make('div');
  #send;
  #listed = '';
  #requests = 0;
  #up = true;
  /** What is on its way, by request. @type {Map<number, {name: string, timer: any}>} */
  #waiting = new Map();
  /** Elements by name. @type {Map<string, {buttons: HTMLButtonElement[], result: HTMLElement}>} */
  #parts = new Map();

  /**
   * @param {HTMLElement} box
   * @param {(message: object) => void} send
   */
  constructor(box, send) {
    this.#box = box;
    this.#send = send;
    box.append(make('h2', 'Actions'), this.#rows);
  }

  /** Begin anew, as of another session. @param {unknown} list */
  begin(list) {
    for (const request of [...this.#waiting.keys()]) {
      this.#settle(request, false, 'The connection broke; whether it was done is not known.');
    }
    this.onActions(list);
  }

  /** @param {unknown} list the services that are there now */
  onActions(list) {
    const actions = readActions(list);
    this.#box.hidden = !actions.length;
    // Results stay as long as their buttons.
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

  /** @param {string} name @param {unknown} value */
  #call(name, value) {
    this.#requests += 1;
    const request = this.#requests;
    const timer = setTimeout(() => this.#settle(request, false, 'No answer.'), PATIENCE);
    this.#waiting.set(request, { name, timer });
    this.#write(name, '', '…');
    this.#enable();
    this.#send({ type: 'call', request, name, ...(value !== undefined && { value }) });
  }

  /** @param {Record<string, any>} message `result` */
  onResult({ request, success, message }) {
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

  /** Whether there is a way to the robot. @param {boolean} up */
  set reachable(up) {
    if (up === this.#up) return;
    this.#up = up;
    this.#enable();
  }

  /** One call of each at a time. */
  #enable() {
    const busy = new Set([...this.#waiting.values()].map(({ name }) => name));
    for (const [name, { buttons }] of this.#parts) {
      for (const button of buttons) button.disabled = !this.#up || busy.has(name);
    }
  }
}
