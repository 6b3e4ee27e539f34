// @ts-check
/**
 * Driving a robot of RTCBot's, which knows neither lease nor emergency stop: what the page itself can do is
 * to send nothing before a person has armed it. Pure. It has what the seat shows of a `Driver`.
 */

import { Arming } from './arming.js';
import { isNeutral, NEUTRAL } from './driver.js';

/** @typedef {import('./driver.js').Hands} Hands */

export class LegacyDriver {
  role = 'drive';
  /** The robot knows no lease. */
  alone = true;
  enabled = true;
  mayDrive = true;
  taken = false;
  asked = false;
  /** @type {string | null} */
  asks = null;
  /** @type {string | null} */
  name = null;
  /** Motion waits until every control has been let go. */
  locked = false;
  #arming = new Arming();
  // A control that is held from before this session does not count.
  #wasIdle = false;

  get armed() {
    return this.#arming.armed;
  }

  get needsButton() {
    return !this.#arming.pressed;
  }

  /** As if it were a lease: this page drives. */
  get epoch() {
    return this.armed ? 0 : null;
  }

  /**
   * Return what to send, and why nothing comes of a control that was just moved, else ''.
   * @param {Hands} hands
   * @param {boolean} held the dead man's key or button is down
   * @returns {{hands: Hands, why: string}}
   */
  step(hands, held) {
    const quiet = isNeutral(hands);
    const begins = this.#wasIdle && !quiet;
    this.#wasIdle = quiet;
    this.#arming.hold(held);
    this.locked = !quiet && (this.locked || !this.armed);
    return { hands: this.locked ? NEUTRAL : hands, why: begins && !this.armed ? 'arm' : '' };
  }

  ask() {
    this.#arming.press();
  }

  takeOver() {
    this.ask();
  }

  release() {
    this.#arming.disarm();
  }

  pause() {
    this.#arming.disarm();
  }

  handOver() {}

  refuse() {}

  releaseStop() {}
}
