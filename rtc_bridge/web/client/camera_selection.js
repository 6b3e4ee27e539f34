// @ts-check
/** Which camera each slot is to show, by a person's choice and what the robot has. Pure. */

/** @typedef {{type: 'select', slot: number, camera: string | null}} Select */

export class Selection {
  /** The robot's cameras; null until it told. @type {string[] | null} */
  cameras = null;
  /** The camera of each slot; null: none, undefined: not chosen yet. @type {(string | null | undefined)[]} */
  chosen;
  /** Those by which one may drive. @type {string[]} */
  driving = [];
  /** The camera to begin with, if it is there: a person's choice of before. */
  preferred = '';
  #paused = false;

  /** @param {number} slots @param {string | null} camera of the first slot */
  constructor(slots, camera) {
    this.chosen = Array.from({ length: slots }, (_, slot) => (slot ? null : camera ?? undefined));
  }

  /**
   * Choose a camera for a slot, or nothing; return what to tell the robot.
   * @param {number} slot
   * @param {string | null} camera
   */
  select(slot, camera) {
    if (!(slot >= 0 && slot < this.chosen.length)) throw new RangeError(`there is no slot ${slot}`);
    this.chosen[slot] = camera;
    return this.#tell(slot);
  }

  /** Ask for no pictures while nobody looks; what is chosen comes back. @param {boolean} paused */
  pause(paused) {
    if (paused === this.#paused) return [];
    this.#paused = paused;
    return this.chosen.flatMap((camera, slot) => (camera ? [this.#tell(slot)] : []));
  }

  /**
   * Take the robot's list; return what to tell it.
   * @param {unknown} list as in `hello` and `cameras`
   * @param {boolean} greeted it is of a `hello`: this robot knows nothing of what was chosen
   */
  onCameras(list, greeted) {
    const before = greeted ? [] : this.cameras ?? [];
    const found = readCameras(list);
    this.cameras = found.map(({ name }) => name);
    this.driving = found.flatMap(({ name, drive }) => (drive === false ? [] : [name]));
    if (this.chosen[0] === undefined) {
      this.chosen[0] = this.cameras.includes(this.preferred) ? this.preferred
        : this.driving[0] ?? this.cameras[0];
    }
    // The robot shows a camera to whoever comes.
    const off = greeted && (this.#paused || this.chosen[0] === null);
    /** @type {Select[]} */
    const messages = off ? [{ ...this.#tell(0), camera: null }] : [];
    if (this.#paused) return messages;
    // What is off needs no message, and one about a camera that is not there gets an error.
    return messages.concat(this.chosen.flatMap((camera, slot) => (
      camera && this.cameras?.includes(camera) && !before.includes(camera) ? [this.#tell(slot)] : [])));
  }

  /** @param {number} slot @returns {Select} */
  #tell(slot) {
    return { type: 'select', slot, camera: this.#paused ? null : this.chosen[slot] ?? null };
  }
}

/** @param {unknown} list @returns {{name: string, drive?: boolean}[]} */
function readCameras(list) {
  return Array.isArray(list) ? list.filter((camera) => typeof camera?.name === 'string') : [];
}
