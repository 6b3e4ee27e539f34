// @ts-check
/**
 * Keeps a working session with the robot: starts one, notices when it is broken, and brings a new
 * one up beside it, which takes over when it shows a picture.
 */

import { Selection } from './camera_selection.js';
import { makePeer, Session, supported } from './session.js';
import { backoff, detailOf, Signaling } from './signaling.js';
import { FATAL } from '../ui/texts.js';

/** @typedef {import('./session.js').Message} Message */
/** @typedef {import('./session.js').Ready} Ready */

// The relay answers at once; a socket silent for longer is dead, whatever it says. On a slow network
// opening it took longer, too.
const RELAY_TIME = 2000;
const LONGEST_RELAY_TIME = 6000;
// A page that waits for its robot has to ask whether its socket is dead.
const ASK_PERIOD = 15000;
// A new session takes over without a picture, if there is none to be had.
const PICTURE_TIME = 1500;

/**
 * Events: `change` (any of the facts), `session` (`.current` is another one), and those of the
 * current session, `control`, `teleop` and `app`.
 */
export class Viewer extends EventTarget {
  /** @type {Session | null} */
  current = null;
  /** @type {'unknown' | 'present' | 'absent' | 'gone'} */
  robot = 'unknown';
  /** @type {{code: string, message: string} | null} */
  trouble = null;
  signaling;
  #selection;
  #slots;
  #invite;
  #preferred;
  /** @type {RTCPeerConnection | null} */
  #spare = null;
  /** The session being set up; the current one, if there is nothing to keep on the screen. */
  /** @type {Session | null} */
  #pending = null;
  #delays = backoff();
  #offerCamera = true;
  #failures = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #again;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #silence;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #waiting;

  /**
   * @param {string} url of the relay's WebSocket
   * @param {number} slots
   * @param {string | null} camera
   * @param {import('./proof.js').Invite | null} invite
   * @param {(robot: string) => string} preferred the camera to begin with, by the robot's name; '': any
   */
  constructor(url, slots, camera, invite, preferred = () => '') {
    super();
    this.#invite = invite;
    this.#preferred = preferred;
    this.#slots = slots;
    this.#selection = new Selection(slots, camera);
    this.signaling = new Signaling(url);
    this.signaling.addEventListener('state', () => this.#onRelay());
    this.signaling.addEventListener('message', (event) => {
      this.#onMessage(detailOf(event));
    });
  }

  start() {
    if (supported()) {
      this.signaling.start();
      clearInterval(this.#waiting);
      this.#waiting = setInterval(() => {
        if (!this.#pending && this.robot !== 'present') this.#renew();
      }, ASK_PERIOD);
    }
    this.#changed();
  }

  /** Leave: nothing remains open, here or at the robot. */
  stop() {
    clearTimeout(this.#again);
    clearTimeout(this.#silence);
    clearInterval(this.#waiting);
    this.#drop(this.#pending);
    this.#drop(this.current);
    this.signaling.stop();
    this.#spare?.close();
    this.#spare = null;
    this.#setCurrent(null);
  }

  /** Try again now: a person asks, or the network is back. */
  retry() {
    this.trouble = null;
    this.#delays = backoff();
    // With another network the old socket is dead, and does not know.
    if (this.signaling.state !== 'open' || !this.current?.healthy) this.signaling.restart();
    this.#changed();
  }

  /** The state of the link to the robot. */
  get link() {
    const state = this.current?.state;
    return state === 'up' || state === 'lost' || state === 'setup' ? state : 'none';
  }

  /** The robot's cameras; null until it told. */
  get cameras() {
    return this.#selection.cameras;
  }

  /** Those by which one may drive. */
  get drivingCameras() {
    return this.#selection.driving;
  }

  /** The camera of each slot; undefined: not chosen yet. */
  get chosen() {
    return this.#selection.chosen;
  }

  /**
   * Show a camera in a slot, or nothing.
   * @param {number} slot
   * @param {string | null} camera
   */
  select(slot, camera) {
    this.#tell([this.#selection.select(slot, camera)]);
  }

  /** Ask for no pictures while nobody looks; what is chosen comes back. @param {boolean} paused */
  pause(paused) {
    this.#tell(this.#selection.pause(paused));
  }

  /** @param {import('./camera_selection.js').Select[]} messages */
  #tell(messages) {
    for (const session of new Set([this.current, this.#pending])) {
      if (session?.state === 'up') messages.forEach((message) => session.control(message));
    }
    this.#changed();
  }

  #onRelay() {
    clearTimeout(this.#silence);
    if (this.signaling.state === 'open') {
      this.#expect();
      // Its certificate is made while the relay asks the robot. Not before: the page, which takes
      // as long, is to work first.
      if (!this.current && !this.#pending) this.#spare ??= makePeer();
    } else if (this.#pending && !this.#pending.answered) {
      // An offer on the way is lost with its socket.
      this.#drop(this.#pending);
    }
    this.#changed();
  }

  /** @param {Message} message */
  #onMessage(message) {
    clearTimeout(this.#silence);
    const pending = this.#pending;
    const ours = pending && message.session === pending.id;
    if (message.type === 'ready') this.#onReady(/** @type {any} */ (message));
    else if (message.type === 'answer' && ours) pending.answer(String(message.sdp));
    else if (message.type === 'close' && ours) pending.cut();
    else if (message.type === 'error' && (ours || message.session === undefined)) {
      this.#onError(String(message.code), String(message.message ?? ''));
    }
    this.#changed();
  }

  /** @param {Ready} ready */
  #onReady(ready) {
    this.robot = 'present';
    clearTimeout(this.#again);
    // The robot's link to the relay came back; the session does not depend on it. But the robot
    // may have come back from another network, or as another process.
    this.current?.doubt();
    if (this.current?.healthy || this.#pending?.state === 'up') return;
    this.#drop(this.#pending);
    this.#begin(ready);
  }

  /** @param {Ready} ready */
  #begin(ready) {
    /** @type {Session} */
    let session;
    try {
      const spare = this.#spare;
      this.#spare = null;
      const fits = spare && !ready.ice_servers?.length;
      if (spare && !fits) spare.close();
      session = new Session(ready, this.#slots, (message) => this.signaling.send(message),
        fits ? spare : undefined, this.#invite);
    } catch (error) {
      console.warn('rtc_bridge: no peer connection:', error);
      this.#failed('internal', String(error));
      return;
    }
    this.#pending = session;
    session.addEventListener('connected', () => this.#onConnected(session));
    session.addEventListener('lost', (event) => {
      this.#onLost(session, detailOf(event));
    });
    for (const type of ['control', 'teleop', 'app']) {
      session.addEventListener(type, (event) => {
        const detail = detailOf(event);
        if (type === 'control') this.#onControl(session, detail);
        if (session === this.current) {
          this.dispatchEvent(new CustomEvent(type, { detail }));
        }
      });
    }
    // Nothing to keep on the screen: its picture may show as soon as it comes.
    if (!this.current) this.#setCurrent(session);
    session.offer(this.#offerCamera ? this.chosen[0] ?? null : null).catch((error) => {
      console.warn('rtc_bridge: no offer:', error);
      if (session === this.#pending) this.#failed('internal', String(error));
    });
  }

  /** @param {Session} session */
  #onConnected(session) {
    this.trouble = null;
    this.#failures = 0;
    this.#delays = backoff();
    if (session === this.current) {
      this.#pending = null;
    } else {
      const takeOver = () => {
        if (session !== this.#pending) return;
        const old = this.current;
        this.#pending = null;
        this.#setCurrent(session);
        old?.close('replaced');
      };
      session.addEventListener('picture', takeOver);
      session.awaitPicture();
      setTimeout(takeOver, PICTURE_TIME);
    }
    this.#changed();
  }

  /** @param {Session} session @param {Message} message */
  #onControl(session, message) {
    if (message.type === 'hello') {
      this.#selection.preferred = this.#preferred(String(message.robot_id ?? ''));
    }
    if (message.type === 'hello' || message.type === 'cameras') {
      const news = this.#selection.onCameras(message.cameras, message.type === 'hello');
      news.forEach((one) => session.control(one));
      this.#changed();
    }
  }

  /** @param {Session} session @param {string} reason */
  #onLost(session, reason) {
    if (session === this.#pending) {
      this.#failed(reason === 'bye' ? 'no-answer' : reason, session.farewell);
    } else if (session === this.current && FATAL.has(reason)) {
      // Not even the last picture remains.
      this.#drop(session);
      this.#failed(reason, session.farewell);
    } else if (session === this.current && !this.#pending) {
      // A robot that said good-bye needs a moment to come back.
      if (reason === 'bye' || session.farewell) this.#askLater();
      else this.#ask();
    }
    this.#changed();
  }

  /** @param {string} code @param {string} message */
  #onError(code, message) {
    if (code === 'no-robot' || code === 'robot-gone') {
      this.robot = code === 'no-robot' && this.robot !== 'gone' ? 'absent' : 'gone';
      this.current?.doubt();
      // The relay sends `ready` when it is there.
      clearTimeout(this.#again);
      this.trouble = null;
      if (this.#pending && !this.#pending.answered) this.#drop(this.#pending);
      return;
    }
    // The robot's list says what there is to choose from.
    if (code === 'no-camera') this.#offerCamera = false;
    if (this.#pending || !this.current?.healthy) this.#failed(code, message);
  }

  /** @param {string} code @param {string} message */
  #failed(code, message) {
    this.#drop(this.#pending);
    this.#failures += 1;
    // One failure on the way may be chance, and the next attempt is already under way.
    const vague = code === 'closed' || code === 'disconnected' || code === 'failed';
    if (!vague || this.#failures > 1) this.trouble = { code: vague ? 'no-path' : code, message };
    if (!FATAL.has(code)) this.#askLater();
  }

  /** Ask for a fresh session id. */
  #ask() {
    clearTimeout(this.#again);
    if (this.#pending || this.current?.healthy) return;
    // Otherwise `ready` comes by itself: with the robot, or with the next socket.
    if (this.robot === 'present') this.#renew();
  }

  #renew() {
    if (this.signaling.send({ type: 'renew' })) this.#expect();
  }

  #askLater() {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#ask(), this.#delays.next().value);
  }

  /** The relay owes an answer. */
  #expect() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.signaling.restart(), Math.min(
      LONGEST_RELAY_TIME, Math.max(RELAY_TIME, 4 * this.signaling.opening)));
  }

  /** @param {Session | null} session */
  #drop(session) {
    if (!session) return;
    if (session === this.#pending) this.#pending = null;
    session.close();
    if (session === this.current) this.#setCurrent(null);
  }

  /** @param {Session | null} session */
  #setCurrent(session) {
    if (session === this.current) return;
    this.current = session;
    this.dispatchEvent(new Event('session'));
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}
