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

"""Fixtures of the tests with browsers."""

import pytest
from support.browsers import Shared
from support.firefox import Firefox


@pytest.fixture(scope='session')
def shared_firefox(firefox_path):
    """Return the Firefox of all modules."""
    with Shared(lambda: Firefox(firefox_path)) as shared:
        yield shared


@pytest.fixture
def firefox(shared_firefox):
    """Return a Firefox with an empty page, which shares nothing with those before."""
    yield from shared_firefox.lend()


@pytest.fixture(scope='module', params=['chromium', 'firefox'])
def browser(request):
    """Return each browser in turn."""
    if request.param == 'firefox':
        yield from request.getfixturevalue('shared_firefox').lend()
    else:
        yield request.getfixturevalue('chromium')


@pytest.fixture
def browse(chromium):
    """Open pages in Chromium, and close them in the end."""
    pages = []

    def show(url):
        pages.append(chromium.show(url))
        return pages[-1]
    yield show
    for page in pages:
        page.leave()
