// @ts-check
/** Who drives, and the emergency stop: what a person sees of them, and the buttons. */

import { box, element, onPress, write } from './status_panel.js';
import { driverText, stopText } from './texts.js';

/** @typedef {import('../client/driver.js').Driver | import('../client/rtcbot_driver.js').LegacyDriver} Driver */

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
   * @param {{stop: () => void, withdraw: () => void, chooseCamera: () => void}} events the emergency stop
   *   is pressed; one that was not sent is taken back; the camera that is offered is chosen
   */
  constructor(driver, { stop, withdraw, chooseCamera }) {
    this.#driver = driver;
    /** @type {[string, (driver: Driver) => void][]} */
    const actions = [
      ['take', (d) => (d.epoch === null && d.taken && d.role === 'supervise' ? d.takeOver() : d.ask())],
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
    box('withdraw').addEventListener('click', withdraw);
    box('drivecamera').addEventListener('click', chooseCamera);
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
    write('unlatch', really ? 'It may move: release' : 'Release stop…');
    if (really) this.#sure = setTimeout(() => this.#ask(false), MEANT);
  }

  /**
   * @param {Driver | null} driver of a session that is up
   * @param {string} why a driver's commands come to nothing
   * @param {string} camera to offer in place of one that is not for driving; '': none
   * @param {boolean} stopped the emergency stop is engaged: it has to be released first
   */
  show(driver, why, camera, stopped) {
    const { body } = document;
    const mine = driver?.epoch != null;
    const seat = !driver ? 'none' : mine ? 'mine' : driver.taken ? 'taken' : 'free';
    body.dataset.seat = seat;
    body.toggleAttribute('data-armed', mine && !!driver?.armed);
    // Once there, it stays, so that the picture keeps its place.
    if (driver) box('seat').hidden = false;
    write('driver', driver ? driverText(driver) : 'Not connected');
    write('why', why);
    // Also for who has the lease already, but would have to hold the dead man's button.
    const free = !!driver?.mayDrive && !driver.asked && (!mine || driver.needsButton) && !stopped;
    box('take').hidden = !free;
    if (free) {
      write('take', mine || !driver.taken ? 'Drive' : driver.role === 'supervise' ? 'Take over'
        : 'Ask to drive');
    }
    box('release').hidden = !mine && !driver?.asked;
    write('release', mine ? 'Stop driving' : 'Cancel');
    box('drivecamera').hidden = !camera;
    write('drivecamera', `Show ${camera}`);
    box('asked').hidden = !(mine && driver.asks);
    write('asker', `${driver?.asks ?? ''} asks to drive.`);
  }

  /**
   * @param {{press: boolean, release: boolean}} may what this person may do with the stop
   * @param {{id: string | null, by: string}} stopped
   * @param {import('../client/pending_stop.js').PendingStop} pending
   * @param {boolean} up the robot can be reached
   */
  showStop(may, { id, by }, pending, up) {
    const { body } = document;
    const { state } = pending;
    const engaged = id !== null;
    box('stop').hidden = !may.press;
    body.toggleAttribute('data-latched', engaged);
    body.toggleAttribute('data-stopping', state === 'sent' || state === 'unsent');
    body.toggleAttribute('data-unsent', state === 'unsent' || state === 'expired');
    box('latched').hidden = !engaged && state === 'idle';
    const [title, text] = stopText(pending, id, by);
    write('latchedtitle', title);
    write('latchedtext', text);
    // Seen, and not spoken each second.
    write('stopleft', state === 'unsent' ? `${Math.max(1, Math.ceil(pending.left / 1000))} s` : '');
    box('withdraw').hidden = engaged || (state !== 'unsent' && state !== 'expired');
    write('withdraw', state === 'expired' ? 'Understood' : 'Withdraw');
    box('unlatch').hidden = !engaged || !may.release;
    element('unlatch', HTMLButtonElement).disabled = !up;
    if (!engaged) this.#ask(false);
  }
}
