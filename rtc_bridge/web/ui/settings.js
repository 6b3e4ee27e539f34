// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What a person chose, kept by the browser; never links or keys. */

// Keys of localStorage.
const GENERAL_KEY = 'rtc_bridge';
const ROBOTS_KEY = 'rtc_bridge.robots';
/** For so many robots choices are kept; then those that were changed longest ago are forgotten. */
export const MAX_ROBOTS = 50;
// The name of a robot has 63 characters at most; other servers may send anything.
export const MAX_TEXT_LENGTH = 256;

/**
 * What is kept for each robot, and its types. A robot that is new to this browser begins slowly.
 */
export const ROBOT_DEFAULTS = {
  /** Share of the robot's limit, 0.1 to 1. */
  speed: 0.3,
  /** Share of its limit for turning, 0.1 to 1. */
  turn: 0.3,
  /** The camera that was chosen last for the main picture; '': none. */
  camera: '',
  /** The robot is heard. */
  sound: false,
};

/** What is shown to the robot in place of a camera: a screen, which the person chooses anew. */
export const SCREEN = 'screen';

/** All settings, and their types. */
export const DEFAULTS = {
  ...ROBOT_DEFAULTS,
  /** `auto` (as the system has it), `dark`, `light`. */
  theme: 'auto',
  /** Sticks on the screen: `auto` (two on touch screens), `one`, `two`, `off`. */
  sticks: 'auto',
  /** Keys drive only while F or Enter is held. */
  deadMan: false,
  /** Gamepad button that must be held, -1: none. The left shoulder button. */
  enable: 4,
  /** Gamepad button for full speed, -1: none. */
  turbo: -1,
  /** Gamepad button of the emergency stop, -1: none. The right one, B. */
  stopButton: 1,
  /** Gamepad button that talks as long as it is held, -1: none. The upper one, Y. */
  talkButton: 3,
  /** Gamepad buttons, -1: none. Drive, or what else the page asks for (start). */
  takeButton: 9,
  /** Stop driving, or hand over (back). */
  releaseButton: 8,
  /** On the cross: up, down, left, right. */
  fasterButton: 12,
  slowerButton: 13,
  previousCameraButton: 14,
  nextCameraButton: 15,
  /** Gamepads shake on an emergency stop and other alarms. */
  rumble: true,
  /** The browser's id of the microphone, and of the loudspeaker; '': as the browser chooses. */
  microphone: '',
  /** The browser's id of the camera that is shown to the robot, or SCREEN. */
  shownCamera: '',
  loudspeaker: '',
  /** Alarms are heard. */
  alarmSound: false,
  /** Parts of the display over the picture that are not shown, by their names. */
  hudOff: '',
  /** Of a gamepad's sticks, 0 to 0.5. */
  deadZone: 0.1,
  /** Small live pictures of the other cameras are shown. */
  thumbs: false,
  /** Where the robot will go is drawn over the picture. */
  path: true,
  /** The panels beside the picture are open. */
  panels: false,
  /** This person has seen how to begin. */
  begun: false,
  /** The list of actions over the picture is open. */
  actions: false,
};

/** @typedef {typeof DEFAULTS} Values */

const RANGES = { speed: [0.1, 1], turn: [0.1, 1], deadZone: [0, 0.5] };
/** @param {string} name */
const isButton = (name) => name === 'enable' || name === 'turbo' || name.endsWith('Button');
const CHOICES = { theme: ['auto', 'dark', 'light'], sticks: ['auto', 'one', 'two', 'off'] };

/**
 * Return a value if the setting can have it, else the default.
 * @template {keyof Values} K
 * @param {K} name
 * @param {any} value
 * @returns {Values[K]}
 */
export function valid(name, value) {
  const range = /** @type {Record<string, number[]>} */ (RANGES)[name];
  const choices = /** @type {Record<string, string[]>} */ (CHOICES)[name];
  const good = typeof value === typeof DEFAULTS[name] && !(value.length > MAX_TEXT_LENGTH)
    && (!range || (value >= range[0] && value <= range[1])) && (!choices || choices.includes(value))
    && (!isButton(name) || (Number.isInteger(value) && value >= -1 && value <= 16));
  return good ? value : DEFAULTS[name];
}

/** Names of the settings that are kept for each robot. */
const ROBOT_NAMES = /** @type {(keyof typeof ROBOT_DEFAULTS)[]} */ (Object.keys(ROBOT_DEFAULTS));

/** Event `change` when a setting has changed. */
export class Settings extends EventTarget {
  /** @type {Partial<Values>} */
  #values = {};
  #storage;
  /** Name of the robot that `speed`, `turn` and `camera` are of; '' until it told. */
  #robot = '';

  /** @param {Pick<Storage, 'getItem' | 'setItem'> | null} storage */
  constructor(storage = null) {
    super();
    this.#storage = storage;
    this.#values = this.#stored();
  }

  /** Use what was chosen for a robot. @param {string} robot its name */
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
    const stored = this.#read(GENERAL_KEY);
    const values = stored && typeof stored === 'object' ? { ...stored } : {};
    // Earlier versions kept those of one robot here.
    for (const name of ROBOT_NAMES) delete values[name];
    return values;
  }

  /**
   * Return the stored choices, those that were changed last at the end.
   * @returns {Record<string, any>[]}
   */
  #storedRobots() {
    const stored = this.#read(ROBOTS_KEY);
    return Array.isArray(stored) ? stored.filter((one) => typeof one?.id === 'string') : [];
  }

  /** @param {string} key @returns {any} */
  #read(key) {
    try {
      return JSON.parse(this.#storage?.getItem(key) ?? 'null');
    } catch {
      // Storage is forbidden, or has another program's text.
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
      // Read again: another tab may have stored other settings meanwhile, which must not be lost.
      if (name in ROBOT_DEFAULTS) this.#storeRobot();
      else this.#storage?.setItem(GENERAL_KEY, JSON.stringify({ ...this.#stored(), ...change }));
    } catch {
      // Storage is full or forbidden: the setting holds until the page is left.
    }
    this.dispatchEvent(new Event('change'));
  }

  /** Make driving and turning faster or slower. @param {number} steps of ten per cent */
  changeSpeed(steps) {
    for (const name of /** @type {const} */ (['speed', 'turn'])) {
      this.set(name, stepped(this.get(name), steps));
    }
  }

  #storeRobot() {
    if (!this.#robot || this.#robot.length > MAX_TEXT_LENGTH) return;
    const others = this.#storedRobots().filter(({ id }) => id !== this.#robot);
    const own = { id: this.#robot,
      ...Object.fromEntries(ROBOT_NAMES.map((name) => [name, this.get(name)])) };
    this.#storage?.setItem(ROBOTS_KEY, JSON.stringify([...others, own].slice(-MAX_ROBOTS)));
  }
}

/** Return the browser's storage; null where that is forbidden. */
export function storage() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

/** Return the storage of this tab; null where that is forbidden. */
export function tabStorage() {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null;
  }
}

/** Return a share some steps of ten per cent away. @param {number} speed @param {number} steps */
export const stepped = (speed, steps) => Math.max(0.1, Math.min(1,
  (Math.round(speed * 10) + steps) / 10));
