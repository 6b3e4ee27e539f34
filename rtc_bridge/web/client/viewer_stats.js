// @ts-check
/** What is measured of the session that is shown, once a second, for people and for the robot. */

import { CommandDelay, PictureDelay } from './delays.js';
import { figures, FrameCounter, snapshot } from './connection_stats.js';

/**
 * @typedef {import('./session.js').Session} Session
 * @typedef {import('./connection_stats.js').SlotFigures | undefined} SlotFigures
 * @typedef {{fps: number, route: string, slots: SlotFigures[],
 *   totals: ReturnType<typeof snapshot>['slots']}} Found
 */

export class Measurement {
  picture = new PictureDelay();
  command = new CommandDelay();
  #counter;
  /** @type {ReturnType<typeof snapshot> | null} */
  #before = null;
  /** Grows with each session: what was asked of an older one comes too late. */
  #turn = 0;

  /**
   * @param {HTMLVideoElement} video
   * @param {() => void} onFrame called for each picture that it shows
   */
  constructor(video, onFrame) {
    this.#counter = new FrameCounter(video, (frame) => {
      this.picture.onFrame(frame);
      onFrame();
    });
  }

  /** Another session is shown. */
  begin() {
    this.forgetPictures();
    this.command = new CommandDelay();
    this.#before = null;
    this.#turn += 1;
  }

  /** Stamps of another camera say nothing of this one's pictures. */
  forgetPictures() {
    this.picture = new PictureDelay();
  }

  /**
   * Measure since the last call.
   * @param {Session | null} session
   * @returns {Promise<Found | null>} null while no session is up
   */
  async take(session) {
    const rate = this.#counter.rate();
    if (session?.state !== 'up') return null;
    const turn = this.#turn;
    const now = snapshot(await session.stats());
    if (turn !== this.#turn) return null;
    const { slots: bySlot, route } = figures(this.#before, now);
    this.#before = now;
    const slots = session.streams.map((_, slot) => bySlot[session.mid(slot)]);
    const fps = this.#counter.works && !document.hidden ? rate : slots[0]?.fps ?? 0;
    return { fps, route, slots, totals: now.slots };
  }

  /**
   * Tell the robot what was measured, and what is decoded here; by that it notices a codec that
   * this browser cannot show. Return the row of figures.
   * @param {Session} session
   * @param {Found} found
   * @param {{live: boolean, camera: string}} main
   */
  tell(session, { fps, route, slots: [slot], totals }, { live, camera }) {
    const { delay, worst } = this.picture.take(session.clock);
    const row = {
      time: Date.now(), delay_ms: live ? delay : null, worst_delay_ms: live ? worst : null,
      command_ms: this.command.take(session.clock), clock_error_ms: session.clock.error,
      round_trip_ms: session.rtt, fps: slot ? fps : null, kbit_per_s: slot?.kbps ?? null,
      lost_percent: slot?.loss != null ? slot.loss * 100 : null, width: slot?.width ?? null,
      height: slot?.height ?? null, codec: slot?.codec ?? '', route, camera,
      from: this.picture.byCamera ? 'camera' : 'arrival',
    };
    if (session.kind === 'rtcbot' || document.hidden) return row;
    const count = Math.min(session.streams.length, session.hello?.slots ?? 0);
    for (let number = 0; number < count; number++) {
      const total = totals[session.mid(number)];
      if (total) {
        session.control({ type: 'shown', slot: number, frames: total.frames,
          packets: total.packets });
      }
    }
    session.control({ type: 'figures', ...row });
    return row;
  }
}
