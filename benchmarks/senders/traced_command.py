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

"""
The bridge or the guard, with the time of each command at each stage written to a file at its end.

Usage: ``traced_command.py FILE bridge|cmd_vel_guard [--ros-args ...]``. Methods are wrapped from
outside; the product has no code for this. Times are wall clock in ms. ``arrived`` is the kernel's
own stamp of the datagram.
"""

import importlib
import json
from pathlib import Path
import socket
import struct
import sys
import time
from typing import Any

SO_TIMESTAMPNS = 35
_commands: list[dict[str, Any]] = []


def _now() -> float:
    return time.time() * 1000


def _trace_bridge() -> None:
    from asyncio import selector_events
    from rtc_bridge.core.driving.guard_monitor import GuardMonitor
    from rtc_bridge.core.protocol.teleop_messages import parse_teleop
    from rtc_bridge.peer.channels import teleop
    from rtc_bridge.ros.velocity.guard_client import GuardClient
    transport = selector_events._SelectorDatagramTransport
    # Of the datagram that was read last; what it holds is handled some turns of the loop later.
    last: dict[str, float] = {}
    begun: dict[str, Any] = {}

    def read(self: Any) -> None:
        if self._conn_lost:
            return
        if not hasattr(self, 'traced_sock') and self._sock is not None:
            self.traced_sock = True
            self._sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        try:
            data, ancillary, _, addr = self._sock.recvmsg(self.max_size, 64)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._protocol.error_received(error)
            return
        if 19 < data[0] < 64:
            last['read'] = _now()
            last.pop('arrived', None)
            for _, kind, value in ancillary:
                if kind == SO_TIMESTAMPNS:
                    seconds, nanoseconds = struct.unpack('qq', value)
                    last['arrived'] = seconds * 1000 + nanoseconds / 1e6
        self._protocol.datagram_received(data, addr)

    transport._read_ready = read
    publish, sent = GuardClient.publish, GuardMonitor.sent

    def parse(text: Any) -> Any:
        message = parse_teleop(text)
        begun.clear()
        begun.update(last, came=_now(), seq=getattr(message, 'seq', None))
        return message

    def sent_noted(self: Any, stamp: float) -> None:
        begun['stamp'] = stamp
        sent(self, stamp)

    def publish_noted(self: Any, velocity: Any) -> None:
        begins = _now()
        publish(self, velocity)
        _commands.append({**begun, 'gated': begins, 'published': _now(),
                          'moving': not velocity.is_zero()})
        begun.clear()

    teleop.parse_teleop = parse
    GuardClient.publish = publish_noted
    GuardMonitor.sent = sent_noted


def _trace_guard() -> None:
    from rtc_bridge.nodes.cmd_vel_guard import CmdVelGuard
    from rtc_bridge.ros.velocity.velocity_publisher import stamp_seconds, VelocityPublisher
    on_command, publish = CmdVelGuard._on_command, VelocityPublisher.publish
    entry: dict[str, Any] = {}

    def on_command_noted(self: Any, message: Any) -> None:
        entry.clear()
        entry.update(taken=_now(), stamp=stamp_seconds(message.header))
        on_command(self, message)
        _commands.append({**entry, 'heard': _now()})
        entry.clear()

    def publish_noted(self: Any, velocity: Any) -> None:
        publish(self, velocity)
        entry['passed'] = _now()

    CmdVelGuard._on_command = on_command_noted
    VelocityPublisher.publish = publish_noted


if __name__ == '__main__':
    file, name = sys.argv[1:3]
    {'bridge': _trace_bridge, 'cmd_vel_guard': _trace_guard}[name]()
    try:
        importlib.import_module(f'rtc_bridge.nodes.{name}').main(sys.argv[3:])
    finally:
        Path(file).write_text(json.dumps(_commands))
