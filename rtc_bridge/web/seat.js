// @ts-check
/** Who drives, and the emergency stop: what a person sees of them, and the buttons. */

import { box, element, onPress, write } from './panel.js';
import { driverText } from './texts.js';

/** @typedef {import('./drive.js').Driver} Driver */

/** How long a release waits to be meant, ms. */
const MEANT = 6000;
/** How long it takes at least to read what is asked, ms. */
const READ = 300;

export class Seat {
  /** @type {() => Driver | null} */
  #driver;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #sure;
  #asked = 0;

  /**
   * @param {() => Driver | null} driver
   * @param {() => void} stop
   */
  constructor(driver, stop) {
    this.#driver = driver;
    /** @type {[string, (driver: Driver) => void][]} */
    const actions = [
      ['take', (d) => (d.taken && d.role === 'supervise' ? d.takeOver() : d.ask())],
      ['release', (d) => d.release()],
      ['yield', (d) => d.handOver()],
      ['refuse', (d) => d.refuse()],
    ];
    for (const [id, action] of actions) {
      box(id).addEventListener('click', () => {
        const now = this.#driver();
        if (now) action(now);
      });
    }
    onPress('stop', stop);
    // A double click, or a key that is held, has not read the question.
    box('unlatch').addEventListener('keydown', (event) => event.repeat && event.preventDefault());
    box('unlatch').addEventListener('click', (event) => {
      const asked = !box('cancel').hidden;
      if (event.detail > 1 || (asked && performance.now() - this.#asked < READ)) return;
      if (asked) this.#driver()?.releaseStop();
      this.#ask(!asked);
    });
    box('cancel').addEventListener('click', () => this.#ask(false));
  }

  /** Ask whether the robot may really move again. @param {boolean} really */
  #ask(really) {
    clearTimeout(this.#sure);
    this.#asked = performance.now();
    box('cancel').hidden = !really;
    write('unlatch', really ? 'It may move: release' : 'Release…');
    if (really) this.#sure = setTimeout(() => this.#ask(false), MEANT);
  }

  /**
   * @param {Driver | null} driver of a session that is up
   * @param {string} why a driver's commands come to nothing
   */
  show(driver, why) {
    const { body } = document;
    const mine = driver?.epoch != null;
    const seat = !driver ? 'none' : mine ? 'mine' : driver.taken ? 'taken' : 'free';
    body.dataset.seat = seat;
    // Once there, it stays, so that the picture keeps its place.
    if (driver) box('seat').hidden = false;
    write('driver', driver ? driverText(driver) : 'Not connected');
    write('why', why);
    const free = !!driver?.mayDrive && !mine && !driver.asked;
    box('take').hidden = !free;
    if (free) {
      write('take', !driver.taken ? 'Drive' : driver.role === 'supervise' ? 'Take over'
        : 'Ask to drive');
    }
    box('release').hidden = !mine && !driver?.asked;
    write('release', mine ? 'Release' : 'Cancel');
    box('asked').hidden = !(mine && driver.asks);
    write('asker', `${driver?.asks ?? ''} asks to drive.`);
  }

  /**
   * @param {boolean} button there is one
   * @param {{id: string | null, by: string}} stopped
   * @param {boolean} pending the robot has not confirmed
   * @param {boolean} up it can be reached
   */
  showStop(button, { id, by }, pending, up) {
    const { body } = document;
    const latched = id !== null;
    box('stop').hidden = !button;
    body.toggleAttribute('data-latched', latched);
    body.toggleAttribute('data-stopping', pending);
    box('latched').hidden = !latched && !pending;
    write('latchedtitle', latched ? 'Emergency stop' : 'Stopping…');
    write('latchedtext', latched ? `${by ? `by ${by}. ` : ''}The robot does not move.`
      : up ? 'The robot has not confirmed yet.' : 'No connection: it is sent as soon as there is one.');
    box('unlatch').hidden = !latched || !button;
    element('unlatch', HTMLButtonElement).disabled = !up;
    if (!latched) this.#ask(false);
  }
}
