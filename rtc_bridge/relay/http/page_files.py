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

from dataclasses import dataclass
from functools import lru_cache
import gzip
from hashlib import sha256
import os
from pathlib import Path
import re

from aiohttp import ETag, web

from .script_bundle import join

PAGE_DIR = Path(__file__).parents[2] / 'web'
# Python's table of types depends on the machine; a module of the wrong type does not run.
_TYPES = {'.js': 'text/javascript; charset=utf-8', '.mjs': 'text/javascript; charset=utf-8',
          '.css': 'text/css; charset=utf-8', '.html': 'text/html; charset=utf-8',
          '.svg': 'image/svg+xml', '.png': 'image/png'}
_NEVER = re.compile(r'q=0(\.0{0,3})?')
_PACKED = frozenset({'.js', '.mjs', '.css', '.html', '.svg'})


@dataclass(frozen=True)
class _File:
    tag: str
    plain: bytes
    packed: bytes


def _versions(file: Path) -> tuple[tuple[str, int, int], ...]:
    """Return what changes when a file does, or for a script any other beside it."""
    if file.suffix != '.js':
        stat = file.stat()
        return (file.name, stat.st_mtime_ns, stat.st_size),
    with os.scandir(file.parent) as entries:
        stats = [(entry.name, entry.stat()) for entry in entries if entry.name.endswith('.js')]
    return tuple(sorted((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats))


@lru_cache(maxsize=256)
def _read(file: Path, versions: tuple[tuple[str, int, int], ...]) -> _File:
    """Read a file, once for each of its versions; a script with all that it imports."""
    try:
        plain = join(file).encode() if file.suffix == '.js' else file.read_bytes()
    except ValueError:
        # Somebody else's, in a form of his own: the browser asks for its parts one by one.
        plain = file.read_bytes()
    return _File(sha256(plain).hexdigest()[:16], plain, gzip.compress(plain, mtime=0))


def _takes_gzip(accepted: str) -> bool:
    """Read the header Accept-Encoding (RFC 9110, section 12.5.3)."""
    codings = (part.partition(';') for part in accepted.lower().split(','))
    return any(coding.strip() == 'gzip' and not _NEVER.fullmatch(weight.strip())
               for coding, _, weight in codings)


def serve_file(folder: Path, path: str, request: web.Request) -> web.Response:
    """
    Return a file in a folder, or that it has not changed (RFC 9110, section 13.1.2).

    :param path: as it came in the URL
    :raises aiohttp.web.HTTPNotFound: there is none, or the path leads elsewhere
    """
    parts = path.split('/')
    # Neither out of the folder nor into what is hidden in it.
    if any(not part or part.startswith('.') or '\\' in part or '\0' in part for part in parts):
        raise web.HTTPNotFound(text='There is no such file')
    file = folder.joinpath(*parts)
    try:
        if not file.is_file():
            raise web.HTTPNotFound(text='There is no such file')
        found = _read(file, _versions(file))
    except OSError:
        # Too long a name, or gone meanwhile.
        raise web.HTTPNotFound(text='There is no such file') from None
    if any(tag.value in (found.tag, '*') for tag in request.if_none_match or ()):
        response = web.Response(status=304)
    elif file.suffix in _PACKED and _takes_gzip(request.headers.get('Accept-Encoding', '')):
        response = web.Response(body=found.packed, headers={'Content-Encoding': 'gzip'})
    else:
        response = web.Response(body=found.plain)
    response.headers['Cache-Control'] = 'no-cache'
    response.headers['Vary'] = 'Accept-Encoding'
    # Weak: plain and packed are one content, but not the same bytes.
    response.etag = ETag(found.tag, is_weak=True)
    response.headers['Content-Type'] = _TYPES.get(file.suffix, 'application/octet-stream')
    return response


def protect(response: web.StreamResponse, signaling: str = "'self' ws: wss:") -> None:
    """
    Add the headers that keep a page to itself.

    The page's own files and nothing else; no other page around it, where it could be clicked
    without being seen.

    :param signaling: where the page may connect to, as CSP has it (browsers without CSP 3 want
        WebSockets to be named)
    """
    headers = response.headers
    headers['X-Content-Type-Options'] = 'nosniff'
    # A room's name is a secret.
    headers['Referrer-Policy'] = 'no-referrer'
    if response.content_type == 'text/html':
        headers['Content-Security-Policy'] = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            f"media-src 'self' blob: mediastream:; connect-src {signaling}; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'")
        headers['Permissions-Policy'] = (
            'camera=(), geolocation=(), payment=(), serial=(), usb=()')
