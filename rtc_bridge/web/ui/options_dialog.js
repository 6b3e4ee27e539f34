// @ts-check
/** The dialog with what a person may choose, and the keys. */

import { BUTTONS } from './gamepad.js';

/** @typedef {import('./settings.js').Settings} Settings */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string | Node[]} content
 * @returns {HTMLElementTagNameMap[K]}
 */
function make(tag, content = '') {
  const node = document.createElement(tag);
  node.append(...(typeof content === 'string' ? [content] : content));
  return node;
}

/** @param {string} text @param {HTMLElement} control */
const labelled = (text, control) => make('label', [make('span', text), control]);

/**
 * @param {[string, string][]} choices value and text
 * @param {string} value
 * @param {(value: string) => void} onChange
 */
function select(choices, value, onChange) {
  const node = make('select', choices.map(([name, text]) => new Option(text, name)));
  node.value = value;
  node.addEventListener('change', () => onChange(node.value));
  return node;
}

const MEANINGS = /** @type {const} */ (['enable', 'turbo', 'stopButton']);

/**
 * Return a choice of a button for each meaning; one that gets another meaning loses its own.
 * @param {Settings} settings
 */
function buttons(settings) {
  const choices = MEANINGS.map((name) => select([['-1', 'nothing'],
    ...Object.entries(BUTTONS).map(([n, text]) => /** @type {[string, string]} */ ([n, text]))],
  String(settings.get(name)), (value) => {
    MEANINGS.forEach((other, i) => {
      if (other === name || value === '-1' || choices[i].value !== value) return;
      settings.set(other, -1);
      choices[i].value = '-1';
    });
    settings.set(name, Number(value));
  }));
  return choices;
}

const KEYS = [
  ['W A S D, arrows', 'forward, back, turn, while the picture has the focus'],
  ['u i o j k l m , .', 'the same as in teleop_twist_keyboard'],
  ['Shift', 'sideways instead of turning, on robots that can'],
  ['Space, k', 'stop'],
  ['Q Z, + −', 'faster, slower; the sliders change driving and turning apart'],
  ['Esc, Backspace', 'emergency stop, wherever the focus is (Esc first closes this, and in full '
    + 'screen it belongs to the browser)'],
];

/** All that is no use beside the dialog; the emergency stop is never among it. */
const BEHIND = 'header, main, #tools, #panels, footer > :not(#stop)';

/**
 * Open the dialog. Not a modal one, since that would make the emergency stop inert, too.
 * @param {Settings} settings
 * @param {() => void} closed
 */
export function showOptions(settings, closed) {
  const dialog = make('dialog');
  dialog.setAttribute('aria-label', 'Controls and keys');
  dialog.tabIndex = -1;
  const deadMan = make('input');
  deadMan.type = 'checkbox';
  deadMan.checked = settings.get('deadMan');
  deadMan.addEventListener('change', () => settings.set('deadMan', deadMan.checked));
  const zone = make('input');
  Object.assign(zone, { type: 'range', min: '0', max: '0.5', step: '0.05' });
  zone.value = String(settings.get('deadZone'));
  zone.style.width = '140px';
  zone.addEventListener('change', () => settings.set('deadZone', zone.valueAsNumber));
  const [enable, turbo, stop] = buttons(settings);
  const close = make('button', 'Done');
  close.className = 'main';
  close.addEventListener('click', () => dialog.close());
  dialog.append(
    make('h2', 'Keys, by their places on a US keyboard'),
    make('dl', KEYS.flatMap(([keys, text]) => [make('dt', keys), make('dd', text)])),
    labelled('Keys drive only while F or Enter is held', deadMan),
    make('h2', 'Gamepad'),
    labelled('To be held for driving', enable),
    labelled('To be held for full speed', turbo),
    labelled('Emergency stop', stop),
    labelled('Dead zone of its sticks', zone),
    make('h2', 'Sticks on the screen'),
    labelled('How many', select([['auto', 'two on touch screens'], ['one', 'one'], ['two', 'two'],
      ['off', 'none']], settings.get('sticks'), (value) => settings.set('sticks', value))),
    close,
  );
  const open = new AbortController();
  // Wherever the focus is.
  addEventListener('keydown', (event) => {
    if (event.code !== 'Escape' || event.isComposing) return;
    event.preventDefault();
    dialog.close();
  }, { signal: open.signal });
  dialog.addEventListener('close', () => {
    open.abort();
    dialog.remove();
    behind(false);
    closed();
  });
  const behind = (/** @type {boolean} */ inert) => document.querySelectorAll(BEHIND).forEach(
    (one) => one.toggleAttribute('inert', inert));
  behind(true);
  document.body.append(dialog);
  dialog.show();
  // From its beginning.
  dialog.focus({ preventScroll: true });
  dialog.scrollTop = 0;
}
