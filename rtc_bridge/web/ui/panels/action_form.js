// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** A form for the arguments of a service, made from the definition of its type. */

import { make } from '../dom.js';

/**
 * @typedef {import('./action_list.js').Field} Field
 * @typedef {{element: HTMLElement, read: () => any}} Entry an element, and the JSON value in it;
 *   `undefined`: the robot's default
 */

// The choice of a number that is no constant of the type.
const OTHER = 'other';

/** @param {HTMLElement} control @param {Field} field */
function labelled(control, { name, type }) {
  const label = make('label', [make('span', name || 'item'), control]);
  label.title = type;
  return label;
}

/** @param {Field} field @returns {Entry} */
function makeBool(field) {
  const input = make('input');
  input.type = 'checkbox';
  input.checked = field.default === true;
  return { element: labelled(input, field), read: () => input.checked };
}

/** @param {Field} field */
function makeInput({ kind, low, high, most, default: start }) {
  const input = make('input');
  if (kind === 'string') {
    if (most !== undefined) input.maxLength = most;
    input.value = typeof start === 'string' ? start : '';
    return input;
  }
  input.type = 'number';
  input.required = true;
  input.step = kind === 'int' ? '1' : 'any';
  if (low !== undefined) input.min = String(low);
  if (high !== undefined) input.max = String(high);
  input.value = String(Number(start ?? 0));
  return input;
}

/** @param {Field} field @returns {Entry} */
function makeScalar(field) {
  const input = makeInput(field);
  const read = () => (field.kind === 'string' ? input.value : Number(input.value));
  const { choices, default: start } = field;
  if (!choices?.length) return { element: labelled(input, field), read };
  const select = make('select', [...choices.map(([name, value], index) => {
    const option = make('option', `${name} (${value})`);
    option.value = String(index);
    return option;
  }), Object.assign(make('option', 'another value'), { value: OTHER })]);
  const chosen = choices.findIndex(([, value]) => value === start);
  select.value = chosen < 0 ? OTHER : String(chosen);
  input.setAttribute('aria-label', `${field.name}: another value`);
  const arrange = () => { input.hidden = input.disabled = select.value !== OTHER; };
  select.addEventListener('change', arrange);
  arrange();
  return { element: make('div', [labelled(select, field), input]),
    read: () => (select.value === OTHER ? read() : choices[Number(select.value)][1]) };
}

/** @param {Field} field @param {number} depth @returns {Entry} */
function makeGroup({ name, type, fields = [] }, depth) {
  const entries = fields.map((field) => ({ name: field.name, ...makeEntry(field, depth + 1) }));
  const details = make('details', [make('summary', name || 'item'),
    ...entries.map(({ element }) => element)]);
  details.title = type;
  details.open = !depth;
  return { element: details, read: () => readAll(entries) };
}

/** @param {Field} field @param {number} depth @returns {Entry} */
function makeList({ name, type, least = 0, most = 0, item, default: start }, depth) {
  const field = /** @type {Field} */ (item);
  /** @type {Entry[]} */
  const entries = [];
  const box = make('fieldset', [make('legend', name || 'items')]);
  box.title = type;
  const buttons = make('div');
  const add = Object.assign(make('button', 'Add'), { type: 'button' });
  const remove = Object.assign(make('button', 'Remove the last'), { type: 'button' });
  const arrange = () => {
    add.disabled = entries.length >= most;
    remove.disabled = entries.length <= least;
  };
  const append = (/** @type {any} */ value) => {
    const made = makeEntry({ ...field, name: `${name} ${entries.length + 1}`,
      ...(value !== undefined && { default: value }) }, depth + 1);
    entries.push(made);
    buttons.before(made.element);
    arrange();
  };
  add.addEventListener('click', () => append(undefined));
  remove.addEventListener('click', () => {
    entries.pop()?.element.remove();
    arrange();
  });
  if (least !== most) buttons.append(add, remove);
  box.append(buttons);
  const first = Array.isArray(start) ? start : [];
  for (let index = 0; index < Math.max(least, first.length); index += 1) append(first[index]);
  arrange();
  return { element: box, read: () => entries.map(({ read }) => read()) };
}

/** @param {Field} field @param {number} depth @returns {Entry} */
function makeEntry(field, depth) {
  switch (field.kind) {
    case 'bool': return makeBool(field);
    case 'group': return makeGroup(field, depth);
    case 'list': return makeList(field, depth);
    case 'left': return { read: () => undefined,
      element: make('p', `${field.name} (${field.type}) is too large for a form: it keeps its default.`) };
    default: return makeScalar(field);
  }
}

/** @param {{name: string, read: () => any}[]} entries */
function readAll(entries) {
  return Object.fromEntries(entries.map(({ name, read }) => [name, read()])
    .filter(([, value]) => value !== undefined));
}

/**
 * Make a form.
 * @param {Field[]} fields
 * @param {string} label of the button that sends it
 * @param {(values: Record<string, any>) => void} send
 */
export function makeForm(fields, label, send) {
  const entries = fields.map((field) => ({ name: field.name, ...makeEntry(field, 0) }));
  const form = make('form', [...entries.map(({ element }) => element), make('button', label)]);
  // A field that is not filled in can be in a part that is closed.
  form.addEventListener('invalid', (event) => {
    const { target } = event;
    for (let one = /** @type {Element | null | undefined} */ (target instanceof Element ? target
      : null)?.closest('details'); one; one = one.parentElement?.closest('details')) {
      one.open = true;
    }
  }, true);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    send(readAll(entries));
  });
  return form;
}
