// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

// The interface of RTCBot's browser library (https://rtcbot.readthedocs.io), for pages that were
// written for it. It differs on purpose in three ways:
// - There is no ICE server unless the page names one; RTCBot's library asks Google's.
// - Keys that are down are released when the window loses the focus, and a gamepad is at rest while
//   the page is hidden. Otherwise a robot would go on driving.
// - Typing in a text field, and shortcuts such as Ctrl-R, stay with the browser.

(function (root, factory) {
  if (typeof exports === 'object' && typeof module !== 'undefined') {
    factory(exports);
  } else if (typeof define === 'function' && define.amd) {
    define(['exports'], factory);
  } else {
    factory(root.rtcbot = {});
  }
})(typeof globalThis !== 'undefined' ? globalThis : self, function (rtcbot) {
  'use strict';

  const encode = (message) => (typeof message === 'string' ? message : JSON.stringify(message));

  // Video or audio of a connection: one stream in, one track out.
  class Media {
    constructor(pc, kind) {
      this._pc = pc;
      this._kind = kind;
      this._callback = null;
      this._wanted = false;
      this._sender = null;
      this.incomingStream = null;
      this.outgoingStream = null;
    }

    subscribe(callback) {
      this._callback = callback;
      this.offerToReceive();
    }

    offerToReceive() {
      this._wanted = true;
    }

    putSubscription(track) {
      this.outgoingStream = track;
      this._sender = this._pc.addTrack(track);
    }

    // Give the m-line of the offer the direction that the page asked for.
    _prepareOffer() {
      const transceiver = this._pc.getTransceivers().find((t) => t.sender === this._sender);
      if (transceiver) {
        transceiver.direction = this._wanted ? 'sendrecv' : 'sendonly';
      } else if (this._wanted) {
        this._pc.addTransceiver(this._kind, {direction: 'recvonly'});
      }
    }

    _onTrack(event) {
      this.incomingStream = event.streams[0] || new MediaStream([event.track]);
      if (this._callback) {
        this._callback(this.incomingStream);
      }
    }
  }

  class RTCConnection {
    constructor(defaultOrdered = true, rtcConfiguration = {iceServers: []}) {
      this._ordered = defaultOrdered;
      this._callback = (message) => console.log(message);
      this._channel = null;
      this._others = [];
      this._queue = [];
      this._pc = new RTCPeerConnection(rtcConfiguration);
      this.video = new Media(this._pc, 'video');
      this.audio = new Media(this._pc, 'audio');
      this._pc.addEventListener('track', (event) => {
        (event.track.kind === 'video' ? this.video : this.audio)._onTrack(event);
      });
      this._pc.addEventListener('datachannel', (event) => this._adopt(event.channel));
      // Pages use it as a callback: keyboard.subscribe(conn.put_nowait).
      this.put_nowait = this.put_nowait.bind(this);
    }

    _adopt(channel) {
      channel.addEventListener('message', (event) => this._callback(event.data));
      if (channel.label !== 'default') {
        this._others.push(channel);
        return;
      }
      this._channel = channel;
      channel.addEventListener('open', () => this._flush());
      this._flush();
    }

    _flush() {
      while (this._queue.length && this._channel && this._channel.readyState === 'open') {
        this._channel.send(this._queue.shift());
      }
    }

    // Return {sdp, type} with all candidates: an offer, or the answer to a remote description that
    // was given here or before.
    async getLocalDescription(remote = null) {
      if (remote && !this._pc.remoteDescription) {
        await this.setRemoteDescription(remote);
      }
      if (this._pc.remoteDescription) {
        await this._pc.setLocalDescription(await this._pc.createAnswer());
      } else {
        this._adopt(this._pc.createDataChannel('default', {ordered: this._ordered}));
        this.video._prepareOffer();
        this.audio._prepareOffer();
        await this._pc.setLocalDescription(await this._pc.createOffer());
      }
      await this._gathered();
      const {sdp, type} = this._pc.localDescription;
      return {sdp, type};
    }

    _gathered() {
      return new Promise((resolve) => {
        const check = () => {
          if (this._pc.iceGatheringState === 'complete') {
            this._pc.removeEventListener('icegatheringstatechange', check);
            resolve();
          }
        };
        this._pc.addEventListener('icegatheringstatechange', check);
        check();
      });
    }

    async setRemoteDescription(description) {
      await this._pc.setRemoteDescription(description);
    }

    // The callback gets the text as it came. RTCBot's robots send JSON, also for strings.
    subscribe(callback) {
      this._callback = callback;
    }

    // Send a string as it is, everything else as JSON; messages wait until the channel is open.
    put_nowait(message) {
      this._queue.push(encode(message));
      this._flush();
    }

    async close() {
      for (const channel of this._others) {
        channel.close();
      }
      if (this._channel) {
        this._channel.close();
      }
      this._pc.close();
    }
  }

  const editable = (target) => target instanceof Element
    && (target.isContentEditable || target.matches('input, textarea, select'));

  class Keyboard {
    constructor() {
      this._callback = console.log;
      this._down = new Map();
      this._listeners = [
        [window, 'keydown', (event) => this._onDown(event)],
        [window, 'keyup', (event) => this._onUp(event)],
        [window, 'blur', () => this._release()],
        [document, 'visibilitychange', () => document.hidden && this._release()],
      ];
      for (const [target, type, listener] of this._listeners) {
        target.addEventListener(type, listener);
      }
    }

    subscribe(callback) {
      this._callback = callback;
    }

    close() {
      for (const [target, type, listener] of this._listeners) {
        target.removeEventListener(type, listener);
      }
      this._release();
    }

    _onDown(event) {
      if (editable(event.target)) {
        return;
      }
      if (!event.ctrlKey && !event.metaKey) {
        event.preventDefault();
      }
      if (!event.repeat) {
        this._down.set(event.code || event.key, {keyCode: event.keyCode, key: event.key});
        this._send('keydown', event);
      }
    }

    _onUp(event) {
      const known = this._down.delete(event.code || event.key);
      if (!known && editable(event.target)) {
        return;
      }
      if (!event.ctrlKey && !event.metaKey) {
        event.preventDefault();
      }
      this._send('keyup', event);
      if (event.key === 'Meta') {
        // macOS does not tell which keys are released while Command is down.
        this._release();
      }
    }

    _release() {
      const down = [...this._down.values()];
      this._down.clear();
      for (const key of down) {
        this._send('keyup', {altKey: false, shiftKey: false, ...key});
      }
    }

    _send(type, {altKey, shiftKey, keyCode, key}) {
      this._callback({type, altKey, shiftKey, keyCode, key});
    }
  }

  // Browsers have no events for the buttons and axes of gamepads, so these are polled.
  const pads = {
    users: [],
    period: 100,
    timer: null,

    restart() {
      clearInterval(this.timer);
      document.addEventListener('visibilitychange', this.onHidden);
      this.timer = this.users.some(Boolean) ? setInterval(() => this.poll(), this.period) : null;
    },

    add(user) {
      const free = this.users.indexOf(null);
      this.users[free < 0 ? this.users.length : free] = user;
      this.restart();
    },

    remove(user) {
      const index = this.users.indexOf(user);
      if (index >= 0) {
        this.users[index] = null;
        this.restart();
      }
    },

    onHidden: () => document.hidden && pads.poll(),

    poll() {
      // In a hidden tab browsers tell nothing new: what was held then would stay so for ever.
      const now = document.hidden ? [] : navigator.getGamepads();
      this.users.forEach((user, index) => user && user._update(now[index] || null));
    },
  };

  class Gamepad {
    constructor() {
      this._callback = console.log;
      this._last = null;
      this.state = null;
      pads.add(this);
    }

    subscribe(callback) {
      this._callback = callback;
    }

    close() {
      pads.remove(this);
    }

    _update(pad) {
      if (!pad && !this._last) {
        return;
      }
      const last = this._last;
      // A gamepad that was removed is at rest.
      const next = pad
        ? {buttons: pad.buttons.map((button) => button.pressed), axes: [...pad.axes]}
        : {buttons: last.buttons.map(() => false), axes: last.axes.map(() => 0)};
      this.state = pad;
      this._last = pad && next;
      if (!last) {
        return;
      }
      next.buttons.forEach((value, index) => {
        if (value !== last.buttons[index]) {
          this._callback({type: 'btn' + index, value});
        }
      });
      next.axes.forEach((value, index) => {
        if (value !== last.axes[index]) {
          this._callback({type: 'axis' + index, value});
        }
      });
    }
  }

  class Queue {
    constructor() {
      this._items = [];
      this._waiting = [];
    }

    put_nowait(item) {
      if (this._waiting.length) {
        this._waiting.shift()(item);
      } else {
        this._items.push(item);
      }
    }

    async get() {
      if (this._items.length) {
        return this._items.shift();
      }
      return new Promise((resolve) => this._waiting.push(resolve));
    }
  }

  // Set how often gamepads are polled, in Hz.
  function setGamepadRate(rate) {
    pads.period = Math.round(1000 / rate);
    pads.restart();
  }

  Object.assign(rtcbot, {RTCConnection, Keyboard, Gamepad, Queue, setGamepadRate});
  Object.defineProperty(rtcbot, '__esModule', {value: true});
});
