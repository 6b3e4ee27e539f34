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

"""The relay as a program. It needs no ROS."""

import argparse
import asyncio
from collections.abc import Sequence
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
from ..core.settings.relay_settings import LogSettings, RelaySettings
from ..core.supervision import guard, keep_running, spawn
from ..relay.app import create_app
from ..relay.directory.registry import Registry
from ..relay.event_log import JsonFormatter
from ..relay.http.server import serve, tls_context
from ..system.dependency_check import check
from ..system.files.private_files import warn_if_exposed
from ..system.files.secret_files import read_words
from ..system.files.setting_sources import (
    command_line_flag, environment_variable, read_settings,
)
from ..system.processes.garbage_collection import ShortCollections
from ..system.processes.termination import handled_signals, in_event_loop

_logger = logging.getLogger('rtc_bridge.relay')

# Seconds between two looks at how much memory there is.
_COLLECT_EVERY_S = 1.0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='rtc-bridge relay', argument_default=argparse.SUPPRESS,
        description='Serve the page, find robots, pass offers and answers. Sees no media.',
        epilog=f'Each setting may be in the environment, too: {environment_variable("port")} for '
               '--port, and in the configuration file, of which config/relay.toml is an example.')
    parser.add_argument('--config', metavar='FILE', help='TOML file with settings')
    for row in parameters_of(RelaySettings()):
        default = list(row.default) if isinstance(row.default, tuple) else row.default
        # argparse formats help texts with %.
        text = f'{row.description}; {row.allowed()} [{default}]'.replace('%', '%%')
        if row.name == 'open':
            parser.add_argument('--open', action='store_const', const='true', help=text)
        else:
            parser.add_argument(command_line_flag(row.name), dest=row.name, metavar='VALUE',
                                help=text)
    return parser


async def run(settings: RelaySettings, tokens: RegistrationTokens, registry: Registry) -> int:
    """
    Run a relay until SIGINT or SIGTERM; read tokens and certificate again on SIGHUP.

    Return the exit status: 1 if the relay cannot listen on its port or use its certificate.
    """
    stop = asyncio.Event()
    count_unhandled_failures(asyncio.get_running_loop())
    try:
        context = _tls_context(settings)
    except OSError as error:
        _logger.error('the certificate cannot be used: %s', _certificate_fault(settings, error))
        return 1

    def reload() -> None:
        _reload(context, settings, tokens)

    with handled_signals({signal.SIGINT: in_event_loop(stop.set),
                          signal.SIGTERM: in_event_loop(stop.set),
                          signal.SIGHUP: in_event_loop(reload)}):
        return await _serve(settings, tokens, registry, context, stop)


async def _serve(settings: RelaySettings, tokens: RegistrationTokens, registry: Registry,
                 context: ssl.SSLContext | None, stop: asyncio.Event) -> int:
    """Serve until an event; return the exit status."""
    host, port = settings.host, settings.port
    try:
        async with serve(create_app(registry, settings, robots=tokens), host, port,
                         context) as bound_port:
            _logger.info('relay listens on %s://%s:%d', 'https' if context else 'http',
                         f'[{host}]' if ':' in host else host, bound_port)
            with ShortCollections() as collections:
                collecting = spawn('garbage collection', keep_running(
                    'garbage collection', lambda: _collect_garbage(collections)))
                await stop.wait()
                collecting.cancel()
            _logger.info('relay stops')
            return 0
    except (OSError, OverflowError) as error:
        # asyncio's text repeats the address; the system's text says only what is wrong.
        number = getattr(error, 'errno', None) or 0
        _logger.error('cannot listen on %s port %d: %s', host, port,
                      os.strerror(number) if number > 0 else error)
        return 1


def _tls_context(settings: RelaySettings) -> ssl.SSLContext | None:
    """
    Return the TLS context, ``None`` for a relay without TLS.

    :raises OSError: the certificate or its key cannot be used
    """
    if not settings.certificate:
        return None
    context = tls_context(settings.certificate, settings.key)
    if settings.key:
        warn_if_exposed(Path(settings.key), 'key')
    else:
        warn_if_exposed(Path(settings.certificate), 'certificate')
    return context


def _reload(context: ssl.SSLContext | None, settings: RelaySettings,
            tokens: RegistrationTokens) -> None:
    """Read again what may have changed. What cannot be used leaves in use what was there."""
    with guard('tokens'):
        _reload_tokens(settings, tokens)
    if context is not None:
        with guard('certificate'):
            _reload_certificate(context, settings)


def _read_tokens(settings: RelaySettings) -> RegistrationTokens:
    """
    Return the tokens of the file and of the environment.

    :raises ParameterError: the file cannot be read, or a token cannot be used
    """
    variable = environment_variable('tokens')
    words, places = read_words(settings.tokens_file, os.environ.get(variable, ''), variable)
    tokens = RegistrationTokens(words, places, open_names=settings.open)
    if not tokens:
        empty = f' ({settings.tokens_file} has none)' if settings.tokens_file else ''
        raise ParameterError(f'no robot could register: give tokens (--tokens-file){empty}, or '
                             'let any robot register (--open)')
    return tokens


def _reload_tokens(settings: RelaySettings, tokens: RegistrationTokens) -> None:
    if not settings.tokens_file:
        return
    try:
        tokens.replace(_read_tokens(settings))
        _logger.info('the tokens were read again: %d; robots that are connected stay until they '
                     'leave', len(tokens))
    except ParameterError as error:
        _logger.error('the new tokens cannot be used, those before stay in use: %s', error)


def _reload_certificate(context: ssl.SSLContext, settings: RelaySettings) -> None:
    try:
        # Load it into a new context first: a bad certificate must not spoil the one in use.
        tls_context(settings.certificate, settings.key)
        context.load_cert_chain(settings.certificate, settings.key or None)
        _logger.info('the certificate was read again')
    except OSError as error:
        _logger.error('the new certificate cannot be used: %s',
                      _certificate_fault(settings, error))


def _certificate_fault(settings: RelaySettings, error: OSError) -> str:
    return (f'{settings.certificate}, with the key in {settings.key or settings.certificate}: '
            f'{error}. Both have to be in PEM, belong together, and be readable by this user')


async def _collect_garbage(collections: ShortCollections) -> None:
    while True:
        collections.step()
        await asyncio.sleep(_COLLECT_EVERY_S)


def _make_registry(redis_url: str) -> Registry:
    """Return the registry of robots: of this relay, or of all that share a Redis."""
    if not redis_url:
        return Registry()
    check('relay --redis')
    from ..relay.directory.shared_registry import SharedRegistry
    try:
        return SharedRegistry(redis_url)
    except ValueError as error:
        raise ParameterError(f'parameter redis is no URL of one: {error}') from None


def _raise_file_limit() -> None:
    """Raise the limit of open sockets to the hard limit: the usual soft limit is 1024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class _TextFormatter(EscapingFormatter):
    """Formats lines for people. A debug line names its module, for readers of the code."""

    def __init__(self) -> None:
        super().__init__('[%(levelname)s] [relay]: %(message)s')
        self._debug_formatter = EscapingFormatter('[%(levelname)s] [%(name)s]: %(message)s')

    def format(self, record: logging.LogRecord) -> str:  # noqa: A003 - logging has this name
        """Return the line of a record, and those of its traceback."""
        if record.levelno <= logging.DEBUG:
            return self._debug_formatter.format(record)
        return super().format(record)


def _configure_logging(settings: LogSettings) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if settings.format == 'json' else _TextFormatter())
    # Records of libraries below warnings may contain secrets, at log.level debug, too.
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger('rtc_bridge').setLevel(settings.level.upper())


def main(args: Sequence[str] | None = None) -> int:
    """Run the relay; return the exit status."""
    args = sys.argv[1:] if args is None else list(args)
    # The Node action of a launch file adds ROS arguments, which the relay ignores.
    if '--ros-args' in args:
        args = args[:args.index('--ros-args')]
    try:
        settings = read_settings(vars(_parser().parse_args(args)))
        _configure_logging(settings.log)
        tokens = _read_tokens(settings)
        _raise_file_limit()
        return asyncio.run(run(settings, tokens, _make_registry(settings.redis)))
    except (DependencyError, ParameterError) as error:
        print(f'relay: {error}', file=sys.stderr)
        return REFUSED


if __name__ == '__main__':
    sys.exit(main())
