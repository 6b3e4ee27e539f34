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

"""The page's files, and the headers that they are served with."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
import gzip
from hashlib import sha256
import logging
import os
from pathlib import Path
import re
from typing import TypeAlias

from aiohttp import ETag, web

from .script_bundle import join_scripts
from .style_bundle import join_styles

PAGE_DIR = Path(__file__).parents[2] / 'web'
_logger = logging.getLogger('rtc_bridge.server')
# Python's own table of types depends on the machine, and browsers do not run a module of another
# type.
_TYPES = {'.js': 'text/javascript; charset=utf-8', '.mjs': 'text/javascript; charset=utf-8',
          '.css': 'text/css; charset=utf-8', '.html': 'text/html; charset=utf-8',
          '.svg': 'image/svg+xml', '.png': 'image/png', '.map': 'application/json'}
# Source maps are not: only developers ask for them, and they are large.
_COMPRESSED = frozenset({'.js', '.mjs', '.css', '.html', '.svg'})
_PAGE_PART = re.compile(rb'<!--.*?-->\s*|(?<=\n)[ ]+', re.DOTALL)
_NOT_ACCEPTED = re.compile(r'q=0(\.0{0,3})?')

# Path, time of change in ns, and size of files: it changes when one of them does.
_Version: TypeAlias = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Content:
    """A file as it is served."""

    tag: str
    plain: bytes
    # Empty for files that are sent as they are.
    compressed: bytes


def _content(path: str, plain: bytes) -> Content:
    if path.endswith('.html'):
        plain = _PAGE_PART.sub(b'', plain)
    compressed = gzip.compress(plain, mtime=0) if Path(path).suffix in _COMPRESSED else b''
    return Content(sha256(plain).hexdigest()[:16], plain, compressed)


class PageFiles:
    """
    The files of a folder that has the page.

    Scripts and stylesheets are served joined with what they import, see :mod:`~.script_bundle` and
    :mod:`~.style_bundle`; pages without comments and indentation. What was read is kept until a
    file changes; whether one of those that are joined has, is looked up with each page.
    Event loop only.

    :param folder: with ``index.html``
    :raises OSError: a script or stylesheet cannot be read
    :raises ValueError: one has a form that cannot be joined; the text names the place
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, tuple[_Version, Content]] = {}
        self._joined_version = self._version()
        self._joined = _join(folder, self._joined_version)
        for path, content in self._joined.items():
            _logger.debug('%s: %d bytes, %d compressed', path, len(content.plain),
                          len(content.compressed))

    def respond(self, path: str, request: web.Request) -> web.Response:
        """
        Return a file, or that it has not changed (RFC 9110, section 13.1.2).

        :param path: as it came in the URL
        :raises aiohttp.web.HTTPNotFound: the file does not exist, or the path leads out of the
            folder or to a hidden file
        """
        content = self.content(path)
        suffix = Path(path).suffix
        if any(tag.value in (content.tag, '*') for tag in request.if_none_match or ()):
            response = web.Response(status=304)
        elif content.compressed and _accepts_gzip(request.headers.get('Accept-Encoding', '')):
            response = web.Response(body=content.compressed, headers={'Content-Encoding': 'gzip'})
        else:
            response = web.Response(body=content.plain)
        response.headers['Cache-Control'] = 'no-cache'
        response.headers['Vary'] = 'Accept-Encoding'
        # Weak, since the plain and the compressed form differ in their bytes.
        response.etag = ETag(content.tag, is_weak=True)
        response.headers['Content-Type'] = _TYPES.get(suffix, 'application/octet-stream')
        return response

    def content(self, path: str) -> Content:
        """
        Return a file as it is served.

        :raises aiohttp.web.HTTPNotFound: see :meth:`respond`
        """
        parts = path.split('/')
        if any(not part or part.startswith('.') or '\\' in part or '\0' in part for part in parts):
            raise web.HTTPNotFound(text='There is no such file')
        if path == 'index.html':
            self._refresh()
        if path in self._joined:
            return self._joined[path]
        file = self._folder.joinpath(*parts)
        try:
            if not file.is_file():
                raise web.HTTPNotFound(text='There is no such file')
            stat = file.stat()
            version = ((path, stat.st_mtime_ns, stat.st_size),)
            known, content = self._files.get(path, ((), None))
            if content is None or known != version:
                content = _content(path, file.read_bytes())
                self._files[path] = version, content
        except OSError:
            # The name is too long, or the file has just been removed.
            raise web.HTTPNotFound(text='There is no such file') from None
        return content

    def _refresh(self) -> None:
        """Join what is joined anew if a file has changed; keep the old ones if that fails."""
        try:
            version = self._version()
            if version == self._joined_version:
                return
            self._joined_version = version
            self._joined = _join(self._folder, version)
        except (OSError, ValueError) as error:
            _logger.error('the files of the page have changed and cannot be joined; browsers '
                          'still get the version before: %s', error)

    def _version(self) -> _Version:
        return tuple(sorted(_scan(self._folder)))


def _scan(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Yield path, time of change and size of each file that is joined."""
    for parent, _, names in os.walk(folder):
        for name in names:
            if name.endswith(('.js', '.css')) or name == 'index.html':
                path = os.path.join(parent, name)
                stat = os.stat(path)
                yield path, stat.st_mtime_ns, stat.st_size


# To join them takes a tenth of a second. A program does it once; tests make many servers.
@lru_cache(maxsize=1)
def _join(folder: Path, version: _Version) -> dict[str, Content]:
    scripts = {path + suffix: text.encode() for path, script in join_scripts(folder).items()
               for suffix, text in (('', script.text), ('.map', script.source_map))}
    return {path: _content(path, text)
            for path, text in (scripts | join_styles(folder)).items()}


def _accepts_gzip(accepted: str) -> bool:
    """Tell whether the header Accept-Encoding allows gzip (RFC 9110, section 12.5.3)."""
    codings = (part.partition(';') for part in accepted.lower().split(','))
    return any(coding.strip() == 'gzip' and not _NOT_ACCEPTED.fullmatch(weight.strip())
               for coding, _, weight in codings)


def protect(response: web.StreamResponse, signaling: str = "'self' ws: wss:") -> None:
    """
    Add the headers that keep a page to itself.

    The page loads only files of its own origin, and no other page may frame it, where a person
    could be led to click it unseen.

    :param signaling: where the page may connect to, as sources of CSP; browsers without CSP 3 need
        the schemes of WebSockets in it
    """
    headers = response.headers
    headers['X-Content-Type-Options'] = 'nosniff'
    # The page's path may hold a robot's name, which is a secret on some relays.
    headers['Referrer-Policy'] = 'no-referrer'
    if response.content_type == 'text/html':
        headers['Content-Security-Policy'] = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            f"media-src 'self' blob: mediastream:; connect-src {signaling}; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'")
        headers['Permissions-Policy'] = (
            'camera=(self), geolocation=(), payment=(), serial=(), usb=()')
