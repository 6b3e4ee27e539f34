// @ts-check
/**
 * From what the hands do to commands for the robot: which, and when. No DOM, no clock of its own.
 * Nothing moves before a person has armed the page, see arming.js.
 *
 * @typedef {{x: number, y: number, turn: number}} Hands forward, left, counter-clockwise: -1..1
 * @typedef {{axes: number[], buttons: number[]}} Pad a gamepad as the Gamepad API gives it
 * @typedef {{enabled?: boolean, joy?: boolean, max_linear_x?: number, max_linear_y?: number,
 *   max_angular_z?: number}} Teleop limits in m/s and rad/s, from the robot's `hello`
 */

import { Arming } from './arming.js';

/** Time between commands, ms: 25 a second where the robot asks for 20; as often a stop is repeated. */
export const PERIOD = 40;
// The channel may lose some, and one must arrive before the robot accepts motion.
const NEUTRAL_FIRST = 3;
// After such a pause (ms), as in a hidden tab, the robot's watchdog may have stopped it.
const PAUSE = 200;
// A Drive button that brought no lease within this, ms, counts no more: a stray key long after it must
// not take the lease.
const GRANT_TIME = 5000;

/** Reasons for which the robot refuses motion, until a neutral command. */
const STOPS = new Set(['neutral-first', 'stopped', 'frozen', 'guard', 'slow', 'camera', 'other-bridge',
  'two-guards', 'other-stop']);

/** Tell whether a role of the protocol may drive. @param {string} role */
export const drives = (role) => role === 'drive' || role === 'supervise';

/** @type {Readonly<Hands>} */
export const NEUTRAL = Object.freeze({ x: 0, y: 0, turn: 0 });

/** @param {number} value */
const clamp = (value) => Math.max(-1, Math.min(1, Number.isFinite(value) ? value : 0));

/** @param {Hands} hands */
export const isNeutral = ({ x, y, turn }) => x === 0 && y === 0 && turn === 0;

/**
 * Join the keyboard, stick and gamepad.
 * @param {Hands[]} all
 * @returns {Hands}
 */
export function combine(all) {
  const sum = { x: 0, y: 0, turn: 0 };
  for (const { x, y, turn } of all) {
    sum.x += x;
    sum.y += y;
    sum.turn += turn;
  }
  return { x: clamp(sum.x), y: clamp(sum.y), turn: clamp(sum.turn) };
}

/**
 * Scale to the robot's limits, in m/s and rad/s with REP-103 signs.
 * @param {Hands} hands
 * @param {Teleop} teleop
 */
export function toTwist({ x, y, turn }, teleop) {
  // Adding 0 turns -0 into 0.
  return {
    linear_x: clamp(x) * (teleop.max_linear_x ?? 0) + 0,
    linear_y: clamp(y) * (teleop.max_linear_y ?? 0) + 0,
    angular_z: clamp(turn) * (teleop.max_angular_z ?? 0) + 0,
  };
}

/**
 * RTCBot's form of the same: forward, and right positive.
 * @param {Hands} hands
 */
export function toRtcbot({ x, turn }) {
  return { forward: clamp(x) + 0, leftright: -clamp(turn) + 0 };
}

/** @param {Pad} pad */
const rest = (pad) => ({ axes: pad.axes.map(() => 0), buttons: pad.buttons.map(() => 0) });

/** @param {Pad | null} pad @param {Hands} hands */
const idle = (pad, hands) => isNeutral(hands)
  // The dead zone has been taken out of it.
  && (!pad || (pad.axes.every((axis) => axis === 0) && pad.buttons.every((value) => value < 0.5)));

/** The driver's seat of one session: lease, epoch, sequence, tick, and neutral before motion. */
export class Driver {
  /** @type {number | null} */
  epoch = null;
  /** Somebody drives, perhaps this page. */
  taken = false;
  /** Who drives, if he has a name. @type {string | null} */
  name = null;
  /** Who asks this page's driver for the seat. @type {string | null} */
  asks = null;
  /** This page's own request waits for the driver's answer. */
  asked = false;
  /** The emergency stop: `id` to release it by, null while there is none. */
  stopped = { id: /** @type {string | null} */ (null), by: '' };
  /** Motion waits until every control has been let go. */
  locked = false;
  #arming = new Arming();
  /** When the Drive button was seen to wait for the lease. @type {number | null} */
  #askedAt = null;
  #teleop;
  #control;
  #send;
  #frame;
  #seq = 0;
  /** @type {unknown} */
  #tick;
  #neutral = 0;
  // A control that is held from before this session does not count.
  #wasIdle = false;
  #moving = false;
  // Number of the first command since the controls were at rest.
  #begun = 0;
  #sent = -Infinity;
  #padSeen = false;
  #stopRequest = 0;
  /** The request that this page's driver is asked by. @type {unknown} */
  #request;
  #stopping = false;
  // The emergency stop of another bridge of this robot is in force.
  #stoppedElsewhere = false;

  /**
   * @param {Teleop} teleop
   * @param {string} role
   * @param {(message: object) => void} control sends on the reliable channel
   * @param {(message: object) => void} send sends on the `teleop` channel
   * @param {() => number | null} frame RTP timestamp of the newest picture that was painted
   * @param {{may_press?: boolean, may_release?: boolean} | undefined} stop what this person may do with
   *   the emergency stop; robots that do not tell let those who may drive do both
   */
  constructor(teleop, role, control, send, frame = () => null, stop = undefined) {
    this.#teleop = teleop;
    this.role = role;
    this.mayStop = stop?.may_press ?? drives(role);
    this.mayRelease = stop?.may_release ?? drives(role);
    this.#control = control;
    this.#send = send;
    this.#frame = frame;
  }

  get enabled() {
    return this.#teleop.enabled === true;
  }

  get mayDrive() {
    return drives(this.role) && this.enabled;
  }

  /** A person means this page to drive. */
  get armed() {
    return this.#arming.armed;
  }

  /** The Drive button has to be pressed before keys and sticks move anything. */
  get needsButton() {
    return !this.#arming.pressed;
  }

  get joy() {
    return this.#teleop.joy === true;
  }

  get strafes() {
    return (this.#teleop.max_linear_y ?? 0) > 0;
  }

  /** @param {Record<string, any>} message */
  onLease({ epoch, driver, name, asks, asked, request }) {
    const mine = Number.isFinite(epoch) ? epoch : null;
    // Lost, granted anew without being asked for, or refused by the driver.
    if ((this.epoch !== null && mine !== this.epoch)
      || (mine === null && this.asked && asked !== true)) this.#arming.disarm();
    if (mine !== null && mine !== this.epoch) {
      this.#askedAt = null;
      this.#seq = 0;
      this.#neutral = NEUTRAL_FIRST;
      this.#tick = undefined;
      this.#moving = false;
      // The driver chose the moment: what this hand has been holding is not to move the robot then.
      this.locked ||= this.asked;
    }
    this.epoch = mine;
    this.taken = driver === true || mine !== null;
    this.name = typeof name === 'string' ? name : null;
    this.asks = typeof asks === 'string' ? asks : null;
    this.#request = request;
    this.asked = asked === true;
  }

  /** @param {Record<string, any>} message */
  onStop({ latched, id, by, request }) {
    // When it begins, and when it is released: the robot is not to move then by what is still held.
    if ((latched === true) !== (this.stopped.id !== null)) this.#arming.disarm();
    this.stopped = { id: latched === true ? String(id) : null, by: String(by ?? '') };
    // Somebody else's stop is no answer: it may be released again before ours gets there.
    if (request === this.#stopRequest) this.#stopping = false;
  }

  /** What is wrong with driving, all of it each time. @param {{code: string}[]} notices */
  onNotices(notices) {
    const stopped = notices.some(({ code }) => code === 'other-stop');
    // As with this bridge's own.
    if (stopped !== this.#stoppedElsewhere) this.#arming.disarm();
    this.#stoppedElsewhere = stopped;
  }

  /** @param {Record<string, any>} message */
  onTick({ tick }) {
    this.#tick = tick;
  }

  /** @param {Record<string, any>} message */
  onRefused({ reason, seq }) {
    // The notice of it may come later.
    if (reason === 'other-stop') this.#arming.disarm();
    // The robot stopped by itself. A hand that still holds a control must not start it again; one
    // that has let go since may, however late this comes.
    if (STOPS.has(reason) && this.#moving && (seq ?? Infinity) >= this.#begun) this.locked = true;
  }

  /**
   * Do what is due: ask for the lease, or send one command. Call it every PERIOD, and at once when
   * the hands change. Returns why nothing comes of a control that was just moved, else ''.
   * @param {number} now ms
   * @param {Hands} hands
   * @param {Pad | null} pad without its dead zone
   * @param {boolean} held the dead man's key or button is down
   */
  step(now, hands, pad = null, held = false) {
    // Commands get lost; this one is repeated until it is confirmed.
    if (this.#stopping) this.#send({ type: 'stop', request: this.#stopRequest });
    const quiet = idle(this.joy ? pad : null, hands);
    const begins = this.#wasIdle && !quiet;
    this.#wasIdle = quiet;
    this.#arming.hold(held);
    // What was pushed before the page was armed moves nothing then.
    this.locked = !quiet && (this.locked || !this.armed);
    if (!this.mayDrive && begins) return drives(this.role) ? 'disabled' : 'role';
    if (this.epoch === null) {
      this.#awaitLease(now);
      // A control is no request to somebody else: that has a button.
      if (begins && !this.taken && this.armed) this.#want();
      return !begins ? '' : this.taken ? 'taken' : this.armed ? '' : 'arm';
    }
    const vain = begins && !this.armed ? 'arm' : '';
    // Without a tick the robot could only refuse.
    if (this.#tick === undefined) return vain;
    if (now - this.#sent > PAUSE && !this.#moving) this.#neutral = Math.max(this.#neutral, 1);
    const hold = this.locked || !this.armed || this.#neutral > 0;
    this.#neutral = Math.max(0, this.#neutral - 1);
    const moving = !hold && !quiet;
    if (moving && !this.#moving) this.#begun = this.#seq + 1;
    this.#moving = moving;
    this.#sent = now;
    this.#command({ type: 'drive', ...toTwist(hold ? NEUTRAL : hands, this.#teleop) });
    if (!this.joy || !(pad || this.#padSeen)) return vain;
    // A pad that went away is told once, as at rest.
    const state = pad ?? { axes: [0, 0, 0, 0], buttons: Array(17).fill(0) };
    this.#padSeen = pad !== null;
    this.#command({ type: 'joy', ...(hold ? rest(state) : state) });
    return vain;
  }

  /** The Drive button: arm this page; take the seat if it is free, else ask the driver for it. */
  ask() {
    this.#arm();
    if (this.epoch === null) this.#want();
  }

  /** Arm this page, and take the seat from whoever drives; for those who supervise. */
  takeOver() {
    this.#arm();
    this.#control({ type: 'want', lease: true, take: true });
  }

  #arm() {
    this.#askedAt = null;
    if (this.stopped.id === null && !this.#stoppedElsewhere) this.#arming.press();
  }

  #want() {
    this.#control({ type: 'want', lease: true });
  }

  /** Forget a press of the Drive button that came to nothing. @param {number} now ms */
  #awaitLease(now) {
    if (!this.#arming.pressed || this.asked) {
      this.#askedAt = null;
      return;
    }
    this.#askedAt ??= now;
    if (now - this.#askedAt > GRANT_TIME) this.#arming.disarm();
  }

  /** Give the seat to the one who asks. */
  handOver() {
    this.#control({ type: 'yield', request: this.#request });
  }

  /** Refuse the one who asks. */
  refuse() {
    this.#control({ type: 'refuse', request: this.#request });
  }

  /** Press the emergency stop, whoever drives; for those of `mayStop`. */
  emergencyStop() {
    this.#arming.disarm();
    this.#stopRequest += 1;
    this.#stopping = true;
    this.#send({ type: 'stop', request: this.#stopRequest });
  }

  /** The robot has yet to confirm the stop. */
  get stopping() {
    return this.#stopping;
  }

  /** Release the emergency stop that is shown. */
  releaseStop() {
    if (this.stopped.id !== null) this.#control({ type: 'release', id: this.stopped.id });
  }

  /** Keep the lease, but move nothing until a person arms the page again. */
  pause() {
    this.#arming.disarm();
  }

  /** Give up the seat, or the wish to have it. */
  release() {
    this.#arming.disarm();
    if (this.epoch === null && !this.asked) return;
    this.epoch = null;
    // The robot stops before it gives the lease away.
    this.#control({ type: 'want', lease: false });
  }

  /** @param {{type: string}} message */
  #command({ type, ...members }) {
    this.#seq += 1;
    this.#send({ type, epoch: this.epoch, seq: this.#seq, tick: this.#tick, frame: this.#frame(),
      ...members });
  }
}
