// @ts-check
/** Pictures and recordings to keep, made from what the page shows. */

// Of what can be written as WebM, VP8 costs the least; Safari writes MP4.
const KINDS = ['video/webm;codecs=vp8', 'video/webm', 'video/mp4'];
const BITRATE = 6_000_000;

/**
 * Return a file's name: robot, camera and local time.
 * @param {string[]} words
 * @param {Date} time
 * @param {string} ending
 */
export function fileName(words, time, ending) {
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return [...words, local.toISOString().slice(0, 19).replaceAll(':', '-')].map(
    (word) => word.replace(/[^\p{L}\p{N}._-]+/gu, '-')).join('_') + ending;
}

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser begins to read it later.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/**
 * Save what a video shows, as PNG; rejected with the reason why not.
 * @param {HTMLVideoElement} video
 * @param {string[]} words of the file's name
 */
export function saveSnapshot(video, words) {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  const name = fileName(words, new Date(), '.png');
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob) resolve(save(blob, name));
      else reject(new Error('the browser makes no PNG of this picture'));
    }, 'image/png');
  });
}

/** Records the main picture; a new connection's goes into a new file. */
export class Recorder {
  #words;
  #button;
  #clock;
  #changed;
  #tell;
  /** @type {MediaRecorder | null} */
  #recorder = null;
  #wanted = false;
  /** @type {MediaStream | null} */
  #stream = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /**
   * @param {() => string[]} words of the file's name
   * @param {HTMLElement} button
   * @param {HTMLElement} clock shows for how long
   * @param {() => void} changed
   * @param {(text: string) => void} tell a person why there is no recording
   */
  constructor(words, button, clock, changed, tell) {
    this.#tell = tell;
    this.#words = words;
    this.#button = button;
    this.#clock = clock;
    this.#changed = changed;
  }

  get running() {
    return this.#wanted;
  }

  /** @param {MediaStream | null} stream */
  toggle(stream) {
    if (this.#wanted) this.stop();
    else if (stream) {
      this.#wanted = true;
      this.follow(stream);
    }
    this.#changed();
  }

  /** Go on with another stream. @param {MediaStream | null} stream */
  follow(stream) {
    if (!this.#wanted || stream === this.#stream) return;
    this.#end();
    this.#stream = stream;
    if (!stream) return;
    // None: what this browser likes best.
    const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
    const began = new Date();
    const words = this.#words();
    /** @type {Blob[]} */
    const parts = [];
    let recorder;
    try {
      recorder = new MediaRecorder(stream, { mimeType, videoBitsPerSecond: BITRATE });
      recorder.start(1000);
    } catch (error) {
      this.stop();
      this.#tell(`No recording: ${/** @type {Error} */ (error).message}`);
      return;
    }
    recorder.addEventListener('error', (event) => {
      this.#tell(`The recording broke off: ${/** @type {any} */ (event).error?.message ?? ''}`);
    });
    recorder.addEventListener('dataavailable', ({ data }) => data.size && parts.push(data));
    recorder.addEventListener('stop', () => {
      const type = recorder.mimeType.split(';')[0];
      if (parts.length) {
        save(new Blob(parts, { type }), fileName(words, began, `.${type.split('/')[1]}`));
      }
      // By itself: an error, or the end of what is recorded.
      if (recorder === this.#recorder) {
        this.stop();
        this.#changed();
      }
    });
    this.#recorder = recorder;
    const show = () => {
      const seconds = Math.round((Date.now() - began.getTime()) / 1000);
      this.#clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    };
    show();
    this.#timer = setInterval(show, 1000);
    this.#button.setAttribute('aria-pressed', 'true');
    this.#clock.hidden = false;
  }

  /** Save it. */
  stop() {
    this.#wanted = false;
    this.#end();
  }

  #end() {
    clearInterval(this.#timer);
    if (this.#recorder && this.#recorder.state !== 'inactive') this.#recorder.stop();
    this.#recorder = null;
    this.#stream = null;
    this.#button.setAttribute('aria-pressed', 'false');
    this.#clock.hidden = true;
  }
}
