// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Elements of the page: found, made, and changed. Text from outside becomes text, never HTML. */

/**
 * Return an element of the page.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 * @throws {TypeError} the page has no such element of this type
 */
export function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new TypeError(`#${id} is missing`);
  return found;
}

/** Return an element of the page, of whatever type. @param {string} id */
export const box = (id) => element(id, HTMLElement);

/**
 * Set an element's text if it differs: screen readers speak every change.
 * @param {string} id
 * @param {string} text
 */
export function write(id, text) {
  const target = box(id);
  if (target.textContent !== text) target.textContent = text;
}

/**
 * Make an element with a text, or with other elements in it.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string | Node[]} content
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, content = '') {
  const made = document.createElement(tag);
  made.append(...(typeof content === 'string' ? [content].filter(Boolean) : content));
  return made;
}

/**
 * Act when a button is pressed. A click comes when the finger is lifted, and not at all while
 * another finger holds a stick. A click by the keyboard has no pointer, and a detail of 0.
 * @param {string} id
 * @param {() => void} action
 */
export function onPress(id, action) {
  box(id).addEventListener('pointerdown', (event) => event.button === 0 && action());
  box(id).addEventListener('click', (event) => event.detail === 0 && action());
}

/** Let the browser save a file. @param {string} name @param {Blob} content */
export function saveFile(name, content) {
  const link = make('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The browser begins to read it some time after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Elements that a person types into. */
export const TEXT_FIELDS = 'textarea, [contenteditable]:not([contenteditable=false]), '
  + 'input:not([type=range], [type=checkbox], [type=radio], [type=button], [type=submit])';

/**
 * Load a stylesheet that is not needed at first, from beside the first one; try twice.
 * @param {string} file as `panel.css`
 * @throws {Error} it did not come
 */
export async function loadStyle(file) {
  const first = element('style', HTMLLinkElement);
  const load = () => new Promise((/** @type {(value?: unknown) => void} */ resolve, reject) => {
    const link = make('link');
    link.rel = 'stylesheet';
    link.href = new URL(file, first.href).href;
    link.addEventListener('load', resolve);
    link.addEventListener('error', () => {
      link.remove();
      reject(new Error(`${file} did not load`));
    });
    first.after(link);
  });
  await load().catch(load);
}

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
