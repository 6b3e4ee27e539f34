// What a session takes of a browser: a socket, a peer connection and its channels, which do nothing
// by themselves.

/** Sockets in the order in which they were made. */
export const sockets = [];
/** Peer connections in the order in which they were made. */
export const peers = [];

export class FakeSocket {
  static OPEN = 1;
  readyState = 0;
  sent = [];

  constructor(url, protocol) {
    Object.assign(this, { url, protocol });
    sockets.push(this);
  }

  open() {
    this.readyState = 1;
    this.onopen();
  }

  hear(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }
}

class FakeChannel extends EventTarget {
  readyState = 'connecting';
  bufferedAmount = 0;
  sent = [];

  open() {
    this.readyState = 'open';
    this.dispatchEvent(new Event('open'));
  }

  hear(message) {
    this.dispatchEvent(Object.assign(new Event('message'), { data: JSON.stringify(message) }));
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }
}

export class FakePeer extends EventTarget {
  channels = {};
  connectionState = 'new';
  iceGatheringState = 'new';
  localDescription = { sdp: 'the offer' };

  constructor() {
    super();
    peers.push(this);
  }

  addTransceiver() {
    return { receiver: { track: {} }, mid: '0' };
  }

  createDataChannel(label) {
    this.channels[label] = new FakeChannel();
    return this.channels[label];
  }

  async setLocalDescription() {}

  async setRemoteDescription() {}

  /** Be connected: the robot opens the session with its hello. */
  connect(hello) {
    Object.values(this.channels).forEach((channel) => channel.open());
    this.channels.control.hear({ type: 'hello', cameras: [{ name: 'front' }], ...hello });
  }

  close() {
    this.connectionState = 'closed';
  }
}

/** Give a test these instead of the browser's, and time that it moves. @param {TestContext} t */
export function useFakePeers(t) {
  sockets.length = peers.length = 0;
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  Object.assign(globalThis, { WebSocket: FakeSocket, RTCPeerConnection: FakePeer,
    MediaStream: class { constructor(tracks) { this.tracks = tracks; } } });
  return t.mock.timers;
}
