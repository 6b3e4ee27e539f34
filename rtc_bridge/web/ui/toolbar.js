// @ts-check
/** What is only now and then wanted, and loaded then: pictures and recordings to keep, settings. */

import { box } from './status_panel.js';

const loadCapture = () => import('./recording.js');

export class Extras {
  /** @type {import('./recording.js').Recorder | null} */
  #recorder = null;
  #tell;

  /**
   * @param {HTMLVideoElement} video the main picture
   * @param {() => MediaStream | null} stream what it shows now
   * @param {() => string[]} words of a file's name
   * @param {import('./settings.js').Settings} settings
   * @param {{tell: (text: string) => void, changed: () => void, opened: () => void,
   *   closed: () => void}} events a person is to know something; the recording began or ended; the
   *   dialog is asked for, and is closed
   */
  constructor(video, stream, words, settings, { tell, changed, opened, closed }) {
    this.#tell = tell;
    this.#onClick('snapshot', loadCapture, ({ saveSnapshot }) => saveSnapshot(video, words()));
    this.#onClick('record', loadCapture, ({ Recorder }) => {
      this.#recorder ??= new Recorder(words, box('record'), box('recorded'), changed, tell);
      this.#recorder.toggle(stream());
    });
    box('record').hidden = typeof MediaRecorder !== 'function';
    box('options').addEventListener('click', opened);
    this.#onClick('options', () => import('./options_dialog.js'), ({ showOptions }) => {
      // Two clicks while it was loaded are one wish.
      if (!document.querySelector('dialog')) showOptions(settings, closed);
    });
    // Asks whether to leave a recording that would be lost.
    addEventListener('beforeunload', (event) => this.recording && event.preventDefault());
  }

  get recording() {
    return this.#recorder?.running ?? false;
  }

  /** Go on with another picture, if one is recorded. @param {MediaStream | null} stream */
  follow(stream) {
    this.#recorder?.follow(stream);
  }

  /** Save what is recorded. */
  stop() {
    this.#recorder?.stop();
  }

  /**
   * @template T
   * @param {string} id
   * @param {() => Promise<T>} load
   * @param {(module: T) => unknown} action
   */
  #onClick(id, load, action) {
    box(id).addEventListener('click', async () => {
      try {
        await action(await load());
      } catch (error) {
        console.warn('rtc_bridge:', error);
        this.#tell(`That did not work: ${/** @type {Error} */ (error).message}`);
      }
    });
  }
}
