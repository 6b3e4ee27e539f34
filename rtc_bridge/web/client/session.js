// @ts-check
/** One peer connection to the robot: video slots, channels, and the signs of its life. */

import { RobotClock } from './delays.js';
import { fingerprintOf, Handshake } from './proof.js';
import { Said } from './last_sent.js';
import { parseObject } from './signaling.js';

/**
 * @typedef {{session: string, kind: string, trickle: boolean, ice_servers: RTCIceServer[]}} Ready
 * @typedef {Record<string, any>} Message
 */

const PING_PERIOD = 500;
const SILENCE = 2000;
const SETUP_TIME = 15000;
// A STUN server that does not answer holds gathering up for longer.
const GATHERING_TIME = 3000;
// A robot's good-bye comes by another way than the news that a session is over.
const FAREWELL_TIME = 1000;
// Motion that has to wait here is too old to be sent.
const TELEOP_BACKLOG = 2048;

/** False in browsers, or with settings, that have no WebRTC. */
export const supported = () => typeof RTCPeerConnection === 'function'
  && 'addTransceiver' in RTCPeerConnection.prototype;

/** @param {RTCIceServer[]} iceServers */
export const makePeer = (iceServers = []) => new RTCPeerConnection(
  { iceServers, bundlePolicy: 'max-bundle' });

/**
 * Events: `connected`, `lost` (`detail`: why, as a code), `control` and `teleop` (`detail`: a message from
 * the robot), `app` (`detail`: what an RTCBot robot sent), `picture` (after `awaitPicture`).
 */
export class Session extends EventTarget {
  /** @type {'setup' | 'up' | 'lost' | 'closed'} */
  state = 'setup';
  /** @type {Message | null} */
  hello = null;
  /** Round trip of the newest ping, ms. @type {number | null} */
  rtt = null;
  /** The robot's clock, as far as pings tell. */
  clock = new RobotClock();
  answered = false;
  /** What the robot says of the end. */
  farewell = '';
  said = new Said();
  /** When the robot was last heard, by `performance.now()`. */
  heard = 0;
  /** One stream for each slot. @type {MediaStream[]} */
  streams;
  id;
  kind;
  #pc;
  #transceivers;
  #channel;
  /** @type {RTCDataChannel | null} */
  #teleop = null;
  #signal;
  #trickle;
  #handshake;
  #end = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #setup;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #beat;
  #patience = SILENCE;
  /** @type {RTCIceCandidate[] | null} */
  #early = [];
  /** @type {(() => void) | null} */
  #gathered = null;

  /**
   * @param {Ready} ready
   * @param {number} slots
   * @param {(message: {type: string, [member: string]: any}) => boolean} signal sends to the relay
   * @param {RTCPeerConnection} pc
   * @param {import('./proof.js').Invite | null} invite to prove; the robot has to know it, too
   */
  constructor(ready, slots, signal, pc = makePeer(ready.ice_servers), invite = null) {
    super();
    this.#handshake = new Handshake(invite);
    this.id = ready.session;
    this.kind = ready.kind;
    this.#trickle = ready.trickle;
    this.#signal = signal;
    const legacy = ready.kind === 'rtcbot';
    this.#pc = pc;
    this.#transceivers = Array.from({ length: legacy ? 1 : slots },
      () => pc.addTransceiver('video', { direction: 'recvonly' }));
    this.streams = this.#transceivers.map(({ receiver }) => {
      if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
      return new MediaStream([receiver.track]);
    });
    this.#channel = pc.createDataChannel(legacy ? 'default' : 'control');
    if (!legacy) {
      this.#teleop = pc.createDataChannel('teleop', { ordered: false, maxRetransmits: 0 });
    }
    this.#listen(legacy);
    this.#setup = setTimeout(() => this.#lose(this.answered ? 'no-path' : 'no-answer'),
      SETUP_TIME);
  }

  /**
   * Send the offer.
   * @param {string | null} camera for the first slot
   */
  async offer(camera) {
    const pc = this.#pc;
    await pc.setLocalDescription();
    if (!this.#trickle) await this.#gathering();
    if (this.state === 'closed') return;
    const sdp = pc.localDescription?.sdp;
    this.#signal({
      type: 'offer', session: this.id, sdp, trickle: this.#trickle, ...(camera && { camera }),
    });
    const early = this.#early ?? [];
    this.#early = null;
    if (this.#trickle) for (const candidate of early) this.#sendCandidate(candidate);
    if (pc.iceGatheringState === 'complete') this.#sendCandidate(null);
  }

  /** @param {string} sdp */
  async answer(sdp) {
    if (this.answered || this.state === 'closed') return;
    this.answered = true;
    if (this.#handshake.wanted && !fingerprintOf(sdp)) {
      this.#lose('bad-sdp');
      return;
    }
    try {
      await this.#pc.setRemoteDescription({ type: 'answer', sdp });
    } catch (error) {
      console.warn('rtc_bridge: the answer cannot be used:', error);
      this.#lose('bad-answer');
    }
  }

  /** What may be shown: nothing of a robot that has yet to prove itself. @returns {MediaStream[]} */
  get pictures() {
    return this.#handshake.open ? this.streams : [];
  }

  /** True if the robot gave a sign of life within the last second. */
  get healthy() {
    if (this.state !== 'up') return false;
    // RTCBot's robots answer no ping.
    return this.kind === 'rtcbot' || performance.now() - this.heard < 1000;
  }

  /** There is reason to think that the robot is gone: it has half as long for a sign of life. */
  doubt() {
    this.#patience = SILENCE / 2;
  }

  /** The robot has ended this session, which is set up. Its channel, if it is open, tells why. */
  cut() {
    if (this.#channel.readyState !== 'open') this.#lose('no-answer');
    else setTimeout(() => this.#lose('no-answer'), FAREWELL_TIME);
  }

  /** @param {object} message */
  control(message) {
    if (this.#channel.readyState === 'open') this.#channel.send(JSON.stringify(message));
  }

  /** @param {object} message */
  teleop(message) {
    const channel = this.#teleop;
    if (channel?.readyState !== 'open' || channel.bufferedAmount > TELEOP_BACKLOG) return;
    channel.send(JSON.stringify(message));
  }

  stats() {
    return this.#pc.getStats();
  }

  /** RTP timestamp of the newest picture received in a slot. @param {number} slot */
  received(slot) {
    const [source] = this.#transceivers[slot]?.receiver.getSynchronizationSources?.() ?? [];
    return source?.rtpTimestamp ?? null;
  }

  /** The m-line id of a slot, as `getStats` names it. @param {number} slot */
  mid(slot) {
    return this.#transceivers[slot]?.mid ?? '';
  }

  /** Tell by the event `picture` when the first slot has one, without showing it. */
  awaitPicture() {
    const probe = document.createElement('video');
    probe.muted = true;
    probe.playsInline = true;
    const { signal } = this.#end;
    const done = () => { probe.srcObject = null; };
    probe.addEventListener('loadeddata', () => {
      done();
      this.dispatchEvent(new Event('picture'));
    }, { once: true, signal });
    signal.addEventListener('abort', done, { once: true });
    probe.srcObject = this.streams[0];
    probe.play().catch(() => {});
  }

  close(reason = 'left') {
    if (this.state === 'closed') return;
    if (this.kind !== 'rtcbot') this.control({ type: 'bye', reason });
    this.#signal({ type: 'close', session: this.id });
    this.state = 'closed';
    clearTimeout(this.#setup);
    clearInterval(this.#beat);
    this.#end.abort();
    this.#gathered?.();
    this.#pc.close();
  }

  /** @param {boolean} legacy */
  #listen(legacy) {
    const options = { signal: this.#end.signal };
    const pc = this.#pc;
    pc.addEventListener('icecandidate', ({ candidate }) => {
      if (this.#early) {
        if (candidate) this.#early.push(candidate);
      } else {
        this.#sendCandidate(candidate);
      }
    }, options);
    pc.addEventListener('icegatheringstatechange', () => {
      if (pc.iceGatheringState === 'complete') this.#gathered?.();
    }, options);
    pc.addEventListener('connectionstatechange', () => {
      if (/^(disconnected|failed|closed)$/.test(pc.connectionState)) {
        this.#lose(this.state === 'setup' ? 'no-path' : pc.connectionState);
      }
    }, options);
    const channel = this.#channel;
    channel.addEventListener('open', () => {
      if (!legacy) this.#startPing();
      else if (this.#handshake.wanted) this.#lose('impostor');
      else this.#connected();
    }, options);
    channel.addEventListener('close', () => this.#lose('closed'), options);
    channel.addEventListener('message', ({ data }) => {
      this.#hear();
      if (legacy && !this.#handshake.wanted) this.#emit('app', parseAny(data));
      else if (!legacy) this.#onControl(parseObject(data));
    }, options);
    this.#teleop?.addEventListener('message', ({ data }) => {
      this.#hear();
      const message = parseObject(data);
      if (message) this.#emit('teleop', message);
    }, options);
  }

  #hear() {
    this.heard = performance.now();
    this.#patience = SILENCE;
  }

  /** @param {Message | null} message */
  #onControl(message) {
    if (!message) return;
    if (message.type === 'pong') {
      const now = performance.now();
      if (Number.isFinite(message.id)) {
        this.rtt = Math.max(0, now - message.id);
        this.clock.add(message.id, now, message.time);
      }
    } else if (message.type === 'bye') {
      this.farewell = String(message.reason ?? '');
      this.#lose(typeof message.code === 'string' ? message.code : 'bye');
    } else if (message.type === 'challenge') {
      const { localDescription: page, remoteDescription: robot } = this.#pc;
      const { prove, trouble } = this.#handshake.answer(message, page?.sdp ?? '', robot?.sdp ?? '');
      if (prove) this.control(prove);
      if (trouble) this.#lose(trouble);
    } else if (message.type === 'proven') {
      if (!this.#handshake.accept(message.mac)) this.#lose('impostor');
    } else if (this.#handshake.open) {
      if (message.type === 'hello' && !this.hello) {
        this.hello = message;
        this.#connected();
      }
      this.said.note(message);
      this.#emit('control', message);
    }
  }

  #connected() {
    if (this.state !== 'setup') return;
    this.state = 'up';
    this.heard = performance.now();
    clearTimeout(this.#setup);
    this.#emit('connected');
  }

  #startPing() {
    let last = performance.now();
    this.heard = last;
    const beat = () => {
      const now = performance.now();
      // After a sleep of this computer the silence was ours: the robot gets its time again.
      if (now - last > 2 * PING_PERIOD) this.heard = Math.max(this.heard, now - SILENCE / 2);
      last = now;
      // The time of sending is the ping's id, so an answer needs no table to be measured.
      this.control({ type: 'ping', id: now });
      if (now - this.heard > this.#patience) this.#lose('silent');
    };
    beat();
    this.#beat = setInterval(beat, PING_PERIOD);
  }

  /** @param {string} reason */
  #lose(reason) {
    if (this.state === 'lost' || this.state === 'closed') return;
    this.state = 'lost';
    clearTimeout(this.#setup);
    this.#emit('lost', reason);
  }

  /** @param {RTCIceCandidate | null} candidate */
  #sendCandidate(candidate) {
    if (!this.#trickle) return;
    // Browsers end each generation with an empty one; null alone ends them all.
    if (candidate && !candidate.candidate) return;
    this.#signal({
      type: 'candidate', session: this.id, candidate: candidate?.candidate ?? '',
      ...(candidate && { sdpMid: candidate.sdpMid, sdpMLineIndex: candidate.sdpMLineIndex }),
    });
  }

  /** Wait until the local description holds all candidates, or for as long as that makes sense. */
  #gathering() {
    if (this.#pc.iceGatheringState === 'complete') return Promise.resolve();
    return new Promise((resolve) => {
      this.#gathered = () => resolve(undefined);
      setTimeout(resolve, GATHERING_TIME);
    });
  }

  /** @param {string} type @param {any} [detail] */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** RTCBot sends JSON, and some of its clients plain text. @param {any} text */
function parseAny(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
