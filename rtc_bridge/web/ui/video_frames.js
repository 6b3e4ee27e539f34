// @ts-check
/** Which picture was painted last: the robot moves only for a driver who sees a fresh one. */

export class SeenFrames {
  /** RTP timestamp of the picture on the screen. @type {number | null} */
  #painted = null;
  #tells = false;

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    if (!('requestVideoFrameCallback' in video)) return;
    /** @type {VideoFrameRequestCallback} */
    const onFrame = (_, { rtpTimestamp }) => {
      if (Number.isInteger(rtpTimestamp)) {
        this.#tells = true;
        this.#painted = rtpTimestamp ?? null;
      }
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
  }

  /**
   * The newest picture's RTP timestamp. Browsers that do not tell it of what they paint tell it of
   * what they took out of the network.
   * @param {number | null} received
   */
  newest(received) {
    return this.#tells ? this.#painted : received;
  }
}
