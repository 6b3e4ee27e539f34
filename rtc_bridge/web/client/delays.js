// @ts-check
/**
 * Delays between two clocks: the robot's, which stamps pictures and accepted commands, and this
 * page's (`performance.now()`). For display only. No DOM, no clock of its own.
 */

// Crystals drift apart by about a millisecond in this time, ms.
const WINDOW = 30000;
const RTP_RATE = 90000;
const COMMANDS_KEPT = 128;
// Browsers round their clock, against spies: Chromium to 0.1 ms, Firefox and Safari to 1 ms.
const STEPS = [1, 0.1];

/** @param {number[]} values @returns {number | null} */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length ? sorted[sorted.length >> 1] : null;
}

/**
 * What the robot's clock shows, by its answers to pings: the quickest one errs least, by half its
 * round trip at most.
 */
export class RobotClock {
  /** @type {{at: number, trip: number, offset: number}[]} */
  #samples = [];

  /**
   * @param {number} sent ms
   * @param {number} received ms
   * @param {number} time the robot's, s
   */
  add(sent, received, time) {
    const trip = received - sent;
    if (!(trip >= 0) || !Number.isFinite(time)) return;
    this.#samples = this.#samples.filter(({ at }) => received - at < WINDOW);
    this.#samples.push({ at: received, trip, offset: (sent + received) / 2 - time * 1000 });
  }

  get #best() {
    return this.#samples.length
      ? this.#samples.reduce((best, one) => (one.trip < best.trip ? one : best)) : null;
  }

  /** How wrong a delay can be at most, ms; null: nothing is known. @returns {number | null} */
  get error() {
    return this.#best && this.#best.trip / 2 + this.#step;
  }

  /** How coarse this page's clock is, as far as its times tell, ms. */
  get #step() {
    return STEPS.find((step) => this.#samples.every(
      ({ at }) => Math.abs(at / step - Math.round(at / step)) < 1e-3)) ?? 0;
  }

  /** This page's time at a moment of the robot's. @param {number} time s @returns {number | null} */
  here(time) {
    return this.#best && time * 1000 + this.#best.offset;
  }
}

/**
 * Pairs of a moment here and one of the robot's clock, and what lies between. They wait to be
 * compared until they are asked for, as the clock is known better by then.
 */
class Delay {
  /** @type {{here: number, robot: number}[]} */
  #pairs = [];

  /** @param {number} here ms @param {number} robot s */
  add(here, robot) {
    this.#pairs.push({ here, robot });
  }

  /**
   * Return how much later than there it was here, of each pair since the last call, ms.
   * @param {RobotClock} clock
   */
  takeAll(clock) {
    const pairs = this.#pairs;
    this.#pairs = [];
    return pairs.flatMap(({ here, robot }) => {
      const there = clock.here(robot);
      return there === null ? [] : [here - there];
    });
  }
}

/** Delay from a picture's capture to the screen. */
export class PictureDelay {
  /** Whether the delay counts from the camera's stamp; else from the arrival at the robot. */
  byCamera = false;
  /** @type {{rtp: number, time: number} | null} */
  #stamp = null;
  #delays = new Delay();

  /** @param {Record<string, any>} message `stamps` */
  onStamps({ rtp, time, by }) {
    if (!Number.isInteger(rtp) || !Number.isFinite(time)) return;
    this.#stamp = { rtp, time };
    this.byCamera = by === 'camera';
  }

  /**
   * @param {{rtpTimestamp?: number, expectedDisplayTime: number, presentationTime?: number}} frame
   *   as a browser tells of it
   */
  onFrame({ rtpTimestamp, expectedDisplayTime, presentationTime = 0 }) {
    if (rtpTimestamp === undefined || !this.#stamp) return;
    // The difference of two 32-bit counters, of either sign.
    const since = (rtpTimestamp - this.#stamp.rtp | 0) / RTP_RATE;
    // What a browser expects it knows from the last pictures: one that is held up may come later,
    // and none is on the screen before it was handed over.
    this.#delays.add(Math.max(expectedDisplayTime, presentationTime), this.#stamp.time + since);
  }

  /**
   * The median since the last call, and the worst; null without pictures or where unknown, ms.
   * @param {RobotClock} clock
   */
  take(clock) {
    const delays = this.#delays.takeAll(clock).map((delay) => Math.max(0, delay));
    return { delay: median(delays), worst: delays.length ? Math.max(...delays) : null };
  }
}

/** Delay from the sending of a command to its acceptance by the robot. */
export class CommandDelay {
  /** @type {Map<number, number>} */
  #sent = new Map();
  #delays = new Delay();

  /** @param {{seq?: number}} command @param {number} now ms */
  onSent({ seq }, now) {
    // The emergency stop has none.
    if (!seq) return;
    // A new epoch begins at 1.
    if (seq === 1) this.#sent.clear();
    this.#sent.set(seq, now);
    // The oldest comes first.
    if (this.#sent.size > COMMANDS_KEPT) this.#sent.delete([...this.#sent.keys()][0]);
  }

  /** @param {Record<string, any>} tick */
  onTick({ seq, time }) {
    const sent = this.#sent.get(seq);
    if (sent === undefined || !Number.isFinite(time)) return;
    // Once only: the next tick may tell of it again.
    this.#sent.delete(seq);
    this.#delays.add(sent, time);
  }

  /** The median since the last call, ms; null if nothing was commanded. @param {RobotClock} clock */
  take(clock) {
    return median(this.#delays.takeAll(clock).map((delay) => Math.max(0, -delay)));
  }
}
