// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Which camera each video slot is to show: a person's choice, as far as the robot has it. */

/**
 * @typedef {import('../messages.js').Message} Message
 * @typedef {{type: 'select', slot: number, camera: string | null}} Select
 */

export class CameraSelection {
  /** Names of the robot's cameras; null until it told. @type {string[] | null} */
  cameras = null;
  /** Names of the cameras by which one may drive. @type {string[]} */
  driving = [];
  /** What people read in place of a camera's name, where the robot says so.
   * @type {Map<string, string>} */
  labels = new Map();
  /** Why nothing can be drawn on the ground of a camera's picture, where the robot says so.
   * @type {Map<string, string>} */
  mountProblems = new Map();
  /** What is wrong with the list of cameras, as sentences of the robot. @type {string[]} */
  findings = [];
  /** The camera of each slot; null: no camera, undefined: not chosen yet.
   * @type {(string | null | undefined)[]} */
  chosen;
  /** The camera for the first slot that this browser showed last; '': no preference. */
  preferred = '';
  #paused = false;
  #preferredCamera;

  /**
   * @param {number} slots
   * @param {string | null} camera of the first slot
   * @param {(robot: string) => string} [preferredCamera] see `ConnectionOptions`
   */
  constructor(slots, camera, preferredCamera = () => '') {
    this.#preferredCamera = preferredCamera;
    this.chosen = Array.from({ length: slots }, (_, slot) => (slot ? null : camera ?? undefined));
  }

  /**
   * Choose a camera for a slot, or no camera; return what to send to the robot.
   * @param {number} slot
   * @param {string | null} camera
   * @throws {RangeError} the slot does not exist
   */
  select(slot, camera) {
    if (!(slot >= 0 && slot < this.chosen.length)) throw new RangeError(`there is no slot ${slot}`);
    this.chosen[slot] = camera;
    return this.#message(slot);
  }

  /**
   * Ask for no pictures, as while nobody looks, or again for what is chosen; return what to send.
   * @param {boolean} paused
   */
  pause(paused) {
    if (paused === this.#paused) return [];
    this.#paused = paused;
    return this.chosen.flatMap((camera, slot) => (camera ? [this.#message(slot)] : []));
  }

  /** Take a `hello` or `cameras` of the robot; return what to send. @param {Message} message */
  onMessage({ type, robot_id: robot, cameras, findings }) {
    if (type === 'hello') this.preferred = this.#preferredCamera(String(robot ?? ''));
    this.findings = Array.isArray(findings)
      ? findings.filter((text) => typeof text === 'string') : [];
    return this.onCameras(cameras, type === 'hello');
  }

  /**
   * Take the robot's list of cameras; return what to send.
   * @param {unknown} list as in `hello` and `cameras`
   * @param {boolean} isHello the robot does not know yet what is chosen
   */
  onCameras(list, isHello) {
    const before = isHello ? [] : this.cameras ?? [];
    const found = readCameras(list);
    this.cameras = found.map(({ name }) => name);
    this.labels = new Map(found.flatMap(({ name, label }) => (
      typeof label === 'string' && label ? [[name, label]] : [])));
    this.mountProblems = new Map(found.flatMap(({ name, mount_problem: problem }) => (
      typeof problem === 'string' && problem ? [[name, problem]] : [])));
    // A link may name the camera by its topic.
    this.chosen = this.chosen.map((name) => (name ? this.#known(name) : name));
    this.driving = found.flatMap(({ name, drive }) => (drive === false ? [] : [name]));
    if (this.chosen[0] === undefined) {
      this.chosen[0] = this.cameras.includes(this.preferred) ? this.preferred
        : this.driving[0] ?? this.cameras[0];
    }
    // Without being asked the robot shows a camera in the first slot of a new session.
    const off = isHello && (this.#paused || this.chosen[0] === null);
    /** @type {Select[]} */
    const messages = off ? [{ ...this.#message(0), camera: null }] : [];
    if (this.#paused) return messages;
    // Other slots are off by themselves, and a camera that the robot does not have is an error.
    return messages.concat(this.chosen.flatMap((camera, slot) => (
      camera && this.cameras?.includes(camera) && !before.includes(camera)
        ? [this.#message(slot)] : [])));
  }

  /** Return the robot's name of a camera, if it has one so. @param {string} name */
  #known(name) {
    const plain = name.replace(/^\/+|\/+$/g, '');
    return [name, plain, `${plain}/image_raw`].find((one) => this.cameras?.includes(one)) ?? name;
  }

  /** @param {number} slot @returns {Select} */
  #message(slot) {
    return { type: 'select', slot, camera: this.#paused ? null : this.chosen[slot] ?? null };
  }
}

/**
 * @param {unknown} list
 * @returns {{name: string, drive?: boolean, label?: unknown, mount_problem?: unknown}[]}
 */
function readCameras(list) {
  return Array.isArray(list) ? list.filter((camera) => typeof camera?.name === 'string') : [];
}
