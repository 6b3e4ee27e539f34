// Watches a sender over RTCBot's POST /connect and reads the time stamps drawn into its pictures.
// ?connect=URL&viewers=N, &wait=1 to connect only at bench.connect(), and &drive=1 to take the robot's
// lease over the bridge's own channels; the harness calls bench.ready(), bench.begin() and bench.end().

const scriptStart = performance.now();

// As rtc_bridge/sim/frame_stamp.py draws them.
const BLOCK = 16, COLUMNS = 28, ROWS = 2;
const WRAP = 2 ** 48;

const parameters = new URLSearchParams(location.search);
const video = document.querySelector('video');
const canvas = new OffscreenCanvas(COLUMNS * BLOCK, ROWS * BLOCK);
const context = canvas.getContext('2d', {willReadFrequently: true});
const connections = [];
let frames = null;  // Array while a measurement runs.
let before = null;
let samples = [];
let sampling = 0;
let sourceWidth = 0;

// performance.timeOrigin is read once from the wall clock, and may be off by now: the offset is
// taken where Date.now() steps. Milliseconds from performance.now() to the wall clock.
function measureOffset() {
  const offsets = [];
  for (let i = 0; i < 9; i++) {
    const start = Date.now();
    let tick = start;
    while (tick === start) tick = Date.now();
    offsets.push(tick - performance.now());
  }
  return offsets.sort((a, b) => a - b)[4];
}

// Returns microseconds, or null where no stamp can be read.
function readStamp() {
  const scale = sourceWidth ? video.videoWidth / sourceWidth : 1;
  context.drawImage(video, 0, 0, canvas.width * scale, canvas.height * scale,
                    0, 0, canvas.width, canvas.height);
  const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
  const rows = [];
  for (let row = 0; row < ROWS; row++) {
    let bits = 0;
    for (let column = 0; column < COLUMNS; column++) {
      let sum = 0;
      for (let y = row * BLOCK + 4; y < row * BLOCK + 12; y++) {
        for (let x = column * BLOCK + 4; x < column * BLOCK + 12; x++) {
          sum += data[(y * canvas.width + x) * 4 + 1];
        }
      }
      bits = bits * 2 + (sum > 128 * 64 ? 1 : 0);
    }
    rows.push(bits);
  }
  const halves = rows.map(bits => Math.floor(bits / 16));
  const checksum = (rows[0] & 15) * 16 + (rows[1] & 15);
  let sum = 0xa5;
  for (const half of halves) sum += (half >> 16) + (half >> 8 & 255) + (half & 255);
  return sum % 256 === checksum ? halves[0] * 2 ** 24 + halves[1] : null;
}

function onFrame(now, metadata) {
  const shown = performance.now();
  video.requestVideoFrameCallback(onFrame);
  if (frames === null) return;
  frames.push({
    stamp: readStamp(), shown, received: metadata.receiveTime,
    decoding: metadata.processingDuration, presented: metadata.presentationTime,
    count: metadata.presentedFrames,
  });
}

async function connect(onTrack) {
  const pc = new RTCPeerConnection({iceServers: []});
  connections.push(pc);
  if (parameters.has('drive')) {
    const control = pc.createDataChannel('control');
    control.onopen = () => control.send('{"type": "want", "lease": true}');
    pc.createDataChannel('teleop', {ordered: false, maxRetransmits: 0});
  } else {
    // RTCBot's pages have this channel.
    pc.createDataChannel('default');
  }
  pc.addTransceiver('video', {direction: 'recvonly'});
  pc.ontrack = event => onTrack(new MediaStream([event.track]));
  const connected = new Promise((resolve, reject) => {
    pc.onconnectionstatechange = () => {
      if (pc.connectionState === 'connected') resolve();
      if (pc.connectionState === 'failed') reject(new Error('the connection failed'));
    };
  });
  await pc.setLocalDescription();
  while (pc.iceGatheringState !== 'complete') {
    await new Promise(resolve => { pc.onicegatheringstatechange = resolve; });
  }
  const {type, sdp} = pc.localDescription;
  const response = await fetch(parameters.get('connect'),
                               {method: 'POST', body: JSON.stringify({type, sdp})});
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  await pc.setRemoteDescription(await response.json());
  await connected;
}

async function stats() {
  const all = [];
  for (const pc of connections) {
    const report = await pc.getStats();
    for (const entry of report.values()) {
      if (entry.type === 'inbound-rtp' && entry.kind === 'video') {
        const codec = report.get(entry.codecId);
        all.push({...entry, codec: codec ? codec.mimeType : ''});
      }
    }
  }
  return all;
}

async function sample() {
  const [entry] = await stats();
  if (entry) {
    samples.push({at: entry.timestamp, bytes: entry.bytesReceived, width: entry.frameWidth,
                  height: entry.frameHeight, decoded: entry.framesDecoded});
  }
}

async function start() {
  const first = new Promise(resolve => video.requestVideoFrameCallback(
    () => resolve(performance.now() - scriptStart)));
  await connect(stream => { video.srcObject = stream; });
  const firstFrame = await first;
  video.requestVideoFrameCallback(onFrame);
  for (let i = 1; i < Number(parameters.get('viewers') || 1); i++) await connect(() => {});
  return firstFrame;
}

let go;
const started = (parameters.has('wait') ? new Promise(resolve => { go = resolve; })
  : Promise.resolve()).then(start);
started.catch(() => {});  // ready() tells.

window.bench = {
  connect: () => go(),

  // Returns milliseconds from the start of this script to the first picture.
  ready: () => started,

  // width: of the pictures that were stamped; period: of samples of the shown viewer, in ms.
  async begin(width, period) {
    sourceWidth = width;
    before = await stats();
    samples = [];
    if (period) sampling = setInterval(sample, period);
    frames = [];
  },

  // Returns each shown picture, times in ms of performance.now(), and each viewer's stats at both
  // ends of the window; samples' times are of the wall clock.
  async end() {
    clearInterval(sampling);
    const result = {frames, samples, before, after: await stats(), wrap: WRAP,
                    offset: measureOffset(), size: [video.videoWidth, video.videoHeight]};
    frames = null;
    return result;
  },

  close() {
    for (const pc of connections) pc.close();
  },
};
