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

export class Notices {
  #root;
  #shown = '[]';

  /** @param {HTMLElement} root of role `status` */
  constructor(root) {
    this.#root = root;
  }

  /** @param {Notice[]} list the first is always seen, the others by a click */
  show(list) {
    const text = JSON.stringify(list);
    if (text === this.#shown) return;
    this.#shown = text;
    this.#root.hidden = !list.length;
    const [first, ...others] = list.map(({ level, text: words }) => {
      const line = document.createElement('p');
      line.dataset.level = level;
      line.textContent = words;
      return line;
    });
    if (!others.length) {
      this.#root.replaceChildren(...(first ? [first] : []));
      return;
    }
    const [all, summary, more] = ['details', 'summary', 'span'].map((tag) => (
      document.createElement(tag)));
    more.textContent = `${others.length} more`;
    summary.append(first, more);
    all.append(summary, ...others);
    this.#root.replaceChildren(all);
  }
}
