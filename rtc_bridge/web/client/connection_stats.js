// @ts-check
/**
 * Figures of a connection from `RTCPeerConnection.getStats()`. Pure: two snapshots in, rates out.
 *
 * @typedef {{width: number, height: number, fps: number, kbps: number | null,
 *   loss: number | null, codec: string}} SlotFigures loss in parts of 1; null: not known yet
 * @typedef {{slots: Record<string, SlotFigures>, route: string}} Figures slots by m-line id
 */

/**
 * Keep what is needed of a report.
 * @param {Iterable<[string, any]>} report an RTCStatsReport, which iterates like a Map
 */
export function snapshot(report) {
  const all = new Map(report);
  /** @type {Record<string, any>} */
  const slots = {};
  let route = '';
  let nominated = null;
  for (const entry of all.values()) {
    if (entry.type === 'inbound-rtp' && entry.kind === 'video' && entry.mid != null) {
      slots[entry.mid] = {
        time: entry.timestamp, frames: entry.framesDecoded ?? 0, bytes: entry.bytesReceived ?? 0,
        packets: entry.packetsReceived ?? 0, lost: Math.max(0, entry.packetsLost ?? 0),
        width: entry.frameWidth ?? 0, height: entry.frameHeight ?? 0,
        codec: (all.get(entry.codecId)?.mimeType ?? '').replace(/^video\//i, ''),
      };
    } else if (entry.type === 'transport' && entry.selectedCandidatePairId) {
      nominated = all.get(entry.selectedCandidatePairId);
    } else if (entry.type === 'candidate-pair' && entry.selected) {
      // Firefox has no transport entry.
      nominated ??= entry;
    }
  }
  if (nominated) {
    const kinds = [nominated.localCandidateId, nominated.remoteCandidateId]
      .map((id) => all.get(id)?.candidateType);
    route = kinds.includes('relay') ? 'relay' : 'direct';
  }
  return { slots, route };
}

/**
 * Return the rates between two snapshots of one connection.
 * @param {ReturnType<typeof snapshot> | null} before
 * @param {ReturnType<typeof snapshot>} now
 * @returns {Figures}
 */
export function figures(before, now) {
  /** @type {Figures} */
  const result = { slots: {}, route: now.route };
  for (const [mid, b] of Object.entries(now.slots)) {
    const a = before?.slots[mid] ?? { time: b.time, frames: 0, bytes: 0, packets: 0, lost: 0 };
    const seconds = (b.time - a.time) / 1000;
    const packets = b.packets - a.packets;
    const lost = Math.max(0, b.lost - a.lost);
    result.slots[mid] = {
      width: b.width, height: b.height, codec: b.codec,
      fps: seconds > 0 ? (b.frames - a.frames) / seconds : 0,
      kbps: seconds > 0 ? (b.bytes - a.bytes) * 8 / 1000 / seconds : null,
      loss: seconds > 0 ? lost / Math.max(1, packets + lost) : null,
    };
  }
  return result;
}

/** Counts the frames that a video element presents, where the browser tells. */
export class FrameCounter {
  /** False: this browser does not tell, ask `getStats` instead. */
  works;
  #video;
  #time = performance.now();
  #frames = 0;
  #base = -1;
  #onFrame;

  /**
   * @param {HTMLVideoElement} video
   * @param {(frame: any) => void} onFrame takes what the browser tells of each frame
   */
  constructor(video, onFrame = () => {}) {
    this.#onFrame = onFrame;
    this.#video = video;
    this.works = 'requestVideoFrameCallback' in video;
    if (this.works) this.#next();
    else video.addEventListener('timeupdate', () => onFrame({}));
  }

  /** Return the frames per second since the last call. */
  rate() {
    const now = performance.now();
    const rate = this.#frames * 1000 / Math.max(1, now - this.#time);
    this.#time = now;
    this.#frames = 0;
    return rate;
  }

  #next() {
    this.#video.requestVideoFrameCallback((_, frame) => {
      const { presentedFrames } = frame;
      // Callbacks may skip frames; the element's own count does not. It starts anew with a stream.
      const more = presentedFrames - this.#base;
      this.#frames += this.#base < 0 || more < 1 || more > 100 ? 1 : more;
      this.#base = presentedFrames;
      this.#onFrame(frame);
      this.#next();
    });
  }
}
