# Copyright 2026 The rtc_bridge authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""Whether everybody can use a page: axe-core's rules of WCAG 2, and what it does not look at."""

from contextlib import contextmanager
from functools import cache
from pathlib import Path

from support.firefox import node_modules

TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
# Rules broken, and contrast that could not be decided, as that of text over a picture. Never
# decided are signs such as + alone, and what a scrolled dialog shows in part. A live picture has
# no spoken text that captions could repeat, and no sound.
RUN = """async (tags) => {
  const { violations, incomplete } = await axe.run(document, { resultTypes: ['violations',
    'incomplete'], elementRef: true, runOnly: { type: 'tag', values: tags },
    rules: { 'video-caption': { enabled: false },
      'label-content-name-mismatch': { enabled: true } } });
  const undecided = incomplete.filter(({ id }) => id === 'color-contrast').map((rule) => ({
    ...rule, nodes: rule.nodes.filter(
      ({ any, element }) => !element?.closest('.plate, #mainlabel, .name, .cause')
        && !any.some(({ data }) => ['nonBmp', 'elmPartiallyObscuring'].includes(
          data?.messageKey))) }));
  return [...violations, ...undecided].flatMap(
    ({ id, nodes }) => nodes.map((node) => `${id}: ${node.target} ${node.any.concat(node.all)
      .map((one) => one.message)} ${node.html.slice(0, 120)}`));
}"""
# Texts on translucent plates, of which axe-core does not decide: those whose contrast is less than
# 4.5 (WCAG 2.2, 1.4.3) if what is behind the plate is black, or white.
PLATES = """() => {
  const pen = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const paint = (...colours) => {
    for (const colour of colours) {
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 1, 1);
    }
    const [r, g, b] = [...pen.getImageData(0, 0, 1, 1).data].map((value) => (
      value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return [...document.querySelectorAll(
    ':is(.plate, #mainlabel, #tiles :is(.name, .cause)) :is(b, span, strong), '
    + '#tiles .name')].filter(
    (one) => one.checkVisibility() && !one.childElementCount && one.textContent).flatMap((one) => {
    const plate = getComputedStyle(
      one.closest('.plate, #mainlabel, .name, .cause')).backgroundColor;
    const worst = Math.min(...['black', 'white'].map((behind) => {
      const [back, text] = [paint(behind, plate),
        paint(behind, plate, getComputedStyle(one).color)].sort((a, b) => a - b);
      return (text + 0.05) / (back + 0.05);
    }));
    return worst < 4.5 ? [`${one.textContent} has a contrast of ${worst.toFixed(2)}`] : [];
  });
}"""
# What appears has to be there.
STILL = """document.getAnimations().every(({ playState, effect }) => playState !== 'running'
  || effect.getComputedTiming().iterations === Infinity)"""
# Of every control that can be seen: too small for a finger, or under something else.
REACH = """() => [...document.querySelectorAll('button, a[href], select, input, .stick')].filter(
  (one) => one.checkVisibility() && !one.closest('.unseen')).flatMap((one) => {
    const label = one.closest('label');
    const box = (one.type === 'checkbox' ? label : one).getBoundingClientRect();
    const name = one.id || one.textContent || one.tagName;
    const small = box.width < 43.9 || box.height < 43.9
      ? [`${name} is ${box.width} x ${box.height}`] : [];
    // What scrolls may be out of sight; a dialog is over all else, and so is a panel meant to be.
    if (one.closest('#panels, #cameras, #actions, dialog')
      || document.querySelector('dialog[open]')) {
      return small;
    }
    const over = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return one.contains(over) || over?.contains(one) || label?.contains(over)
      ? small : [...small, `${name} is under ${over?.id || over?.outerHTML.slice(0, 80)}`];
  })"""

# Whether the emergency stop can be seen as a whole, with its word in it; what is in its place, if
# it cannot. None: this person has no emergency stop.
STOP = """() => {
  const stop = document.getElementById('stop');
  const { left, top, width, height } = stop.getBoundingClientRect();
  if (!width) return null;
  const over = [[0.5, 0.5], [0.5, 0.04], [0.5, 0.96], [0.04, 0.5], [0.96, 0.5]].map(
    ([x, y]) => document.elementFromPoint(left + x * width, top + y * height)).filter(
    (one) => one !== stop).map((one) => one?.id || one?.tagName || 'the edge of the window');
  const word = document.createRange();
  word.selectNodeContents(stop);
  return word.getBoundingClientRect().width > width - 10 ? [...over, 'its own edge'] : over;
}"""
# Texts of controls, and what is said of the robot, of which a part cannot be seen.
CUT = """() => [...document.querySelectorAll(
  'button, label, p, #driver, #why, #fps, #rtt, h1, h2, dt, dd')].filter((one) => {
    const box = one.getBoundingClientRect();
    const hides = getComputedStyle(one).overflowX !== 'visible';
    const scrolled = one.closest('#panels, #cameras, #notice, #notices, #firsthint, dialog');
    return one.checkVisibility() && !one.closest('.unseen') && box.width > 1
      && (hides && !scrolled && one.scrollWidth > one.clientWidth + 1
        || box.left < -1 || box.right > innerWidth + 1
        || !scrolled && (box.top < -1 || box.bottom > innerHeight + 1));
  }).map(({ id, textContent }) => `${id} ${textContent.slice(0, 40)}`)"""


@cache
def _axe():
    return (Path(node_modules('axe-core')) / 'axe-core' / 'axe.min.js').read_text()


def faults(page, contrast=True):
    """
    Return what keeps somebody from using a page as it is now.

    :param contrast: that of the page's colours counts; axe does not see the system's own ones
    """
    page.wait(STILL)
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(f'() => {{ {_axe()} }}')
    return [fault for fault in page.evaluate(RUN, TAGS) + page.evaluate(PLATES)
            if contrast or not fault.startswith('color-contrast')]


def out_of_reach(page):
    """Return the controls that a finger can hardly hit."""
    return page.evaluate(REACH)


def cut_off(page):
    """Return the texts that cannot be read as a whole, and what is over the emergency stop."""
    return page.evaluate(CUT) + (page.evaluate(STOP) or [])


@contextmanager
def large_text(page):
    """Let texts be twice as large, as a browser's setting makes them (WCAG 2, 1.4.4)."""
    page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
    try:
        yield
    finally:
        page.evaluate("() => { document.documentElement.style.fontSize = ''; }")
