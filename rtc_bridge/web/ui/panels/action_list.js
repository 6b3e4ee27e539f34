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
// A robot sends at most five messages within each other.
const MAX_DEPTH = 12;

/** @param {any} field @returns {boolean} */
function isField(field, depth = 0) {
  return depth < MAX_DEPTH && typeof field?.name === 'string' && FIELD_KINDS.includes(field.kind)
    && (field.kind !== 'group' || (Array.isArray(field.fields)
      && field.fields.every((/** @type {any} */ one) => isField(one, depth + 1))))
    && (field.kind !== 'list' || (isField(field.item, depth + 1) && Number.isInteger(field.most)))
    && (field.choices === undefined || (Array.isArray(field.choices)
      && field.choices.every(Array.isArray)));
}

/**
 * Return what can be shown of a robot's list.
 * @param {unknown} list as in `hello`
 * @returns {Action[]}
 */
export function readActions(list) {
  return (Array.isArray(list) ? list : []).flatMap((one) => {
    const { name, kind = null, reason, label, icon, confirm, has_state: hasState, fields } = one ?? {};
    if (typeof name !== 'string' || (kind === null ? typeof reason !== 'string'
      : !KINDS.includes(kind))) return [];
    if (kind === 'form' && !(Array.isArray(fields) && fields.every((field) => isField(field)))) {
      return [];
    }
    return [{ name, kind: kind ?? '', reason: typeof reason === 'string' ? reason : '',
      label: typeof label === 'string' && label ? label : name,
      icon: typeof icon === 'string' ? icon : 'none', confirm: confirm === true,
      hasState: hasState === true, fields: kind === 'form' ? fields : [] }];
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

/** @param {Action} action @param {unknown} value of a switch */
export function question({ label }, value) {
  return `${label}${value === true ? ' on' : value === false ? ' off' : ''}?`;
}
