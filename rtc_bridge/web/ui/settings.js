// @ts-check
/** What a person chose, kept by the browser. Never links or keys. */

const NAME = 'rtc_bridge';
const ROBOTS = 'rtc_bridge.robots';
/** Of so many robots a browser keeps what was chosen; the one that was changed longest ago goes first. */
export const MOST_ROBOTS = 50;
// A robot's name is 63 characters at most; other servers' may be anything.
const LONGEST_NAME = 256;

/** What is kept for each robot; also the types. A robot that is new to this browser begins slowly. */
export const ROBOT_DEFAULTS = {
  /** Share of the robot's greatest speed. */
  speed: 0.3,
  /** Share of its greatest turning speed. */
  turn: 0.3,
  /** The camera that was chosen last for the large picture; '': none. */
  camera: '',
};

/** Also the types, and what may be stored. */
export const DEFAULTS = {
  ...ROBOT_DEFAULTS,
  /** `auto`: two where there are fingers. */
  sticks: 'auto',
  /** Keys drive only while F or Enter is held. */
  deadMan: false,
  /** Gamepad button that must be held, -1: none. The left shoulder button. */
  enable: 4,
  /** Gamepad button for full speed, -1: none. */
  turbo: -1,
  /** Gamepad button of the emergency stop, -1: none. The right one, B. */
  stopButton: 1,
  deadZone: 0.1,
  thumbs: false,
  panels: false,
};

/** @typedef {typeof DEFAULTS} Values */

const RANGES = { speed: [0.1, 1], turn: [0.1, 1], deadZone: [0, 0.5], enable: [-1, 16],
  turbo: [-1, 16], stopButton: [-1, 16] };
const BUTTONS = ['enable', 'turbo', 'stopButton'];
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
  const good = typeof value === typeof DEFAULTS[name] && !(value.length > LONGEST_NAME)
    && (!range || (value >= range[0] && value <= range[1])) && (!choices || choices.includes(value))
    && (!BUTTONS.includes(name) || Number.isInteger(value));
  return good ? value : DEFAULTS[name];
}

const ROBOT_NAMES = /** @type {(keyof typeof ROBOT_DEFAULTS)[]} */ (Object.keys(ROBOT_DEFAULTS));

/** Event `change` when one has changed. */
export class Settings extends EventTarget {
  /** @type {Partial<Values>} */
  #values = {};
  #storage;
  /** The robot that `speed`, `turn` and `camera` are of; '' until it told its name. */
  #robot = '';

  /** @param {Pick<Storage, 'getItem' | 'setItem'> | null} storage */
  constructor(storage = null) {
    super();
    this.#storage = storage;
    this.#values = this.#stored();
  }

  /** Take what was chosen for a robot. @param {string} robot its name */
  useRobot(robot) {
    if (robot === this.#robot) return;
    this.#robot = robot;
    const kept = this.#storedRobots().find(({ id }) => id === robot) ?? {};
    for (const name of ROBOT_NAMES) delete this.#values[name];
    for (const name of ROBOT_NAMES) Object.assign(this.#values, { [name]: valid(name, kept[name]) });
    this.dispatchEvent(new Event('change'));
  }

  /** @returns {Partial<Values>} */
  #stored() {
    const stored = this.#read(NAME);
    const values = stored && typeof stored === 'object' ? { ...stored } : {};
    // Those of another robot; versions before kept them here.
    for (const name of ROBOT_NAMES) delete values[name];
    return values;
  }

  /** The one changed last comes last. @returns {Record<string, any>[]} */
  #storedRobots() {
    const stored = this.#read(ROBOTS);
    return Array.isArray(stored) ? stored.filter((one) => typeof one?.id === 'string') : [];
  }

  /** @param {string} key @returns {any} */
  #read(key) {
    try {
      return JSON.parse(this.#storage?.getItem(key) ?? 'null');
    } catch {
      // Storage is forbidden, or somebody else's text is in it.
      return null;
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
      if (name in ROBOT_DEFAULTS) this.#storeRobot();
      else this.#storage?.setItem(NAME, JSON.stringify({ ...this.#stored(), ...change }));
    } catch {
      // Full, or forbidden: it holds until the page is left.
    }
    this.dispatchEvent(new Event('change'));
  }

  /** Make motion and turning faster or slower. @param {number} steps of ten per cent */
  change(steps) {
    for (const name of /** @type {const} */ (['speed', 'turn'])) {
      this.set(name, stepped(this.get(name), steps));
    }
  }

  #storeRobot() {
    if (!this.#robot || this.#robot.length > LONGEST_NAME) return;
    const others = this.#storedRobots().filter(({ id }) => id !== this.#robot);
    const own = { id: this.#robot,
      ...Object.fromEntries(ROBOT_NAMES.map((name) => [name, this.get(name)])) };
    this.#storage?.setItem(ROBOTS, JSON.stringify([...others, own].slice(-MOST_ROBOTS)));
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
