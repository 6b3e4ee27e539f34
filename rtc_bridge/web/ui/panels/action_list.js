// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What the robot tells of its actions, checked, and the words for it. */

/**
 * @typedef {object} Field of a form, as docs/protocol.md has it
 * @property {string} name
 * @property {'bool' | 'int' | 'float' | 'string' | 'group' | 'list' | 'left'} kind
 * @property {string} type
 * @property {any} [default]
 * @property {number} [low]
 * @property {number} [high]
 * @property {number} [most]
 * @property {number} [least]
 * @property {[string, any][]} [choices]
 * @property {Field[]} [fields]
 * @property {Field} [item]
 *
 * @typedef {object} Action
 * @property {string} name
 * @property {'trigger' | 'set_bool' | 'text' | 'form' | ''} kind '' if it cannot be called now
 * @property {string} reason why it cannot
 * @property {string} label
 * @property {string} icon
 * @property {boolean} confirm
 * @property {boolean} hasState a topic tells whether the switch is on
 * @property {Field[]} fields
 */

const KINDS = ['trigger', 'set_bool', 'text', 'form'];
const FIELD_KINDS = ['bool', 'int', 'float', 'string', 'group', 'list', 'left'];
// Of an action of a newer robot, or with a form that this page cannot make.
const UNKNOWN = 'This page does not know it; update the page.';
// A robot sends at most five messages within each other.
const MAX_DEPTH = 12;
// Items that a list has at first; a robot sends at most 16.
const MAX_ITEMS = 64;
// Fields of a form at first, with those of all items; a robot's types have at most 100.
const MAX_FIELDS = 1000;

const isCount = (/** @type {any} */ value) => Number.isInteger(value) && value >= 0;

/**
 * Return how many fields a field is at first, with one more item of each list, which a person can
 * add; Infinity: it is malformed.
 * @param {any} field
 * @returns {number}
 */
function countFields(field, depth = 0) {
  const { name, kind, choices, most } = field ?? {};
  if (depth >= MAX_DEPTH || typeof name !== 'string' || !FIELD_KINDS.includes(kind)
    || (choices !== undefined && !(Array.isArray(choices) && choices.every(Array.isArray)))
    || (kind === 'string' && most !== undefined && !isCount(most))) return Infinity;
  if (kind === 'group') return 1 + countAll(field.fields, depth + 1);
  return kind === 'list' ? 1 + countItems(field, depth + 1) : 1;
}

/** @param {any} fields @param {number} depth */
function countAll(fields, depth) {
  let count = Array.isArray(fields) ? 0 : Infinity;
  for (let index = 0; count <= MAX_FIELDS && index < fields.length; index += 1) {
    count += countFields(fields[index], depth);
  }
  return count;
}

/** @param {any} list @param {number} depth */
function countItems({ item, most, least = 0, default: start }, depth) {
  const first = Array.isArray(start) ? start : [];
  const count = Math.max(least, first.length);
  if (!isCount(least) || !isCount(most) || count > most || count > MAX_ITEMS) return Infinity;
  return countAll(Array.from({ length: count + 1 }, (_, index) => (
    first[index] === undefined ? item : { ...item, default: first[index] })), depth);
}

/**
 * Return what can be shown of a robot's list.
 * @param {unknown} list as in `hello`
 * @returns {Action[]}
 */
export function readActions(list) {
  return (Array.isArray(list) ? list : []).flatMap((one) => {
    const { name, kind = null, reason, label, icon, confirm, has_state: hasState, fields } = one ?? {};
    if (typeof name !== 'string') return [];
    const isKnown = KINDS.includes(kind) && (kind !== 'form' || countAll(fields, 0) <= MAX_FIELDS);
    const isMissing = kind === null && typeof reason === 'string';
    return [{ name, kind: isKnown ? kind : '', reason: isMissing ? reason : isKnown ? '' : UNKNOWN,
      label: typeof label === 'string' && label ? label : name,
      icon: typeof icon === 'string' ? icon : 'none', confirm: confirm === true,
      hasState: hasState === true, fields: isKnown && kind === 'form' ? fields : [] }];
  });
}

/**
 * Say whether a switch is on.
 * @param {boolean | null | undefined} told by its topic
 * @param {boolean | undefined} assumed after the last call that succeeded
 * @param {boolean} hasState it has a topic
 * @returns {{on: boolean | null, text: string}}
 */
export function switchState(told, assumed, hasState) {
  if (hasState) {
    if (typeof told === 'boolean') return { on: told, text: told ? 'is on' : 'is off' };
    return { on: null, text: 'not known: its topic is silent' };
  }
  if (assumed === undefined) return { on: null, text: '' };
  return { on: assumed, text: assumed ? 'on, assumed' : 'off, assumed' };
}

/** @param {Action} action @param {unknown} value of a switch, or a text to say */
export function question({ label }, value) {
  const words = typeof value === 'boolean' ? value ? ' on' : ' off'
    : typeof value === 'string' ? ` “${value}”` : '';
  return `${label}${words}?`;
}
