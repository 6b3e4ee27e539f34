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

"""The relay as a process. Needs no ROS."""

import argparse
import asyncio
import gc
import logging
import os
from pathlib import Path
import resource
import signal
import ssl
import sys

from ..core.access.registration_tokens import RegistrationTokens
from ..core.errors import DependencyError, ParameterError, REFUSED
from ..core.failure_log import count_unhandled_failures
from ..core.limits.log_limits import EscapingFormatter
from ..core.settings.parameters import parameters_of
from ..core.settings.relay_settings import RelaySettings
from ..core.supervision import guarded, keep_running, spawn
from ..relay.app import create_app
from ..relay.directory.registry import Registry
from ..relay.http.server import serve, tls
from ..relay.metrics import JsonFormatter
from ..system.dependency_check import check
from ..system.private_files import warn_if_exposed
from ..system.secret_files import read_words
from ..system.setting_sources import (
    command_line_flag, environment_variable, read_settings,
)

_logger = logging.getLogger('rtc_bridge.relay')
_COLLECT_S, _COLLECT_ALL = 60.0, 60


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='rtc-bridge relay', argument_default=argparse.SUPPRESS,
        description='Serve the page, find robots, pass offers and answers. Sees no media.',
        epilog=f'Each setting may be in the environment, too: {environment_variable("port")} for '
               '--port, and in the configuration file, of which config/relay.toml is an example.')
    parser.add_argument('--config', metavar='FILE', help='TOML file with settings')
    for row in parameters_of(RelaySettings()):
        default = list(row.default) if isinstance(row.default, tuple) else row.default
        # Percent signs would be formats.
        text = f'{row.description}; {row.allowed()} [{default}]'.replace('%', '%%')
        if row.name == 'open':
            parser.add_argument('--open', action='store_const', const='true', help=text)
        else:
            parser.add_argument(command_line_flag(row.name), dest=row.name, metavar='VALUE',
                                help=text)
    return parser


async def run(settings: RelaySettings, tokens: RegistrationTokens, registry: Registry) -> int:
    """
    Run a relay until SIGINT or SIGTERM; read the certificate again on SIGHUP.

    Return the exit status: 1 if the port or the certificate cannot be had.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    count_unhandled_failures(loop)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    host, port, files = settings.host, settings.port, (settings.certificate, settings.key)
    try:
        context = tls(*files) if files[0] else None
        if context is not None:
            warn_if_exposed(Path(files[1] or files[0]), 'key' if files[1] else 'certificate')
    except OSError as error:
        _logger.error('the certificate cannot be used: %s', error)
        return 1
    loop.add_signal_handler(signal.SIGHUP, guarded('certificate', _renew), context, files)
    try:
        async with serve(create_app(registry, settings, robots=tokens), host, port,
                         context) as bound:
            _logger.info('relay listens on %s://%s:%d', 'https' if context else 'http',
                         f'[{host}]' if ':' in host else host, bound)
            collecting = spawn('garbage collection', keep_running(
                'garbage collection', _keep_collections_short))
            await stop.wait()
            collecting.cancel()
            _logger.info('relay stops')
            return 0
    except (OSError, OverflowError) as error:
        # asyncio's text repeats the address; the system's says only what is wrong.
        number = getattr(error, 'errno', None) or 0
        _logger.error('cannot listen on %s port %d: %s', host, port,
                      os.strerror(number) if number > 0 else error)
        return 1


async def _keep_collections_short() -> None:
    """
    Leave what stays, such as thousands of robots, out of Python's garbage collections.

    To look through all of it would hold up everybody for a third of a second, at any time. What
    was garbage among it is found once an hour.
    """
    while True:
        for _ in range(_COLLECT_ALL):
            gc.collect()
            gc.freeze()
            await asyncio.sleep(_COLLECT_S)
        gc.unfreeze()


def _renew(context: ssl.SSLContext | None, files: tuple[str, str]) -> None:
    if context is None:
        return
    try:
        # Into the context that is in use only if it is good; running connections keep the old.
        tls(*files)
        context.load_cert_chain(files[0], files[1] or None)
        _logger.info('the certificate was read again')
    except OSError as error:
        _logger.error('the new certificate cannot be used: %s', error)


def _registry(redis: str) -> Registry:
    """Return what knows the robots: of this relay, or of all that share a Redis."""
    if not redis:
        return Registry()
    check('relay --redis')
    from ..relay.directory.shared import SharedRegistry
    try:
        return SharedRegistry(redis)
    except ValueError as error:
        raise ParameterError(f'parameter redis is no URL of one: {error}') from None


def _take_files() -> None:
    """Let this process have as many sockets as it may: the usual soft limit is 1024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _log(settings: RelaySettings) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if settings.log.format == 'json' else (
        EscapingFormatter('[%(levelname)s] [relay]: %(message)s')))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # What libraries tell below warnings may hold secrets.
    logging.getLogger('rtc_bridge').setLevel(settings.log.level.upper())


def main(args: list[str] | None = None) -> int:
    """Run the relay; return the exit status."""
    args = sys.argv[1:] if args is None else list(args)
    # A launch file's Node action adds ROS arguments, which mean nothing here.
    if '--ros-args' in args:
        args = args[:args.index('--ros-args')]
    try:
        settings = read_settings(vars(_parser().parse_args(args)))
        _log(settings)
        tokens = RegistrationTokens(read_words(
            settings.tokens_file, os.environ.get(environment_variable('tokens'), '')),
            open_names=settings.open)
        if not tokens:
            raise ParameterError('no robot could register: give tokens (--tokens-file), or let '
                                 'any robot register (--open)')
        _take_files()
        return asyncio.run(run(settings, tokens, _registry(settings.redis)))
    except (DependencyError, ParameterError) as error:
        print(f'relay: {error}', file=sys.stderr)
        return REFUSED


if __name__ == '__main__':
    sys.exit(main())
