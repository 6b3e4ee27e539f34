// @ts-check
/** What the robot has to say of driving for as long as it is so: another publisher, nobody who listens. */

/** The worst first. */
const LEVELS = ['error', 'warn', 'info'];
const MOST = 8;
const LONGEST = 400;

/** @typedef {{code: string, level: string, text: string}} Notice */

/**
 * Return what can be shown of a robot's list, the worst first.
 * @param {unknown} list as in `notices`
 * @returns {Notice[]}
 */
export function readNotices(list) {
  if (!Array.isArray(list)) return [];
  return list.filter((one) => typeof one?.text === 'string' && one.text).slice(0, MOST)
    .map(({ code, level, text }) => ({ code: String(code ?? ''), text: text.slice(0, LONGEST),
      level: LEVELS.includes(level) ? level : 'warn' }))
    .sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
}

/** The fact, which comes first; what to do about it follows. @param {string} text */
export const firstSentence = (text) => /^.*?[.?!](?=\s|$)/s.exec(text)?.[0] ?? text;

/** @param {string} level @param {string} text */
function line(level, text) {
  const node = document.createElement('p');
  node.dataset.level = level;
  node.textContent = text;
  return node;
}

export class Notices {
  #root;
  #shown = '[]';

  /** @param {HTMLElement} root of role `status` */
  constructor(root) {
    this.#root = root;
  }

  /** @param {Notice[]} list the first sentence is always seen, all the rest by a click */
  show(list) {
    const text = JSON.stringify(list);
    if (text === this.#shown) return;
    this.#shown = text;
    this.#root.hidden = !list.length;
    this.#root.replaceChildren();
    if (!list.length) return;
    const [worst, ...others] = list;
    const short = firstSentence(worst.text);
    if (short === worst.text && !others.length) {
      this.#root.append(line(worst.level, short));
      return;
    }
    const [all, summary, more] = ['details', 'summary', 'span'].map((tag) => (
      document.createElement(tag)));
    more.textContent = others.length ? `${others.length} more` : 'more';
    summary.append(line(worst.level, short), more);
    all.append(summary, ...list.map(({ level, text: words }) => line(level, words)));
    this.#root.append(all);
  }
}
