// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The pictures: the main one, small live ones, the names to choose from, and the last one kept.
 */

import { Emitter } from '../../client/messages.js';
import { box, element, make } from '../dom.js';
import { cameraLabel } from '../texts/connection_texts.js';

/** @typedef {import('../texts/connection_texts.js').Tile} Tile */

/** @param {Element | null} place @param {string} text */
function writeInto(place, text) {
  if (place && place.textContent !== text) place.textContent = text;
}

/**
 * Return the camera of each slot, so that as many cameras as possible have a small picture. A
 * camera that a slot shows already stays there.
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

/** Event `exchange` when a person has shown another camera in a slot, and it is kept. */
export class CameraViews extends Emitter {
  /** One for each slot. @type {HTMLVideoElement[]} */
  videos = [element('video0', HTMLVideoElement)];
  /** Slots that are to show a camera are given one; not while several change at once. */
  arranges = true;
  /** The browser starts the main picture only after a person has touched the page. */
  blocked = false;
  #nav = element('cameras', HTMLElement);
  #thumbs = element('thumbs', HTMLButtonElement);
  #last = element('last', HTMLCanvasElement);
  /** The camera of the picture that is kept. @type {string | null} */
  #lastCamera = null;
  #blank = box('blank');
  #settings;
  #select;
  /** So many slots beside the main one show cameras even if small pictures are not wanted. */
  #filled = 0;
  /** @type {string[]} */
  #cameras = [];
  /** @type {(string | null | undefined)[]} */
  #chosen = [];
  #listed = '';
  /** @type {Map<string, string>} */
  #labels = new Map();
  #named = '';

  /**
   * @param {number} slots
   * @param {import('../settings.js').Settings} settings
   * @param {(slot: number, camera: string | null) => void} select
   */
  constructor(slots, settings, select) {
    super();
    this.#settings = settings;
    this.#select = select;
    for (let slot = 1; slot < slots; slot++) this.#addThumb(slot);
    // Browsers pause a video on the way back from full screen, and some start it only after a
    // person has touched the page, for which only the end of a touch counts.
    for (const video of this.videos) video.addEventListener('pause', () => this.#resume());
    for (const type of ['pointerdown', 'pointerup', 'click']) {
      addEventListener(type, () => this.#resume());
    }
    this.videos[0].addEventListener('playing', () => { this.blocked = false; });
    this.#thumbs.hidden = slots < 2;
    this.#thumbs.addEventListener('click', () => {
      settings.set('thumbs', !settings.get('thumbs'));
      this.#arrange(true);
    });
  }

  /** Show cameras in some slots beside the main one in any case. @param {number} count */
  fill(count) {
    this.#filled = count;
    this.#arrange(true);
  }

  /**
   * Show a camera in a slot; the camera that was there goes to the other's slot, if it had one.
   * @param {number} slot
   * @param {string} camera
   */
  exchange(slot, camera) {
    const [before, from] = [this.#chosen[slot] ?? null, this.#chosen.indexOf(camera)];
    if (from === slot) return;
    if (from >= 0) {
      // No third camera gets a slot in between.
      this.arranges = false;
      this.#select(from, before);
      this.arranges = true;
    }
    this.#select(slot, camera);
    this.emit('exchange');
  }

  /** @param {number} slot */
  #addThumb(slot) {
    const video = make('video');
    video.id = `video${slot}`;
    video.muted = video.autoplay = video.playsInline = true;
    this.videos.push(video);
    const button = this.#button('thumb', () => {
      const small = this.#chosen[slot];
      if (small) this.exchange(0, small);
    });
    button.hidden = true;
    const cause = make('span', [make('strong'), make('span')]);
    cause.className = 'cause';
    const label = make('span');
    label.className = 'name';
    button.append(video, cause, label);
  }

  /** @param {string} kind @param {() => void} action */
  #button(kind, action) {
    const button = make('button');
    button.type = 'button';
    button.className = kind;
    button.addEventListener('click', action);
    this.#nav.append(button);
    return button;
  }

  /** Choose cameras for the slots that are to show some. @param {boolean} empties the others */
  #arrange(empties = false) {
    if (!this.arranges) return;
    const count = this.#settings.get('thumbs') ? this.videos.length : this.#filled + 1;
    const cameras = arrange(this.#cameras, this.#chosen.slice(0, count));
    for (let slot = 1; slot < (empties ? this.videos.length : count); slot++) {
      const camera = cameras[slot] ?? null;
      if (camera !== (this.#chosen[slot] ?? null)) this.#select(slot, camera);
    }
  }

  /**
   * @param {string[]} cameras
   * @param {(string | null | undefined)[]} chosen
   * @param {Map<string, string>} labels what people read in place of a name
   */
  show(cameras, chosen, labels) {
    const listed = JSON.stringify([cameras, chosen, [...labels]]);
    if (listed === this.#listed) return;
    this.#listed = listed;
    const names = JSON.stringify([cameras, [...labels]]);
    this.#cameras = cameras;
    this.#chosen = [...chosen];
    this.#labels = labels;
    if (names !== this.#named) this.#list(cameras);
    this.#named = names;
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
      if (button.lastElementChild) {
        button.lastElementChild.textContent = this.#label(name ?? '');
      }
    });
    this.#thumbs.setAttribute('aria-pressed', String(this.#settings.get('thumbs')));
    this.#arrange();
  }

  /** @param {string} name */
  #label(name) {
    return this.#labels.get(name) ?? cameraLabel(name);
  }

  /** @param {string[]} cameras */
  #list(cameras) {
    for (const old of this.#nav.querySelectorAll('[data-camera]')) old.remove();
    const labels = cameras.map((name) => this.#label(name));
    cameras.forEach((name, i) => {
      const button = this.#button('', () => this.#select(0, name));
      button.dataset.camera = button.title = name;
      button.textContent = labels.indexOf(labels[i]) === labels.lastIndexOf(labels[i])
        ? labels[i] : name;
    });
  }

  /**
   * Show what each small picture is: pictures that are not of now are grey, and those of another
   * camera are covered.
   * @param {(slot: number) => Tile} tileOf
   */
  showTiles(tileOf) {
    this.videos.forEach((video, slot) => {
      const button = video.parentElement;
      const name = this.#chosen[slot];
      if (!slot || !button || !name) return;
      const { tone, own, title, text } = tileOf(slot);
      button.classList.toggle('dead', tone !== 'ok');
      button.classList.toggle('foreign', !own);
      button.classList.toggle('noted', tone === 'ok' && !!text);
      const cause = video.nextElementSibling;
      if (cause instanceof HTMLElement) {
        cause.hidden = own && !title;
        writeInto(cause.firstElementChild, title);
        writeInto(cause.lastElementChild, title ? text : '');
      }
      button.title = text ? `${name}: ${text}` : name;
      // What is seen on it says more, if something is.
      if (title) button.removeAttribute('aria-label');
      else button.setAttribute('aria-label', `Show ${this.#labels.get(name) ?? name} large`);
    });
  }

  /** Cover the main picture, as it is not of the chosen camera. @param {boolean} foreign */
  showMain(foreign) {
    this.#blank.hidden = !foreign;
  }

  /** Show a stream in each slot. @param {MediaStream[]} streams */
  play(streams) {
    this.videos.forEach((video, slot) => {
      const stream = streams[slot] ?? null;
      if (video.srcObject !== stream) video.srcObject = stream;
    });
    this.#resume();
  }

  #resume() {
    for (const video of this.videos) {
      if (!video.srcObject || !video.paused) continue;
      video.play().catch((error) => {
        if (video === this.videos[0]) this.blocked = error.name === 'NotAllowedError';
      });
    }
  }

  /**
   * Keep what the main picture shows on the screen until `discardLast`.
   * @param {string | null} camera of it; null: of another one than is chosen
   */
  keepLast(camera) {
    const [video] = this.videos;
    if (!video.videoWidth || video.readyState < 2 || camera === null) return;
    this.#lastCamera = camera;
    this.#last.width = video.videoWidth;
    this.#last.height = video.videoHeight;
    this.#last.getContext('2d')?.drawImage(video, 0, 0);
    this.#last.hidden = false;
  }

  /** Remove the kept picture: one of now is shown, or not even an old one may be. */
  discardLast() {
    this.#last.hidden = true;
  }

  /** Remove the kept picture if another camera is chosen. @param {string | null} camera */
  keepOnly(camera) {
    if (this.#lastCamera !== camera) this.discardLast();
  }
}
