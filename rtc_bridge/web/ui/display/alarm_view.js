// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Shows alarms: over the picture, by its border, spoken, and as a list beside it. */

import { box, make } from '../dom.js';
import { LEVEL_WORDS } from './alarm_rules.js';

/**
 * @typedef {import('./alarms.js').Entry} Entry
 * @typedef {import('./alarm_rules.js').Level} Level
 */

/** So many are shown over the picture. */
const MAX_SHOWN = 3;
/** So many are in the list at once; those before them are behind a fold. */
const MAX_NEWEST = 5;

/** @param {number} time ms since 1970 */
const clock = (time) => new Date(time).toLocaleTimeString();

/**
 * Return when an alarm was, in local time.
 * @param {Entry} entry
 */
const timesText = ({ began, ended }) => (ended === null
  ? `since ${clock(began)}` : `${clock(began)} – ${clock(ended)}`);

/** Make the sign of a level. Its shape differs, not only its colour. */
export function sign() {
  const made = make('i', '!');
  made.className = 'sign';
  made.setAttribute('aria-hidden', 'true');
  return made;
}

/** @param {'p' | 'li'} tag @param {Level} level @param {string} text @param {Node[]} more */
function line(tag, level, text, more = []) {
  const made = make(tag, [sign(), make('strong', LEVEL_WORDS[level]), make('span', text), ...more]);
  made.dataset.level = level;
  return made;
}

export class AlarmView {
  #alarms;
  #over = make('div');
  #frame = make('div');
  #spoken = make('p');
  #section = make('section');
  #newest = make('ol');
  #earlier = make('ol');
  #fold = make('details', [make('summary', 'Earlier'), this.#earlier]);
  #shown = '';

  /** @param {import('./alarms.js').Alarms} alarms */
  constructor(alarms) {
    this.#alarms = alarms;
    this.#over.id = 'alarms';
    // Below the other messages, so that they never cover each other.
    box('banners').append(this.#over);
    this.#frame.id = 'alarmframe';
    this.#frame.className = 'over';
    // Under the notice and all texts.
    box('place').after(this.#frame);
    // Spoken once when it begins; what is seen may count.
    this.#spoken.className = 'unseen';
    this.#spoken.setAttribute('role', 'alert');
    this.#spoken.hidden = true;
    box('spoken').after(this.#spoken);
    this.#section.id = 'alarmlog';
    this.#section.hidden = true;
    this.#section.setAttribute('aria-label', 'Alarms');
    this.#section.append(make('h2', 'Alarms'), this.#newest, this.#fold);
    box('stats').before(this.#section);
    alarms.on('raise', ({ level, text }) => {
      this.#spoken.hidden = false;
      this.#spoken.textContent = `${LEVEL_WORDS[/** @type {Level} */ (level)]}: ${text}`;
    });
    alarms.on('change', () => this.#show());
    this.#show();
  }

  #show() {
    const { active, list } = this.#alarms;
    const level = active[0]?.level ?? '';
    document.body.toggleAttribute('data-alarm', !!level);
    if (level) document.body.dataset.alarm = level;
    this.#over.replaceChildren(...active.slice(0, MAX_SHOWN).map(
      (alarm) => line('p', alarm.level, alarm.text)));
    const shown = list.map(({ began, ended }) => `${began} ${ended}`).join();
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#section.hidden = !list.length;
    const lines = list.toReversed().map((entry) => {
      const time = make('time', timesText(entry));
      time.dateTime = new Date(entry.began).toISOString();
      return line('li', entry.level, entry.text, [time]);
    });
    this.#newest.replaceChildren(...lines.slice(0, MAX_NEWEST));
    this.#earlier.replaceChildren(...lines.slice(MAX_NEWEST));
    this.#fold.hidden = lines.length <= MAX_NEWEST;
  }
}
