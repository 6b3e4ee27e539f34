// @ts-check
/** The pictures: the main one, live small ones, names to choose from, and the last one kept. */

import { element } from './status_panel.js';
import { cameraLabel } from './texts.js';

/**
 * Return what every slot should show, so that as many cameras as possible have a small picture.
 * What a slot shows already stays there.
 * @param {string[]} cameras
 * @param {(string | null | undefined)[]} chosen of each slot, the main one first
 */
export function arrange(cameras, chosen) {
  const [main, ...small] = chosen;
  const kept = small.map((name, i) => (name && name !== main && cameras.includes(name)
    && small.indexOf(name) === i ? name : null));
  const left = cameras.filter((name) => name !== main && !kept.includes(name));
  return [main ?? null, ...kept.map((name) => name ?? left.shift() ?? null)];
}

export class Cameras {
  /** One for each slot. @type {HTMLVideoElement[]} */
  videos = [element('video0', HTMLVideoElement)];
  /** The browser does not start the main picture before a person touches the page. */
  blocked = false;
  #nav = element('cameras', HTMLElement);
  #thumbs = element('thumbs', HTMLButtonElement);
  #last = element('last', HTMLCanvasElement);
  #settings;
  #onSelect;
  /** @type {string[]} */
  #cameras = [];
  /** @type {(string | null | undefined)[]} */
  #chosen = [];
  #listed = '';

  /**
   * @param {number} slots
   * @param {import('./settings.js').Settings} settings
   * @param {(slot: number, camera: string | null) => void} onSelect
   */
  constructor(slots, settings, onSelect) {
    this.#settings = settings;
    this.#onSelect = onSelect;
    for (let slot = 1; slot < slots; slot++) this.#addThumb(slot);
    // A live picture is not paused, as browsers do on the way back from full screen. Some start one
    // only when a person touches the page.
    for (const video of this.videos) video.addEventListener('pause', () => this.#goOn());
    // By touch only its end counts as that.
    for (const type of ['pointerdown', 'pointerup', 'click']) addEventListener(type, () => this.#goOn());
    this.videos[0].addEventListener('playing', () => { this.blocked = false; });
    this.#thumbs.hidden = slots < 2;
    this.#thumbs.addEventListener('click', () => {
      settings.set('thumbs', !settings.get('thumbs'));
      if (settings.get('thumbs')) this.#arrange();
      else this.videos.forEach((_, slot) => slot && onSelect(slot, null));
    });
  }

  /** @param {number} slot */
  #addThumb(slot) {
    const video = document.createElement('video');
    video.id = `video${slot}`;
    video.muted = video.autoplay = video.playsInline = true;
    this.videos.push(video);
    const button = this.#button('thumb', () => {
      const [main, small] = [this.#chosen[0] ?? null, this.#chosen[slot] ?? null];
      this.#onSelect(0, small);
      this.#onSelect(slot, main);
    });
    button.hidden = true;
    button.append(video, document.createElement('span'));
  }

  /** @param {string} kind @param {() => void} action */
  #button(kind, action) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = kind;
    button.addEventListener('click', action);
    this.#nav.append(button);
    return button;
  }

  #arrange() {
    arrange(this.#cameras, this.#chosen).forEach((camera, slot) => {
      if (slot && camera !== (this.#chosen[slot] ?? null)) this.#onSelect(slot, camera);
    });
  }

  /**
   * @param {string[]} cameras
   * @param {(string | null | undefined)[]} chosen
   */
  show(cameras, chosen) {
    const listed = JSON.stringify([cameras, chosen]);
    if (listed === this.#listed) return;
    this.#listed = listed;
    const before = JSON.stringify(this.#cameras);
    this.#cameras = cameras;
    this.#chosen = [...chosen];
    if (JSON.stringify(cameras) !== before) this.#list(cameras);
    this.#nav.hidden = cameras.length < 2 && (!cameras.length || chosen[0] === cameras[0]);
    for (const button of this.#nav.querySelectorAll('button')) {
      const name = button.dataset.camera;
      if (!name) continue;
      button.setAttribute('aria-current', String(name === chosen[0]));
      button.hidden = chosen.indexOf(name) > 0;
      button.style.order = String(cameras.indexOf(name) + 1);
    }
    this.videos.forEach((video, slot) => {
      const button = video.parentElement;
      if (!slot || !button) return;
      const name = chosen[slot];
      button.hidden = !name;
      button.style.order = String(cameras.indexOf(name ?? '') + 1);
      button.title = name ?? '';
      button.setAttribute('aria-label', `Show ${name} large`);
      if (button.lastElementChild) button.lastElementChild.textContent = cameraLabel(name ?? '');
    });
    const open = this.#settings.get('thumbs');
    this.#thumbs.setAttribute('aria-pressed', String(open));
    if (open) this.#arrange();
  }

  /** @param {string[]} cameras */
  #list(cameras) {
    for (const old of this.#nav.querySelectorAll('[data-camera]')) old.remove();
    const labels = cameras.map(cameraLabel);
    cameras.forEach((name, i) => {
      const button = this.#button('', () => this.#onSelect(0, name));
      button.dataset.camera = button.title = name;
      button.textContent = labels.indexOf(labels[i]) === labels.lastIndexOf(labels[i])
        ? labels[i] : name;
    });
  }

  /** Grey out the small ones whose picture is not of now. @param {(slot: number) => boolean} live */
  showLive(live) {
    this.videos.forEach((video, slot) => {
      if (slot) video.parentElement?.classList.toggle('dead', !live(slot));
    });
  }

  /** @param {MediaStream[]} streams of each slot */
  play(streams) {
    this.videos.forEach((video, slot) => {
      const stream = streams[slot] ?? null;
      if (video.srcObject === stream) return;
      if (!slot) this.keep();
      video.srcObject = stream;
    });
    this.#goOn();
  }

  #goOn() {
    for (const video of this.videos) {
      if (!video.srcObject || !video.paused) continue;
      video.play().catch((error) => {
        if (video === this.videos[0]) this.blocked = error.name === 'NotAllowedError';
      });
    }
  }

  /** Keep what the main picture shows on the screen until `live` is called. */
  keep() {
    const [video] = this.videos;
    if (!video.videoWidth || video.readyState < 2) return;
    this.#last.width = video.videoWidth;
    this.#last.height = video.videoHeight;
    this.#last.getContext('2d')?.drawImage(video, 0, 0);
    this.#last.hidden = false;
  }

  /** A picture of now is shown, or not even an old one may be. */
  live() {
    this.#last.hidden = true;
  }
}
