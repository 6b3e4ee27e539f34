// @ts-check
/** The page's elements around the picture: shows what it is told. */

/** @typedef {import('../client/connection_stats.js').SlotFigures} SlotFigures */

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

export const box = (/** @type {string} */ id) => element(id, HTMLElement);

/** Change a text only if it differs: screen readers speak every change. */
export function write(/** @type {string} */ id, /** @type {string} */ text) {
  const target = box(id);
  if (target.textContent !== text) target.textContent = text;
}

/**
 * Act when a button is pressed, not on lifting the finger, as a click does: that is no click at all
 * while another finger holds a stick. A click by the keyboard has no pointer.
 * @param {string} id
 * @param {() => void} action
 */
export function onPress(id, action) {
  box(id).addEventListener('pointerdown', (event) => event.button === 0 && action());
  box(id).addEventListener('click', (event) => event.detail === 0 && action());
}

/** The sliders. */
const SPEEDS = /** @type {const} */ (['speed', 'turn']);

export class Panel {
  #settings;
  #state = '';
  /** The robot let this person in, so there is something to look at. */
  #known = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #toastTimer;

  /** @param {import('./settings.js').Settings} settings */
  constructor(settings) {
    this.#settings = settings;
    box('more').addEventListener('click', () => settings.set('panels', !settings.get('panels')));
    settings.addEventListener('change', () => this.#arrange());
    for (const name of SPEEDS) {
      const range = element(`${name}range`, HTMLInputElement);
      range.addEventListener('input', () => settings.set(name, range.valueAsNumber / 100));
    }
    onPress('slower', () => settings.change(-1));
    onPress('faster', () => settings.change(1));
    this.#arrange();
  }

  #arrange() {
    const open = this.#settings.get('panels') && this.#known;
    box('panels').hidden = !open;
    document.body.toggleAttribute('data-panels', open);
    box('more').setAttribute('aria-expanded', String(open));
  }

  /** @param {import('./texts.js').View} view @param {number | null} age of the last picture, ms */
  show({ state, title, detail, tone, retry }, age) {
    document.body.dataset.state = state;
    document.body.dataset.tone = tone;
    write('status', title);
    if (state !== this.#state) write('spoken', `${title}. ${detail}`);
    this.#state = state;
    box('notice').hidden = tone === 'ok';
    write('title', title);
    write('detail', detail);
    box('retry').hidden = !retry;
    if (retry) this.#show(false);
    box('ago').hidden = tone === 'ok' || age === null;
    const seconds = Math.floor((age ?? 0) / 1000);
    write('ago', `Last picture ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} ago`);
  }

  /** Show the figures' button, and what it opened. @param {boolean} known */
  #show(known) {
    if (this.#known === known) return;
    this.#known = known;
    box('more').hidden = !known;
    this.#arrange();
  }

  /** @param {import('../client/driver.js').Teleop | null} teleop null: nobody drives from here */
  showSpeed(teleop) {
    box('speed').hidden = !teleop;
    this.#showShare('speed', teleop?.max_linear_x, 'm/s');
    this.#showShare('turn', teleop?.max_angular_z, 'rad/s');
  }

  /** @param {'speed' | 'turn'} name @param {number | undefined} limit of the robot @param {string} unit */
  #showShare(name, limit, unit) {
    const share = this.#settings.get(name);
    const percent = Math.round(share * 100);
    const range = element(`${name}range`, HTMLInputElement);
    if (range.valueAsNumber !== percent) range.value = String(percent);
    const speed = limit ? `· ${(share * limit).toFixed(2)} ${unit}` : '';
    write(`${name}text`, `${percent} %`);
    write(`${name}unit`, speed);
    range.setAttribute('aria-valuetext', `${percent} % ${speed}`.trim());
  }

  /**
   * @param {number | null} fps
   * @param {number | null} rtt ms
   * @param {{name: string, figures: SlotFigures}[]} slots
   * @param {string} route
   */
  showStats(fps, rtt, slots, route) {
    // It stays while the connection is away, so that the picture keeps its place.
    if (fps !== null) this.#show(true);
    write('fps', `${fps === null ? '–' : Math.round(fps)} fps`);
    write('rtt', rtt === null ? '– ms' : `${rtt < 10 ? rtt.toFixed(1) : Math.round(rtt)} ms`);
    /** @type {[string, string][]} */
    const lines = slots.map(({ name, figures: f }) => [name,
      `${f.width}×${f.height} ${f.codec}, ${f.kbps === null ? '–' : Math.round(f.kbps)} kbit/s, `
      + `${f.loss === null ? '–' : (f.loss * 100).toFixed(1)} % lost`]);
    write('path', route === 'relay' ? 'via relay server' : '');
    // Of a single picture the lines above say all.
    if (slots.length < 2) lines.length = 0;
    box('details').replaceChildren(...lines.flatMap(([name, text]) => {
      const [dt, dd] = [document.createElement('dt'), document.createElement('dd')];
      dt.textContent = name;
      dd.textContent = text;
      return [dt, dd];
    }));
  }

  /** Say something for a few seconds. @param {string} text */
  toast(text) {
    if (!text) return;
    write('toast', text);
    clearTimeout(this.#toastTimer);
    this.#toastTimer = setTimeout(() => this.hideToast(), 3000);
  }

  hideToast() {
    clearTimeout(this.#toastTimer);
    write('toast', '');
  }
}
