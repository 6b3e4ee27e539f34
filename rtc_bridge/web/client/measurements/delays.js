// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Delays between the robot, which stamps frames and accepted commands, and this page. For display
 * only. No clock of its own.
 */

/** @typedef {import('./robot_clock.js').RobotClock} RobotClock */
/** @typedef {import('../messages.js').Message} Message */

// RFC 3551: the clock of video over RTP.
const RTP_TICKS_PER_S = 90000;
// Five seconds of commands, far more than are on the way at once.
const MAX_COMMANDS = 128;

/** @param {number[]} values @returns {number | null} */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length ? sorted[sorted.length >> 1] : null;
}

/**
 * Pairs of a moment here and a moment at the robot. They are compared only when they are asked
 * for: the robot's clock is known better by then.
 */
class MomentPairs {
  /** @type {{hereMs: number, robotS: number}[]} */
  #pairs = [];

  /** @param {number} hereMs @param {number} robotS */
  add(hereMs, robotS) {
    this.#pairs.push({ hereMs, robotS });
  }

  /**
   * Return how much later the moment here was, for each pair since the last call, ms.
   * @param {RobotClock} clock
   */
  takeDelays(clock) {
    const pairs = this.#pairs;
    this.#pairs = [];
    return pairs.flatMap(({ hereMs, robotS }) => {
      const robotMs = clock.toPageTime(robotS);
      return robotMs === null ? [] : [hereMs - robotMs];
    });
  }
}

/** The delay from the capture of a frame to the screen. */
export class FrameDelay {
  /**
   * The delay counts from the camera's own stamp, else from the arrival of the image at the
   * bridge.
   */
  fromCamera = false;
  /** @type {{rtp: number, time: number} | null} */
  #stamp = null;
  #moments = new MomentPairs();

  /**
   * Take which RTP timestamp belongs to which time of the robot.
   * @param {Message} message `stamps`
   */
  onStamps({ rtp, time, by }) {
    if (!Number.isInteger(rtp) || !Number.isFinite(time)) return;
    this.#stamp = { rtp, time };
    this.fromCamera = by === 'camera';
  }

  /**
   * Take a frame that is shown, as `requestVideoFrameCallback` describes it.
   * @param {{rtpTimestamp?: number, expectedDisplayTime: number, presentationTime?: number}} frame
   */
  onFrame({ rtpTimestamp, expectedDisplayTime, presentationTime = 0 }) {
    if (rtpTimestamp === undefined || !this.#stamp) return;
    // The difference of two 32-bit counters, of either sign.
    const sinceStamp = (rtpTimestamp - this.#stamp.rtp | 0) / RTP_TICKS_PER_S;
    // Browsers estimate the first time by the frames before. A frame that is held up may be later,
    // and no frame is on the screen before it was presented to the compositor.
    this.#moments.add(Math.max(expectedDisplayTime, presentationTime),
      this.#stamp.time + sinceStamp);
  }

  /**
   * Return the median and the greatest delay since the last call, ms; null where nothing is known.
   * @param {RobotClock} clock
   */
  take(clock) {
    const delays = this.#moments.takeDelays(clock).map((delay) => Math.max(0, delay));
    return { delay: median(delays), worst: delays.length ? Math.max(...delays) : null };
  }
}

/** The delay from the sending of a command to its acceptance by the robot. */
export class CommandDelay {
  /** Times of sending by sequence number, ms. @type {Map<number, number>} */
  #sent = new Map();
  #moments = new MomentPairs();

  /** @param {{seq?: number}} command @param {number} now ms */
  onSent({ seq }, now) {
    // The emergency stop has no sequence number.
    if (!seq) return;
    // Each epoch of the lease begins with 1.
    if (seq === 1) this.#sent.clear();
    this.#sent.set(seq, now);
    // A Map keeps the order, so the first key is the oldest.
    if (this.#sent.size > MAX_COMMANDS) this.#sent.delete([...this.#sent.keys()][0]);
  }

  /** Take which command was accepted last, and when. @param {Message} message `tick` */
  onTick({ seq, time }) {
    const sent = this.#sent.get(seq);
    if (sent === undefined || !Number.isFinite(time)) return;
    // The next message may tell of the same command again.
    this.#sent.delete(seq);
    this.#moments.add(sent, time);
  }

  /**
   * Return the median since the last call, ms; null if nothing was sent.
   * @param {RobotClock} clock
   */
  take(clock) {
    return median(this.#moments.takeDelays(clock).map((delay) => Math.max(0, -delay)));
  }
}
