// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The connection to a robot, which outlives its sessions: it sets a session up, notices when it is
 * broken, and sets up a new one beside it, which replaces it when it shows a picture.
 */

import { CameraSelection } from './session/camera_selection.js';
import { Handover } from './session/handover.js';
import { CLOSED_CODES, detailOf, Emitter, FATAL_CODES } from './messages.js';
import { isWebRtcSupported, SparePeerConnection } from './session/peer_connection.js';
import { Retry } from './signaling/retry.js';
import { Session } from './session/session.js';
import { Signaling } from './signaling/signaling.js';
import { SlotStates } from './session/slot_states.js';

/**
 * @typedef {import('./messages.js').Message} Message
 * @typedef {import('./messages.js').Ready} Ready
 *
 * @typedef {object} ConnectionOptions
 * @property {string} url of the signaling WebSocket, see `signalingUrl`
 * @property {number} [slots] how many cameras can be shown at once; 1 by default
 * @property {string | null} [camera] for the first slot; by default the robot's choice
 * @property {import('./session/proof.js').Invite | null} [invite] see `readInvite`
 * @property {(robot: string) => string} [preferredCamera] the camera to begin with if the robot of
 *   this name has it and none was given; '': no preference
 * @property {(stream: MediaStream, ended: AbortSignal) => Promise<void>} [firstPicture] resolves
 *   when a stream has a picture to show; without it a new session replaces the old one after a
 *   while
 * @property {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null} [memory] keeps for the tab
 *   that no WebSocket gets through
 */

// A page that waits for its robot asks this often, since it cannot see that its socket is dead.
const PRESENCE_PERIOD_MS = 15000;

/** @param {Session} session */
const toldBy = (session) => (session.hello ? [session.hello, ...session.lastSent.messages] : []);

/**
 * Events: `change` when any property has changed; `session` when `.session` is another one; and
 * those of that session: `control` and `teleop` with a message, `app` with what an RTCBot robot
 * sent. What a session's robot told before it replaced another one is told again after `session`.
 */
export class RobotConnection extends Emitter {
  /** The session that is shown. @type {Session | null} */
  session = null;
  /** What the robot of `.session` tells of each slot. */
  slots = new SlotStates();
  signaling;
  selection;
  #options;
  #slotCount;
  #spare = new SparePeerConnection();
  /** The session that is being set up; `.session` itself if there was nothing on the screen to keep.
   * @type {Session | null} */
  #pending = null;
  #retry = new Retry(() => this.#requestSession());
  #sendsCamera = true;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #presenceTimer;
  #handover = new Handover();

  /** @param {ConnectionOptions} options */
  constructor(options) {
    super();
    this.#options = options;
    this.#slotCount = options.slots ?? 1;
    this.selection = new CameraSelection(this.#slotCount, options.camera ?? null,
      options.preferredCamera);
    this.signaling = new Signaling(options.url, options.memory);
    this.signaling.on('state', () => this.#onSignalingState());
    this.signaling.on('ready', (ready) => {
      this.#onReady(ready);
      this.emit('change');
    });
    this.signaling.on('message', (message) => this.#onMessage(message));
  }

  /** Connect, unless this browser has no WebRTC. */
  start() {
    if (isWebRtcSupported()) {
      this.signaling.start();
      // While the relay is reached and asks the robot.
      this.#spare.prepare();
      clearInterval(this.#presenceTimer);
      this.#presenceTimer = setInterval(() => {
        if (!this.#pending && this.signaling.robot !== 'present') this.signaling.renew();
      }, PRESENCE_PERIOD_MS);
    }
    this.emit('change');
  }

  /** Close everything, here and at the robot. */
  stop() {
    this.#retry.cancel();
    clearInterval(this.#presenceTimer);
    this.#drop(this.#pending);
    this.#drop(this.session);
    this.signaling.stop();
    this.#spare.close();
    this.#setSession(null);
  }

  /** Try again at once: a person asks for it, or the network is back. */
  retry() {
    this.#retry.reset();
    // In another network the old socket is dead without knowing it.
    if (this.signaling.state !== 'open' || !this.session?.healthy) this.signaling.restart();
    this.emit('change');
  }

  /**
   * Go over from a session that is lost to one that is up already and waits for its first picture:
   * for what cannot wait.
   */
  takeOver() {
    if (this.session?.state !== 'up') this.#handover.hurry();
  }

  /** Make no attempt: it could only fail. @param {string} code of docs/protocol.md */
  giveUp(code) {
    this.#retry.failure = { code, message: '' };
    this.emit('change');
  }

  /** Signaling goes over TLS. */
  get isSecure() {
    return /^wss:/.test(this.#options.url);
  }

  /** Signaling goes to another host than this. @param {string} host with its port */
  isForeign(host) {
    return new URL(this.#options.url).host !== host;
  }

  /** Why the newest attempt failed, see `Retry.failure`. */
  get failure() {
    return this.#retry.failure;
  }

  /** The state of the session that is shown. */
  get link() {
    const state = this.session?.state;
    return state === 'up' || state === 'lost' || state === 'setup' ? state : 'none';
  }

  /** A new attempt can only fail like the newest one: only `retry` makes one. */
  get hasFailedForGood() {
    return this.link !== 'up' && !!this.failure && FATAL_CODES.has(this.failure.code);
  }

  /** The robot lets this person in no more, or not yet: nothing of it may be on the screen. */
  get isClosed() {
    return this.link !== 'up' && !!this.failure && CLOSED_CODES.has(this.failure.code);
  }

  /**
   * Show a camera in a slot, or no camera.
   * @param {number} slot
   * @param {string | null} camera
   */
  select(slot, camera) {
    if (camera !== (this.selection.chosen[slot] ?? null)) this.slots.expectNew(slot);
    this.#sendSelection([this.selection.select(slot, camera)]);
  }

  /**
   * Ask for no pictures while nobody looks, then again for what is chosen.
   * @param {boolean} paused
   */
  pause(paused) {
    this.#sendSelection(this.selection.pause(paused));
  }

  /**
   * Call a function with each message of the robot of some types, and with those it sent before.
   * @param {Record<string, (message: Message) => void>} handlers by type
   */
  handle(handlers) {
    /** @param {Message} message */
    const take = (message) => {
      if (Object.hasOwn(handlers, message.type)) handlers[message.type](message);
    };
    this.on('control', take);
    // What is loaded later has missed them. Not at once: who asks is still being made.
    const { session } = this;
    if (session) queueMicrotask(() => session === this.session && toldBy(session).forEach(take));
  }

  /** @param {import('./session/camera_selection.js').Select[]} messages */
  #sendSelection(messages) {
    for (const session of new Set([this.session, this.#pending])) {
      if (session?.state === 'up') messages.forEach((message) => session.sendControl(message));
    }
    this.emit('change');
  }

  #onSignalingState() {
    // The offer is lost with the socket.
    if (this.signaling.state !== 'open' && this.#pending
      && !this.#pending.negotiation.answered) this.#drop(this.#pending);
    this.emit('change');
  }

  /** @param {Message} message of the relay */
  #onMessage(message) {
    const pending = this.#pending;
    const isOurs = pending && message.session === pending.id;
    if (message.type === 'answer' && isOurs) pending.answer(String(message.sdp));
    else if (message.type === 'close' && isOurs) pending.onClosedByRobot();
    else if (message.type === 'error' && (isOurs || message.session === undefined)) {
      this.#onError(String(message.code), String(message.message ?? ''));
    }
    this.emit('change');
  }

  /** @param {Ready} ready */
  #onReady(ready) {
    this.#retry.cancel();
    // The session does not depend on the robot's link to the relay, which has come back. But the
    // robot may have come back in another network, or as another process.
    this.session?.liveness.expectSoon();
    if (this.session?.healthy || this.#pending?.state === 'up') return;
    this.#drop(this.#pending);
    this.#begin(ready);
  }

  /** @param {Ready} ready */
  #begin(ready) {
    console.debug('rtc_bridge: setting up session', ready.session.slice(0, 8), 'as', ready.kind);
    /** @type {Session} */
    let session;
    try {
      session = new Session(ready, this.#slotCount, this.#spare.take(ready.ice_servers ?? []),
        (message) => this.signaling.send(message), this.#options.invite);
    } catch (error) {
      console.warn('rtc_bridge: this browser makes no peer connection:', error);
      this.#fail('internal', String(error));
      return;
    }
    this.#pending = session;
    session.on('connected', () => this.#onConnected(session));
    session.on('lost', (reason) => this.#onLost(session, reason));
    session.on('control', (message) => this.#onControl(session, message));
    for (const type of ['control', 'teleop', 'app']) {
      session.addEventListener(type, (event) => {
        if (session === this.session) this.emit(type, detailOf(event));
      });
    }
    if (!this.session) this.#setSession(session);
    const camera = this.#sendsCamera ? this.selection.chosen[0] ?? null : null;
    session.negotiation.offer(camera).catch((error) => {
      console.warn('rtc_bridge: this browser makes no offer:', error);
      if (session === this.#pending) this.#fail('internal', String(error));
    });
  }

  /** @param {Session} session */
  #onConnected(session) {
    this.#retry.onSuccess();
    if (session === this.session) {
      this.#pending = null;
    } else {
      this.#handover.prepare(() => {
        if (session !== this.#pending) return;
        const old = this.session;
        this.#pending = null;
        this.#setSession(session);
        old?.close('replaced');
      }, this.#options.firstPicture?.(session.streams[0], session.ended));
    }
    this.emit('change');
  }

  /** @param {Session} session @param {Message} message */
  #onControl(session, message) {
    if (message.type === 'hello' || message.type === 'cameras') {
      this.selection.onMessage(message).forEach((one) => session.sendControl(one));
      this.emit('change');
    }
    if (message.type === 'slot' && session === this.session) this.slots.onSlot(message);
  }

  /** @param {Session} session @param {string} reason */
  #onLost(session, reason) {
    if (session === this.#pending) {
      this.#fail(reason === 'bye' ? 'no-answer' : reason, session.endReason);
    } else if (session === this.session && CLOSED_CODES.has(reason)) {
      // Not even the last picture may stay on the screen.
      this.#drop(session);
      this.#fail(reason, session.endReason);
    } else if (session === this.session && !this.#pending) {
      // A robot that said why it ends the session needs a moment to come back.
      if (reason === 'bye' || session.endReason) this.#retry.later();
      else this.#requestSession();
    }
    this.emit('change');
  }

  /** @param {string} code @param {string} message */
  #onError(code, message) {
    if (code === 'no-robot' || code === 'robot-gone') {
      this.signaling.noteAbsence(code);
      this.session?.liveness.expectSoon();
      // The relay sends `ready` when the robot is there.
      this.#retry.cancel();
      this.#retry.failure = null;
      if (this.#pending && !this.#pending.negotiation.answered) this.#drop(this.#pending);
      return;
    }
    // The next offer leaves the choice to the robot; its list then tells what there is.
    if (code === 'no-camera') this.#sendsCamera = false;
    if (this.#pending || !this.session?.healthy) this.#fail(code, message);
  }

  /** @param {string} code @param {string} message */
  #fail(code, message) {
    const ice = this.#pending?.ice.found;
    this.#drop(this.#pending);
    this.#retry.onFailure(code, message, ice);
  }

  #requestSession() {
    this.#retry.cancel();
    if (this.#pending || this.session?.healthy) return;
    // While the robot is absent, the relay sends `ready` by itself when it comes.
    if (this.signaling.robot === 'present') this.signaling.renew();
  }

  /** @param {Session | null} session */
  #drop(session) {
    if (!session) return;
    if (session === this.#pending) this.#pending = null;
    session.close();
    if (session === this.session) this.#setSession(null);
  }

  /** @param {Session | null} session */
  #setSession(session) {
    if (session === this.session) return;
    this.session = session;
    this.slots = new SlotStates();
    const told = session ? toldBy(session) : [];
    for (const message of told) if (message.type === 'slot') this.slots.onSlot(message);
    this.emit('session');
    for (const message of told) this.emit('control', message);
    this.emit('change');
  }
}
