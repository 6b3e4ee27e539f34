// @ts-check
/** What a person chose, kept by the browser. Never links or keys. */

const NAME = 'rtc_bridge';

/** Also the types, and what may be stored. */
export const DEFAULTS = {
  /** Share of the robot's greatest speed. */
  speed: 1,
  /** `auto`: two where there are fingers. */
  sticks: 'auto',
  /** Keys drive only while F or Enter is held. */
  deadMan: false,
  /** Gamepad button that must be held, -1: none. The left shoulder button. */
  enable: 4,
  /** Gamepad button for full speed, -1: none. */
  turbo: -1,
  deadZone: 0.1,
  thumbs: false,
  panels: false,
};

/** @typedef {typeof DEFAULTS} Values */

const RANGES = { speed: [0.1, 1], deadZone: [0, 0.5], enable: [-1, 16], turbo: [-1, 16] };
const BUTTONS = ['enable', 'turbo'];
const CHOICES = { sticks: ['auto', 'one', 'two', 'off'] };

/**
 * Return a stored value if it can be one.
 * @template {keyof Values} K
 * @param {K} name
 * @param {any} value
 * @returns {Values[K]}
 */
export function valid(name, value) {
  const range = /** @type {Record<string, number[]>} */ (RANGES)[name];
  const choices = /** @type {Record<string, string[]>} */ (CHOICES)[name];
  const good = typeof value === typeof DEFAULTS[name]
    && (!range || (value >= range[0] && value <= range[1])) && (!choices || choices.includes(value))
    && (!BUTTONS.includes(name) || Number.isInteger(value));
  return good ? value : DEFAULTS[name];
}

/** Event `change` when one has changed. */
export class Settings extends EventTarget {
  /** @type {Partial<Values>} */
  #values = {};
  #storage;

  /** @param {Pick<Storage, 'getItem' | 'setItem'> | null} storage */
  constructor(storage = null) {
    super();
    this.#storage = storage;
    try {
      const stored = JSON.parse(storage?.getItem(NAME) ?? '{}');
      if (stored && typeof stored === 'object') this.#values = stored;
    } catch {
      // Storage is forbidden, or somebody else's text is in it.
    }
  }

  /** @template {keyof Values} K @param {K} name @returns {Values[K]} */
  get(name) {
    return valid(name, this.#values[name]);
  }

  /** @template {keyof Values} K @param {K} name @param {Values[K]} value */
  set(name, value) {
    this.#values = { ...this.#values, [name]: valid(name, value) };
    try {
      this.#storage?.setItem(NAME, JSON.stringify(this.#values));
    } catch {
      // Full, or forbidden: it holds until the page is left.
    }
    this.dispatchEvent(new Event('change'));
  }
}

/** Where browsers keep such things, null where that is forbidden. */
export function storage() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

/** Ten per cent more or less. @param {number} speed @param {number} steps */
export const stepped = (speed, steps) => Math.max(0.1, Math.min(1,
  (Math.round(speed * 10) + steps) / 10));
