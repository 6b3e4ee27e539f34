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

"""The page's files as they are served, while they change."""

from contextlib import asynccontextmanager

from aiohttp import ClientSession, web
import pytest
from rtc_bridge.relay.http.page_files import PageFiles
from support.relay_server import serve_app


@asynccontextmanager
async def served(folder):
    """Serve a folder; give a client for it."""
    files = PageFiles(folder)

    async def get(request):
        return files.respond(request.match_info['path'], request)
    app = web.Application()
    app.router.add_get('/{path:.*}', get)
    async with serve_app(app) as url, ClientSession(url) as http:
        yield http


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a page of two modules."""
    (tmp_path / 'index.html').write_text('<script type="module" src="static/main.js"></script>')
    (tmp_path / 'main.js').write_text("import { text } from './text.js';\nconsole.log(text);\n")
    (tmp_path / 'text.js').write_text("export const text = 'before'; // a comment\n")
    return tmp_path


async def fetch(http, path):
    """Return a file's text and its tag."""
    async with http.get(path) as response:
        assert response.status == 200
        return await response.text(), response.headers['ETag']


@pytest.mark.asyncio
async def test_a_script_is_joined_anew_when_a_module_changes(folder, caplog):
    async with served(folder) as http:
        text, tag = await fetch(http, '/main.js')
        assert "'before'" in text and 'comment' not in text
        assert (await fetch(http, '/text.js'))[0] == (folder / 'text.js').read_text()
        (folder / 'text.js').write_text("export const text = 'after, and longer';\n")
        # That is looked up with each page.
        await fetch(http, '/index.html')
        text, new = await fetch(http, '/main.js')
        assert "'after" in text and new != tag
        assert "'after" in (await fetch(http, '/main.js.map'))[0]
        # A developer's mistake does not take the page away.
        (folder / 'text.js').write_text('export default 1;\n')
        await fetch(http, '/index.html')
        assert await fetch(http, '/main.js') == (text, new)
        await fetch(http, '/index.html')
        assert await fetch(http, '/main.js') == (text, new)
    assert [record.message for record in caplog.records if 'text.js:1' in record.message] == [
        record.message for record in caplog.records if record.levelname == 'ERROR']
    assert len([record for record in caplog.records if record.levelname == 'ERROR']) == 1


def test_a_page_that_cannot_be_joined_is_not_served_at_all(folder):
    (folder / 'text.js').write_text('export default 1;\n')
    with pytest.raises(ValueError, match='text.js:1'):
        PageFiles(folder)


def style_of(folder, text):
    """Return a stylesheet as it is served."""
    (folder / 'style.css').write_bytes(text)
    return PageFiles(folder).content('style.css').plain


def test_stylesheets_lose_comments_and_blanks_and_nothing_that_counts(folder):
    assert style_of(folder, b"""/* What it is. */
:root { --a: 1px; /* of
   all */ --b : 2px }

main > p :hover , a + b{ width: calc(1px + 2px); content: '/* ; { */  "'; }
@media (width > 1px) and (height) { x { y: "it's  {" } }
.d { e: f; /* two */ }
/* three */
.g/**/.h { i: url(data:image/png;base64,AA) }
""") == (b""":root{--a: 1px;--b : 2px}main > p :hover,a + b{width: calc(1px + 2px);"""
         b"""content: '/* ; { */  "';}@media (width > 1px) and (height){x{y: "it's  {"}}"""
         b'.d{e: f;}.g.h{i: url(data:image/png;base64,AA)}')


@pytest.mark.parametrize('text', [b'', b'/* open', b'"open', b'\xff\xfe{}', b"a{b: '\\';}*/"])
def test_a_stylesheet_with_faults_stays_as_it_is(folder, text):
    assert style_of(folder, text) == text


@pytest.mark.parametrize('text', [
    b'@import "text.css";', b"@import url('parts.css');", b"@import 'parts.css' print;",
    b'a { background: url(picture.png) }'])
def test_a_form_of_a_stylesheet_that_cannot_be_joined_is_refused(folder, text):
    (folder / 'parts.css').touch()
    with pytest.raises(ValueError, match='style.css: .* cannot be joined'):
        style_of(folder, text)


def test_stylesheets_are_joined_with_what_they_import_in_its_order(folder):
    (folder / 'parts').mkdir()
    (folder / 'parts' / 'one.css').write_text("@import 'two.css';\n.one { a: 1 }\n")
    (folder / 'parts' / 'two.css').write_text('.two { a: 2 }\n')
    assert style_of(folder, b"@import 'parts/one.css';\n@import 'parts/two.css';\nb { c: d }") == (
        b'.two{a: 2}.one{a: 1}.two{a: 2}b{c: d}')
    for text, fault in ((b"@import 'style.css';", 'style.css imports itself'),
                        (b"@import 'none.css';", 'style.css imports none.css'),
                        (b"@import '../style.css';", 'style.css imports ../style.css')):
        with pytest.raises(ValueError, match=fault):
            style_of(folder, text)


@pytest.mark.asyncio
async def test_a_page_loses_comments_and_indentation(folder):
    (folder / 'index.html').write_text(
        '<p>\n  <!-- What\n  it is. -->\n  <b>a</b> <i>b  c</i>\n</p>\n')
    async with served(folder) as http:
        assert (await fetch(http, '/index.html'))[0] == '<p>\n<b>a</b> <i>b  c</i>\n</p>\n'
