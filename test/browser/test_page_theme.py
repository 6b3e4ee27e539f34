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

"""The page's themes, colours of the system's own, and the list of all keys."""

import pytest
from support.accessibility import cut_off, faults, large_text, out_of_reach
from support.browsers import until
from support.pages import (
    end_stop, fresh_page, MAX_X, no_motion, press, shows, sideways_robot, take, text, velocity,
)

# Relative luminance (WCAG 2) of an element's own colour or background.
LUMINANCE = """([selector, property]) => {
  const [r, g, b] = getComputedStyle(document.querySelector(selector))[property]
    .match(/[\\d.]+/g).map(Number).map((value) => (value / 255 <= 0.03928 ? value / 255 / 12.92
      : ((value / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}"""
SIZES = [(1440, 900), (1024, 640), (820, 1180), (390, 844)]
# Of the browser's own parts, as the address line of a phone.
BAR = """[...document.querySelectorAll('meta[name=theme-color]')].find(
  (one) => matchMedia(one.media || 'all').matches).content"""
DIALOG = "(document.querySelector('dialog[open]')?.getAttribute('aria-label') ?? '')"


@pytest.fixture(scope='module')
def robot():
    """Run a robot with two cameras."""
    with sideways_robot() as robot:
        yield robot


def load(page, robot):
    """Load the robot's page; it has a picture."""
    page.load(f'{robot.url}?camera=front/image_raw')
    page.wait_state('live')


def contrast(page, selector, ground='body'):
    """Return the contrast of a text to what is behind it, 1 to 21."""
    dark, light = sorted((page.evaluate(LUMINANCE, [selector, 'color']),
                          page.evaluate(LUMINANCE, [ground, 'backgroundColor'])))
    return (light + 0.05) / (dark + 0.05)


def is_light(page):
    """Tell whether the page is light, the browser's bar with it."""
    light = page.evaluate(LUMINANCE, ['body', 'backgroundColor']) > 0.5
    assert page.evaluate(BAR) == ('#ffffff' if light else '#0b0e12')
    assert page.evaluate('getComputedStyle(document.documentElement).colorScheme') == (
        'light' if light else 'dark')
    return light


def choose_theme(page, theme):
    """Choose a theme in the options, as a person does."""
    open_options(page)
    page.evaluate("""(theme) => {
      const choice = [...document.querySelectorAll('dialog label')].find(
        (one) => one.textContent.startsWith('Colours')).querySelector('select');
      choice.value = theme;
      choice.dispatchEvent(new Event('change'));
    }""", theme)
    page.evaluate("document.querySelector('dialog .main').click()")
    page.wait(f"{DIALOG} === ''")


def test_a_theme_is_chosen_and_kept(robot, browser):
    with fresh_page(browser) as page:
        load(page, robot)
        choose_theme(page, 'light')
        until(lambda: is_light(page), 'a light page')
        # AAA, WCAG 2, 1.4.6.
        for selector in ('#robot', '#status', '#driver', '#speed label'):
            assert contrast(page, selector) >= 7, selector
        # What is over a picture does not become dark on dark.
        assert contrast(page, '#stage', '#stage') >= 7
        page.load(f'{robot.url}?camera=rear/image_raw')
        page.wait_state('live')
        until(lambda: is_light(page), 'a light page')
        choose_theme(page, 'dark')
        until(lambda: not is_light(page), 'a dark page')
        assert contrast(page, '#robot') >= 7


def test_without_a_choice_the_system_chooses(robot, chromium):
    page = chromium.page()
    try:
        page.load(robot.url)
        page.wait_state('live')
        # As the system is, at once, and whenever that changes.
        for scheme in ('light', 'dark', 'light'):
            with page.emulate(color_scheme=scheme):
                until(lambda: is_light(page) is (scheme == 'light'), scheme)
                assert contrast(page, '#status') >= 7
                before = page.evaluate(LUMINANCE, ['#status', 'color'])
                with page.emulate(contrast='more'):
                    # The secondary text is as strong as the rest.
                    after = page.evaluate(LUMINANCE, ['#status', 'color'])
                    assert after < before if scheme == 'light' else after > before
                page.evaluate("rtcBridge.settings.set('theme', 'dark')")
                assert not is_light(page)
                page.evaluate("rtcBridge.settings.set('theme', 'auto')")
        assert page.errors == []
    finally:
        page.leave()


# Controls that can be seen and have no line around them: [id, why].
WITHOUT_LINE = """() => [...document.querySelectorAll('button, select, .stick, .banner')].filter(
  (one) => one.checkVisibility() && !one.closest('.unseen')).filter((one) => {
    const { borderTopStyle, borderTopWidth } = getComputedStyle(one);
    return borderTopStyle === 'none' || parseFloat(borderTopWidth) < 1;
  }).map((one) => one.id || one.textContent)"""
LINE = """(selector) => {
  const { borderTopStyle, borderTopWidth } = getComputedStyle(document.querySelector(selector));
  return `${borderTopWidth} ${borderTopStyle}`;
}"""


def test_with_the_systems_own_colours_everything_is_recognised(robot, chromium):
    page = chromium.page()
    try:
        load(page, robot)
        end_stop(page)
        page.wait("!!document.querySelector('#allkeys:not([hidden])')")
        with page.emulate(forced_colors='active'):
            page.wait("matchMedia('(forced-colors: active)').matches")
            assert page.evaluate(WITHOUT_LINE) == []
            # The emergency stop is red, and white on it, whatever the system has.
            stop = page.evaluate("""(({ backgroundColor, color, borderTopWidth }) => (
              [backgroundColor, color, parseFloat(borderTopWidth)]))(
              getComputedStyle(document.getElementById('stop')))""")
            assert stop == ['rgb(176, 0, 0)', 'rgb(255, 255, 255)', 5]
            assert contrast(page, '#stop', '#stop') >= 7
            # States differ by more than their colours: by lines, and by what is said.
            free = page.evaluate(LINE, '#thumbs')
            page.click('#thumbs')
            page.wait("document.getElementById('thumbs').ariaPressed === 'true'")
            assert page.evaluate(LINE, '#thumbs') != free
            assert page.evaluate(LINE, '#stick').endswith('dashed')
            page.arm()
            page.wait("'armed' in document.body.dataset")
            assert page.evaluate(LINE, '#stick').endswith('solid')
            assert page.evaluate("getComputedStyle(document.querySelector('#stick i'))"
                                 '.backgroundColor') != page.evaluate(
                "getComputedStyle(document.getElementById('stick')).backgroundColor")
            page.click('#stop')
            shows(page, '#stopped', 'Emergency stop')
            assert page.evaluate(LINE, '#stop').endswith('double')
            # Icons are drawn in the colour of texts.
            assert page.evaluate("getComputedStyle(document.querySelector('#options svg')).stroke"
                                 " === getComputedStyle(document.querySelector('#options')).color")
        end_stop(page)
        assert page.errors == []
    finally:
        page.leave()


def open_help(page):
    """Open the list of all keys, by its key."""
    press(page, '?')
    page.wait(f"{DIALOG} === 'All keys'")


def close(page):
    """Close a dialog."""
    press(page, 'Escape')
    page.wait(f"{DIALOG} === ''")


def open_options(page):
    """Open the options."""
    page.evaluate("document.getElementById('options').click()")
    page.wait(f"{DIALOG} === 'Controls and keys'")


def states(page):
    """Bring the page into states in which much is shown; yield the name of each."""
    page.wait("!!document.getElementById('firsthint')")
    yield 'first hint'
    open_help(page)
    yield 'all keys'
    close(page)
    open_options(page)
    yield 'options'
    close(page)
    page.arm()
    page.evaluate("document.getElementById('thumbs').click()")
    page.evaluate("rtcBridge.settings.set('panels', true)")
    page.wait("!document.getElementById('panels').hidden")
    yield 'driving, with all that can be opened'
    page.evaluate("rtcBridge.settings.set('panels', false)")
    page.evaluate("document.getElementById('stop').dispatchEvent(new MouseEvent('click'))")
    shows(page, '#stopped', 'Emergency stop')
    yield 'stopped'
    end_stop(page)


def test_texts_may_be_twice_as_large(robot, chromium):
    page = chromium.page()
    try:
        load(page, robot)
        end_stop(page)
        for state in states(page):
            with large_text(page):
                for size in SIZES:
                    page.resize(*size)
                    assert cut_off(page) == [], (state, size)
                    assert out_of_reach(page) == [], (state, size)
        assert page.errors == []
    finally:
        page.leave()


def test_everybody_can_use_the_light_page_and_that_of_the_systems_colours(robot, chromium):
    page = chromium.page()
    try:
        load(page, robot)
        end_stop(page)
        for state in states(page):
            for size in SIZES[0], SIZES[3]:
                page.resize(*size)
                page.evaluate("rtcBridge.settings.set('theme', 'light')")
                assert faults(page) == [] and out_of_reach(page) == [], (state, size)
                page.evaluate("rtcBridge.settings.set('theme', 'dark')")
                with page.emulate(forced_colors='active'):
                    assert faults(page, contrast=False) == [], (state, size)
                    assert out_of_reach(page) == [], (state, size)
        assert page.errors == []
    finally:
        page.leave()


def ask(page, code='Slash'):
    """Press the key that has a question mark, as a keyboard sends it that has it there."""
    page.evaluate("""(code) => (document.activeElement ?? document.body).dispatchEvent(
      new KeyboardEvent('keydown', { key: '?', code, shiftKey: true, bubbles: true,
        cancelable: true, composed: true }))""", code)


def test_a_question_mark_shows_all_keys(robot, browser, cmd_vel):
    with fresh_page(browser) as page:
        load(page, robot)
        end_stop(page)
        page.wait("!!document.querySelector('#allkeys:not([hidden])')")
        shows(page, '#allkeys', 'Keys')
        take(page)
        page.down('KeyW')
        velocity(cmd_vel, MAX_X, 0, 0)
        # A person who reads does not drive.
        press(page, '?')
        page.wait(f"{DIALOG} === 'All keys'")
        velocity(cmd_vel, 0, 0, 0)
        page.up('KeyW')
        for words in ('W', 'Backspace', 'forward', 'this list', 'left stick', 'STOP'):
            assert words in text(page, 'dialog'), words
        # The keys do not drive under it, and the emergency stop is in reach.
        since = cmd_vel.mark()
        page.down('KeyW')
        no_motion(cmd_vel, since)
        page.up('KeyW')
        # Escape closes it, and stops nothing.
        press(page, 'Escape')
        page.wait(f"{DIALOG} === '' && document.activeElement.id === 'stage'")
        assert page.evaluate('rtcBridge.driver.stopped.id') is None
        # Shift and ß of a German keyboard; the same key closes it. Of a French one the sign is
        # where one of the driving keys is.
        for code in ('Minus', 'KeyM'):
            ask(page, code)
            page.wait(f"{DIALOG} === 'All keys'")
            ask(page, code)
            # A key goes to what has the focus.
            page.wait(f"{DIALOG} === '' && document.activeElement.id === 'stage'")
        page.click('#allkeys')
        page.wait(f"{DIALOG} === 'All keys'")
        page.click('#stop')
        shows(page, '#stopped', 'Emergency stop')
        page.evaluate("document.querySelector('dialog .main').click()")
        page.wait(f"{DIALOG} === ''")
        end_stop(page)


def test_a_question_mark_in_a_text_or_for_another_use_is_left_alone(robot, chromium):
    page = chromium.page()
    try:
        load(page, robot)
        page.wait("!!document.querySelector('#allkeys:not([hidden])')")
        page.evaluate("""() => {
          const field = document.createElement('input');
          field.id = 'field';
          document.body.append(field);
          field.focus();
        }""")
        press(page, '?')
        assert page.evaluate("document.getElementById('field').value") == '?'
        assert page.evaluate(DIALOG) == ''
        page.evaluate("document.getElementById('field').remove()")
        # The options may wait for a key, and have the list, too.
        open_options(page)
        ask(page)
        assert page.evaluate(DIALOG) == 'Controls and keys'
        page.evaluate("""() => [...document.querySelectorAll('dialog button')].find(
          (one) => one.textContent.startsWith('All keys')).click()""")
        page.wait(f"{DIALOG} === 'All keys'")
        close(page)
        assert page.errors == []
    finally:
        page.leave()
