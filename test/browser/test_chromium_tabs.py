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

"""Chromium's tabs, which tests use one after the other: nothing of one test reaches the next."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import threading

import pytest

KEPT = """[window.loaded ?? null, localStorage.kept ?? null, sessionStorage.kept ?? null,
  document.cookie]"""


class Page(BaseHTTPRequestHandler):
    """A page with a button."""

    def do_GET(self):  # noqa: N802 - http.server's name
        """Send it."""
        self.send_response(200)
        self.send_header('Content-Type', 'text/html')
        self.end_headers()
        self.wfile.write(b'<body><button>Press</button></body>')

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def url():
    server = ThreadingHTTPServer(('127.0.0.1', 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f'http://127.0.0.1:{server.server_port}/'
    server.shutdown()
    server.server_close()


def test_a_tab_that_was_left_is_as_new(chromium, url):
    page = chromium.page()
    page.evaluate_on_load('window.loaded = true')
    page.load(url)
    page.evaluate("""() => {
      localStorage.kept = sessionStorage.kept = 'yes';
      document.cookie = 'kept=yes; max-age=1000';
    }""")
    page.refresh()
    assert page.evaluate(KEPT) == [True, 'yes', 'yes', 'kept=yes']
    page.down('KeyW')
    page.touch((5, 5))
    tab = page._page
    page.leave()
    page = chromium.page()
    assert page._page is tab
    page.load(url)
    assert page.evaluate(KEPT) == [None, None, None, '']
    page.evaluate("window.heard = []; addEventListener('keydown', (e) => heard.push(e.repeat))")
    page.down('KeyW')
    assert page.evaluate('heard') == [False]
    # One finger again: the one before has been lifted.
    page.evaluate("addEventListener('touchstart', (e) => { window.fingers = e.touches.length; })")
    page.touch((5, 5))
    page.wait('window.fingers === 1')
    page.leave()


def test_a_tab_with_what_only_its_end_takes_away_is_closed(chromium, url):
    for spoil in (lambda page: page.devtools('Emulation.setCPUThrottlingRate', rate=1),
                  lambda page: page.lose_once('**/nothing'),
                  lambda page: page.load(url.replace('127.0.0.1', 'localhost'))):
        page = chromium.page()
        page.load(url)
        spoil(page)
        tab = page._page
        page.leave()
        page = chromium.page()
        assert page._page is not tab
        page.close()
