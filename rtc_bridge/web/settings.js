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
    this.#values = this.#stored();
  }

  /** @returns {Partial<Values>} */
  #stored() {
    try {
      const stored = JSON.parse(this.#storage?.getItem(NAME) ?? '{}');
      return stored && typeof stored === 'object' ? stored : {};
    } catch {
      // Storage is forbidden, or somebody else's text is in it.
      return {};
    }
  }

  /** @template {keyof Values} K @param {K} name @returns {Values[K]} */
  get(name) {
    return valid(name, this.#values[name]);
  }

  /** @template {keyof Values} K @param {K} name @param {Values[K]} value */
  set(name, value) {
    const change = { [name]: valid(name, value) };
    this.#values = { ...this.#values, ...change };
    try {
      // What another tab chose meanwhile holds there, and from the next load on here.
      this.#storage?.setItem(NAME, JSON.stringify({ ...this.#stored(), ...change }));
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
