// @ts-check
/** The page's elements: shows what it is told, and tells what a person chose. */

import { routeText } from './texts.js';

/** @typedef {import('./stats.js').SlotFigures} SlotFigures */

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new TypeError(`#${id} is missing`);
  return found;
}

const box = (/** @type {string} */ id) => element(id, HTMLElement);

/** Change a text only if it differs: screen readers speak every change. */
function write(/** @type {HTMLElement} */ target, /** @type {string} */ text) {
  if (target.textContent !== text) target.textContent = text;
}

export class Panel {
  /** One for each slot. @type {HTMLVideoElement[]} */
  videos;
  /** @type {HTMLSelectElement[]} */
  #selects;
  #onSelect;
  #listed = '';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #toastTimer;

  /**
   * @param {number} slots
   * @param {(slot: number, camera: string | null) => void} onSelect
   */
  constructor(slots, onSelect) {
    this.#onSelect = onSelect;
    this.videos = [element('video0', HTMLVideoElement)];
    this.#selects = [element('camera', HTMLSelectElement)];
    for (let slot = 1; slot < slots; slot++) this.#addSlot(slot);
    this.#selects.forEach((select, slot) => select.addEventListener('change', () => {
      onSelect(slot, select.value || null);
      // The arrow keys drive again.
      select.blur();
    }));
    const more = element('more', HTMLButtonElement);
    more.addEventListener('click', () => {
      box('panels').hidden = !box('panels').hidden;
      more.setAttribute('aria-expanded', String(!box('panels').hidden));
    });
    const full = element('fullscreen', HTMLButtonElement);
    full.hidden = !document.fullscreenEnabled;
    full.addEventListener('click', () => (document.fullscreenElement
      ? document.exitFullscreen() : document.documentElement.requestFullscreen()).catch(() => {}));
  }

  /** @param {number} slot */
  #addSlot(slot) {
    const video = document.createElement('video');
    video.id = `video${slot}`;
    video.muted = video.autoplay = video.playsInline = true;
    const button = document.createElement('button');
    button.type = 'button';
    button.hidden = true;
    button.append(video);
    button.addEventListener('click', () => {
      const [main, inset] = [this.#selects[0].value, this.#selects[slot].value];
      this.#onSelect(0, inset || null);
      this.#onSelect(slot, main || null);
      button.blur();
    });
    box('insets').append(button);
    this.videos.push(video);
    const label = document.createElement('label');
    label.id = `choice${slot}`;
    label.hidden = true;
    const select = document.createElement('select');
    select.id = `camera${slot}`;
    select.setAttribute('aria-label', `Camera of inset ${slot}`);
    label.append(select);
    box('choices').append(label);
    this.#selects.push(select);
  }

  /** @param {import('./texts.js').View} view */
  show({ state, title, detail, tone, retry }) {
    document.body.dataset.state = state;
    document.body.dataset.tone = tone;
    write(box('status'), title);
    box('notice').hidden = tone === 'ok';
    write(box('title'), title);
    write(box('detail'), detail);
    box('retry').hidden = !retry;
  }

  /**
   * @param {string[]} cameras
   * @param {(string | null | undefined)[]} chosen
   */
  showCameras(cameras, chosen) {
    const listed = JSON.stringify([cameras, chosen]);
    if (listed === this.#listed) return;
    this.#listed = listed;
    this.#selects.forEach((select, slot) => {
      const camera = chosen[slot] ?? '';
      const names = camera && !cameras.includes(camera) ? [...cameras, camera] : cameras;
      const options = names.map((name) => new Option(name, name));
      if (slot || !camera) options.unshift(new Option(slot ? '+ inset' : 'Camera off', ''));
      select.replaceChildren(...options);
      select.value = camera;
      box(`choice${slot}`).hidden = names.length < 2;
      if (slot) {
        const button = /** @type {HTMLElement} */ (this.videos[slot].parentElement);
        button.hidden = !camera;
        button.setAttribute('aria-label', `Swap ${camera} with the main picture`);
      }
    });
  }

  /** Grey out the insets whose picture is not of now. @param {(slot: number) => boolean} live */
  showLive(live) {
    this.videos.forEach((video, slot) => {
      if (slot) video.parentElement?.classList.toggle('dead', !live(slot));
    });
  }

  /** @param {string | null} text who drives; null where there is no seat @param {boolean} mine */
  showDriver(text, mine) {
    box('seat').hidden = text === null;
    write(box('driver'), text ?? '');
    box('release').hidden = !mine;
  }

  /**
   * @param {number | null} fps
   * @param {number | null} rtt ms
   * @param {{name: string, figures: SlotFigures}[]} slots
   * @param {string} route
   */
  showStats(fps, rtt, slots, route) {
    box('stats').hidden = fps === null;
    write(box('fps'), `${Math.round(fps ?? 0)} fps`);
    write(box('rtt'), rtt === null ? '– ms' : `${rtt < 10 ? rtt.toFixed(1) : Math.round(rtt)} ms`);
    /** @type {[string, string][]} */
    const lines = slots.map(({ name, figures: f }) => [name,
      `${f.width}×${f.height} ${f.codec}, ${Math.round(f.kbps)} kbit/s, `
      + `${(f.loss * 100).toFixed(1)} % lost`]);
    write(box('path'), route === 'relay' ? 'via relay server' : '');
    if (route) lines.push(['Path', routeText(route)]);
    box('details').replaceChildren(...lines.flatMap(([name, text]) => {
      const [dt, dd] = [document.createElement('dt'), document.createElement('dd')];
      dt.textContent = name;
      dd.textContent = text;
      return [dt, dd];
    }));
  }

  /** Offer the panel once one of its sections has something to show. */
  showPanels() {
    element('more', HTMLButtonElement).hidden = [...box('panels').children].every(
      (section) => section instanceof HTMLElement && section.hidden);
  }

  /** Say something for a few seconds. @param {string} text */
  toast(text) {
    if (!text) return;
    write(box('toast'), text);
    clearTimeout(this.#toastTimer);
    this.#toastTimer = setTimeout(() => write(box('toast'), ''), 3000);
  }
}
