// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Which key does what, by the places of the keys (`KeyboardEvent.code`), so that the letters of a
 * keyboard do not matter. A person may change it; the browser keeps what was changed.
 */

/**
 * What keys do, with the places that they have at first.
 * @type {Readonly<Record<string, {text: string, codes: string[], motion?: number[]}>>} motion:
 *   forward, turn, sideways with Shift, up; -1 to 1
 */
export const KEY_ACTIONS = {
  forward: { text: 'forward', codes: ['KeyW', 'ArrowUp'], motion: [1, 0, 0, 0] },
  back: { text: 'back', codes: ['KeyS', 'ArrowDown'], motion: [-1, 0, 0, 0] },
  left: { text: 'turn left, with Shift sideways', codes: ['KeyA', 'ArrowLeft'],
    motion: [0, 1, 1, 0] },
  right: { text: 'turn right, with Shift sideways', codes: ['KeyD', 'ArrowRight'],
    motion: [0, -1, -1, 0] },
  up: { text: 'up, on robots that can', codes: ['KeyT', 'PageUp'], motion: [0, 0, 0, 1] },
  down: { text: 'down, on robots that can', codes: ['KeyB', 'PageDown'], motion: [0, 0, 0, -1] },
  stop: { text: 'stop', codes: ['Space', 'KeyK'] },
  faster: { text: 'faster', codes: ['KeyQ', 'NumpadAdd'] },
  slower: { text: 'slower', codes: ['KeyZ', 'NumpadSubtract'] },
  hold: { text: 'hold to drive, where that is chosen', codes: ['KeyF', 'Enter'] },
  talk: { text: 'talk, as long as it is held', codes: ['KeyV'] },
};
/** The other movement keys of teleop_twist_keyboard; a key that is assigned is no longer one.
 * @type {Readonly<Record<string, number[]>>} */
export const TWIST_KEYS = { KeyU: [1, 1, 1, 0], KeyI: [1, 0, 0, 0], KeyO: [1, -1, -1, 0],
  KeyJ: [0, 1, 1, 0], KeyL: [0, -1, -1, 0],
  KeyM: [-1, -1, 1, 0], Comma: [-1, 0, 0, 0], Period: [-1, 1, -1, 0] };

/** Places that cannot be assigned, and why. */
const RESERVED = [
  [/^(Escape|Backspace)$/, 'is the emergency stop'],
  [/^Tab$/, 'moves the focus'],
  [/^(Shift|Control|Alt|Meta|OS|Fn|CapsLock|NumLock|ScrollLock|Context)/, 'belongs to other keys'],
  [/^(F\d+|Print|Pause|Browser|Audio|Media|Launch|Power|Sleep|WakeUp|Unidentified|$)/,
    'belongs to the browser or the system'],
];
// Key of localStorage.
const KEY = 'rtc_bridge.keys';
const MAX_CODE_LENGTH = 32;
const MAX_CODES = 4;
const SIGNS = /** @type {Record<string, string>} */ ({ ArrowUp: '↑', ArrowDown: '↓',
  ArrowLeft: '←', ArrowRight: '→', Comma: ',', Period: '.', Minus: '-', Equal: '=', Slash: '/',
  Backslash: '\\', Semicolon: ';', Quote: '\'', Backquote: '`', BracketLeft: '[',
  BracketRight: ']', PageUp: 'Page Up', PageDown: 'Page Down', NumpadAdd: 'Numpad +',
  NumpadSubtract: 'Numpad −', Escape: 'Esc' });

/** Return how people call the key at a place, on a US keyboard. @param {string} code */
export const keyName = (code) => SIGNS[code]
  ?? code.replace(/^(Key|Digit)/, '').replace(/^Numpad(?=.)/, 'Numpad ');

/** Why a key cannot be assigned; '' if it can. @param {string} code */
function reservedText(code) {
  const [, why] = RESERVED.find(([places]) => /** @type {RegExp} */ (places).test(code)) ?? [];
  return why ? `${keyName(code) || 'This key'} ${why}.` : '';
}

/** Event `change` when a key got another meaning. */
export class KeyAssignment extends EventTarget {
  /** Actions with other keys than at first. @type {Record<string, string[]>} */
  #changed = {};
  #storage;

  /** @param {Pick<Storage, 'getItem' | 'setItem'> | null} storage */
  constructor(storage = null) {
    super();
    this.#storage = storage;
    try {
      this.#changed = readKeys(JSON.parse(storage?.getItem(KEY) ?? 'null'));
    } catch {
      // Storage is forbidden, or has another program's text.
    }
  }

  get isChanged() {
    return Object.keys(this.#changed).length > 0;
  }

  /** The places of the keys of an action. @param {string} action @returns {string[]} */
  codes(action) {
    return this.#changed[action] ?? KEY_ACTIONS[action]?.codes ?? [];
  }

  /** The names of the keys of an action. @param {string} action */
  names(action) {
    return this.codes(action).map(keyName);
  }

  /** What the key at a place does; undefined: nothing that can be assigned.
   * @param {string} code @returns {string | undefined} */
  actionOf(code) {
    return Object.keys(KEY_ACTIONS).find((action) => this.codes(action).includes(code));
  }

  /** Motion of a key; undefined: it does not drive. @param {string} code
   * @returns {readonly number[] | undefined} */
  motionOf(code) {
    const action = this.actionOf(code);
    if (action !== undefined) return KEY_ACTIONS[action].motion;
    return Object.hasOwn(TWIST_KEYS, code) ? TWIST_KEYS[code] : undefined;
  }

  /**
   * Let one key do something, in place of those that did it before.
   * @param {string} action
   * @param {string} code
   * @returns {string} why that is refused; '' if it was done
   */
  assign(action, code) {
    const other = this.actionOf(code);
    const refused = reservedText(code) || (other && other !== action
      ? `${keyName(code)} is for “${KEY_ACTIONS[other].text}”. Choose another key, or give that one `
        + 'another key first.' : '');
    if (refused) return refused;
    this.#changed = { ...this.#changed, [action]: [code] };
    this.#store();
    return '';
  }

  /** Give all keys the meaning that they have at first. */
  reset() {
    this.#changed = {};
    this.#store();
  }

  #store() {
    try {
      this.#storage?.setItem(KEY, JSON.stringify(this.#changed));
    } catch {
      // Storage is full or forbidden: the keys hold until the page is left.
    }
    this.dispatchEvent(new Event('change'));
  }
}

/** Return what is good of stored keys. @param {any} stored @returns {Record<string, string[]>} */
function readKeys(stored) {
  /** @type {Record<string, string[]>} */
  const keys = {};
  const taken = new Set();
  for (const action of Object.keys(KEY_ACTIONS)) {
    const codes = stored?.[action];
    if (!Array.isArray(codes) || !codes.length || codes.length > MAX_CODES) continue;
    if (codes.every((code) => typeof code === 'string' && code.length <= MAX_CODE_LENGTH
      && !reservedText(code) && !taken.has(code))) {
      keys[action] = codes;
      codes.forEach((code) => taken.add(code));
    }
  }
  // Who has given V another meaning, before it was for talking, keeps all keys.
  if (!keys.talk && taken.has(KEY_ACTIONS.talk.codes[0])) keys.talk = [];
  // A key with two meanings would do neither what a person expects nor what the list says.
  const conflict = Object.keys(KEY_ACTIONS).some((action) => !keys[action]
    && KEY_ACTIONS[action].codes.some((code) => taken.has(code)));
  return conflict ? {} : keys;
}
