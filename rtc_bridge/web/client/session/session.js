// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** One session with the robot: a peer connection, its channels, and the proof of both ends. */

import { IceReport } from './ice_report.js';
import { LastSent } from './last_sent.js';
import { Liveness } from './liveness.js';
import { Emitter, parseAny, parseObject } from '../messages.js';
import { Negotiation } from './negotiation.js';
import { fingerprintOf, Handshake } from './proof.js';
import { sessionMedia } from './session_media.js';

/**
 * @typedef {import('../messages.js').Message} Message
 * @typedef {import('../messages.js').Ready} Ready
 */

// Until the channel `control` is open and the robot has said hello, ms.
const SETUP_TIMEOUT_MS = 15000;
// A session that the robot ends earlier has another reason than the path.
const MIN_TRIED_S = 3;
// The robot's `bye` tells why, and may come later than the relay's news that the session is over.
const BYE_TIMEOUT_MS = 1000;
// Commands that would wait behind so many bytes are not sent: they would be too old.
const MAX_TELEOP_BACKLOG = 2048;

/**
 * A session is set up once and never again: `setup`, `up`, then `lost` (it failed, or the robot
 * ended it) or `closed` (this page ended it).
 *
 * Events: `connected`; `lost` with the reason as a code of docs/protocol.md; `control` and
 * `teleop` with a message of the robot; `app` with what a robot of RTCBot's sent.
 */
export class Session extends Emitter {
  /** @type {'setup' | 'up' | 'lost' | 'closed'} */
  state = 'setup';
  /** What the robot told of itself. @type {Message | null} */
  hello = null;
  /** The robot's words for why it ended the session; '' if it said nothing. */
  endReason = '';
  /** The newest messages of the robot that describe a state. */
  lastSent = new LastSent();
  /** One stream for each slot. @type {MediaStream[]} */
  streams;
  /** What goes beside the pictures. */
  media;
  liveness;
  negotiation;
  /** What was tried to find a path. */
  ice;
  id;
  kind;
  #pc;
  #transceivers;
  #control;
  /** @type {RTCDataChannel | null} */
  #teleop = null;
  #services = 0;
  #signal;
  #handshake;
  #end = new AbortController();
  #setupTimer;

  /**
   * @param {Ready} ready
   * @param {number} slots
   * @param {RTCPeerConnection} pc
   * @param {(message: {type: string, [member: string]: any}) => boolean} signal sends to the relay
   * @param {import('./proof.js').Invite | null} invite to prove; the robot has to prove it, too
   */
  constructor(ready, slots, pc, signal, invite = null) {
    super();
    this.#handshake = new Handshake(invite);
    this.id = ready.session;
    this.kind = ready.kind;
    this.#signal = signal;
    this.#pc = pc;
    this.ice = new IceReport(pc, ready.ice_servers ?? [], this.#end.signal);
    const isRtcbot = ready.kind === 'rtcbot';
    this.#transceivers = Array.from({ length: isRtcbot ? 1 : slots },
      () => pc.addTransceiver('video', { direction: 'recvonly' }));
    this.streams = this.#transceivers.map(({ receiver }) => new MediaStream([receiver.track]));
    this.setJitterTarget(0);
    this.media = sessionMedia(pc, this.#transceivers, isRtcbot);
    this.#control = pc.createDataChannel(isRtcbot ? 'default' : 'control');
    if (!isRtcbot) {
      this.#teleop = pc.createDataChannel('teleop', { ordered: false, maxRetransmits: 0 });
    }
    this.negotiation = new Negotiation(pc, ready, signal, this.#end.signal);
    this.liveness = new Liveness((id) => this.sendControl({ type: 'ping', id }),
      () => this.#lose('silent'));
    this.#listen(isRtcbot);
    this.#setupTimer = setTimeout(
      () => this.#lose(this.negotiation.answered ? 'no-path' : 'no-answer'), SETUP_TIMEOUT_MS);
  }

  /** Take the robot's answer to the offer. @param {string} sdp */
  async answer(sdp) {
    if (this.negotiation.answered || this.state === 'closed') return;
    this.negotiation.answered = true;
    this.ice.noteAnswer(sdp);
    if (this.#handshake.required && !fingerprintOf(sdp)) {
      this.#lose('bad-sdp');
      return;
    }
    try {
      await this.negotiation.accept(sdp);
    } catch (error) {
      console.warn('rtc_bridge: the answer of the robot cannot be used:', error);
      this.#lose('bad-answer');
    }
  }

  /**
   * The streams that may be shown: with an invite, none before the robot has proved itself.
   * @returns {MediaStream[]}
   */
  get trustedStreams() {
    return this.#handshake.trusted ? this.streams : [];
  }

  /** The sound that may be heard, as for the streams. @returns {MediaStream | null} */
  get trustedSound() {
    return this.#handshake.trusted ? this.media.sound : null;
  }

  /** True if the robot gave a sign of life within the last second. */
  get healthy() {
    // Robots of RTCBot's answer no ping.
    return this.state === 'up' && (this.kind === 'rtcbot' || this.liveness.recent);
  }

  /** Aborts when this page closes the session. */
  get ended() {
    return this.#end.signal;
  }

  /** The relay tells that the robot has ended this session. */
  onClosedByRobot() {
    // Where the channel is open, the robot's `bye` on it tells why. A robot that has answered ends
    // a session to which it finds no path within its time.
    if (this.#control.readyState !== 'open') {
      const found = this.#pc.connectionState === 'connected' || this.ice.seconds < MIN_TRIED_S;
      this.#lose(this.negotiation.answered && !found ? 'no-path' : 'no-answer');
    } else setTimeout(() => this.#lose('no-answer'), BYE_TIMEOUT_MS);
  }

  /** Send on the reliable channel `control`. @param {object} message */
  sendControl(message) {
    if (this.#control.readyState === 'open') this.#control.send(JSON.stringify(message));
  }

  /** Send on the unreliable channel `teleop`. @param {object} message */
  sendTeleop(message) {
    const channel = this.#teleop;
    if (channel?.readyState !== 'open' || channel.bufferedAmount > MAX_TELEOP_BACKLOG) return;
    channel.send(JSON.stringify(message));
  }

  /**
   * Return a new channel to a program on the robot, see `openService`.
   * @param {string} name of the service
   */
  createServiceChannel(name) {
    this.#services += 1;
    return this.#pc.createDataChannel(`service/${name}/${this.#services}`);
  }

  /** Let the browser hold frames back, where it can. @param {number} ms 0: show each at once */
  setJitterTarget(ms) {
    for (const { receiver } of this.#transceivers) {
      if ('jitterBufferTarget' in receiver && receiver.jitterBufferTarget !== ms) {
        receiver.jitterBufferTarget = ms;
      }
    }
  }

  /** Return the browser's statistics of the connection. */
  getStats() {
    return this.#pc.getStats();
  }

  /** The RTP timestamp of the newest frame received in a slot. @param {number} slot */
  newestRtpTimestamp(slot) {
    const [source] = this.#transceivers[slot]?.receiver.getSynchronizationSources?.() ?? [];
    return source?.rtpTimestamp ?? null;
  }

  /** The m-line id of a slot, as `getStats` names it. @param {number} slot */
  mid(slot) {
    return this.#transceivers[slot]?.mid ?? '';
  }

  close(reason = 'left') {
    if (this.state === 'closed') return;
    if (this.kind !== 'rtcbot') this.sendControl({ type: 'bye', reason });
    this.#signal({ type: 'close', session: this.id });
    this.state = 'closed';
    clearTimeout(this.#setupTimer);
    this.liveness.stop();
    this.#end.abort();
    this.#pc.close();
  }

  /** @param {boolean} isRtcbot */
  #listen(isRtcbot) {
    const options = { signal: this.#end.signal };
    const pc = this.#pc;
    pc.addEventListener('connectionstatechange', () => {
      if (/^(disconnected|failed|closed)$/.test(pc.connectionState)) {
        this.#lose(this.state === 'setup' ? 'no-path' : pc.connectionState);
      }
    }, options);
    const channel = this.#control;
    channel.addEventListener('open', () => {
      if (!isRtcbot) this.liveness.start();
      // Such a robot cannot prove itself.
      else if (this.#handshake.required) this.#lose('impostor');
      // The answer says what else such a robot takes and sends.
      else this.negotiation.settled.then(() => this.#connected());
    }, options);
    channel.addEventListener('close', () => this.#lose('closed'), options);
    channel.addEventListener('message', ({ data }) => {
      this.liveness.heard();
      if (!isRtcbot) this.#onControl(parseObject(data));
      else if (!this.#handshake.required) this.emit('app', parseAny(data));
    }, options);
    this.#teleop?.addEventListener('message', ({ data }) => {
      this.liveness.heard();
      const message = parseObject(data);
      if (message) this.emit('teleop', message);
    }, options);
  }

  /** @param {Message | null} message */
  #onControl(message) {
    if (!message) return;
    if (message.type === 'pong') {
      this.liveness.onPong(message);
    } else if (message.type === 'bye') {
      this.endReason = String(message.reason ?? '');
      this.#lose(typeof message.code === 'string' ? message.code : 'bye');
    } else if (message.type === 'challenge') {
      this.#prove(message);
    } else if (message.type === 'proven') {
      if (!this.#handshake.verify(message.mac)) this.#lose('impostor');
    } else if (this.#handshake.trusted) {
      if (message.type === 'hello' && !this.hello) {
        this.hello = message;
        this.#connected();
      }
      this.lastSent.note(message);
      this.emit('control', message);
    }
  }

  /** @param {Message} challenge */
  async #prove(challenge) {
    // The channel may be open before the page is told that the robot's answer is applied.
    await this.negotiation.settled;
    if (this.state !== 'setup') return;
    const { localDescription: page, remoteDescription: robot } = this.#pc;
    const { prove, error } = this.#handshake.answer(challenge, page?.sdp ?? '', robot?.sdp ?? '');
    if (prove) this.sendControl(prove);
    if (error) {
      console.debug('rtc_bridge: no proof is possible; descriptions:', page?.type, robot?.type);
      this.#lose(error);
    }
  }

  #connected() {
    if (this.state !== 'setup') return;
    this.state = 'up';
    this.liveness.heard();
    clearTimeout(this.#setupTimer);
    this.emit('connected');
  }

  /** @param {string} reason */
  #lose(reason) {
    if (this.state === 'lost' || this.state === 'closed') return;
    console.debug('rtc_bridge: session', this.id.slice(0, 8), 'is lost:', reason);
    this.state = 'lost';
    clearTimeout(this.#setupTimer);
    this.emit('lost', reason);
  }
}
