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

/** @param {Settings} settings @param {'enable' | 'turbo'} name of a gamepad's button */
const button = (settings, name) => select([['-1', 'nothing'],
  ...Object.entries(BUTTONS).map(([n, text]) => /** @type {[string, string]} */ ([n, text]))],
String(settings.get(name)), (value) => settings.set(name, Number(value)));

const KEYS = [
  ['W A S D, arrows', 'forward, back, turn, while the picture has the focus'],
  ['u i o j k l m , .', 'the same as in teleop_twist_keyboard'],
  ['Shift', 'sideways instead of turning, on robots that can'],
  ['Space, k', 'stop'],
  ['Q Z, + −', 'faster, slower'],
  ['Esc, Backspace', 'emergency stop, wherever the focus is (in full screen Esc belongs to the '
    + 'browser)'],
];

/**
 * Open the dialog.
 * @param {Settings} settings
 * @param {() => void} closed
 */
export function showOptions(settings, closed) {
  const dialog = make('dialog');
  dialog.setAttribute('aria-label', 'Controls and keys');
  const deadMan = make('input');
  deadMan.type = 'checkbox';
  deadMan.checked = settings.get('deadMan');
  deadMan.addEventListener('change', () => settings.set('deadMan', deadMan.checked));
  const zone = make('input');
  Object.assign(zone, { type: 'range', min: '0', max: '0.5', step: '0.05' });
  zone.value = String(settings.get('deadZone'));
  zone.style.width = '140px';
  zone.addEventListener('change', () => settings.set('deadZone', zone.valueAsNumber));
  const close = make('button', 'Done');
  close.className = 'main';
  close.addEventListener('click', () => dialog.close());
  dialog.append(
    make('h2', 'Keys, by their places on a US keyboard'),
    make('dl', KEYS.flatMap(([keys, text]) => [make('dt', keys), make('dd', text)])),
    labelled('Keys drive only while F or Enter is held', deadMan),
    make('h2', 'Gamepad'),
    labelled('To be held for driving', button(settings, 'enable')),
    labelled('To be held for full speed', button(settings, 'turbo')),
    labelled('Dead zone of its sticks', zone),
    make('h2', 'Sticks on the screen'),
    labelled('How many', select([['auto', 'two on touch screens'], ['one', 'one'], ['two', 'two'],
      ['off', 'none']], settings.get('sticks'), (value) => settings.set('sticks', value))),
    close,
  );
  dialog.addEventListener('close', () => {
    dialog.remove();
    closed();
  });
  document.body.append(dialog);
  dialog.showModal();
}
