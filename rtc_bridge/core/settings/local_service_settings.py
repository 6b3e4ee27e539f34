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

"""The parameters of programs on the robot that viewers may reach."""

from dataclasses import dataclass

from .parameters import parameter


@dataclass(frozen=True)
class LocalServicesSettings:
    """Programs on the robot that viewers may reach: ``services.names``."""

    names: tuple[str, ...] = parameter(
        (), 'names of programs on the robot that viewers may reach; each has services.NAME.url')
    listen: str = parameter(
        '', 'where programs come by themselves, those with the url listen: ws://127.0.0.1:9010 or '
        'unix:/PATH; they show the token in services.token of the key folder; empty: nowhere')


@dataclass(frozen=True)
class LocalServiceSettings:
    """One of them: ``services.NAME.*``."""

    url: str = parameter(
        '', 'where the program listens: tcp://127.0.0.1:22, http://127.0.0.1:3000 or '
        'ws://127.0.0.1:9000/path; listen: it comes to services.listen')
    role: str = parameter(
        'auto', 'role that may reach it; auto: supervise for tcp, drive for others',
        choices=('auto', 'view', 'drive', 'supervise'))
    max_connections: int = parameter(
        8, 'most connections at once, of all viewers', low=1, high=256)
    max_rate: int = parameter(
        10_000_000, 'most bytes per second in each direction, of all connections', unit='byte/s',
        low=1000, high=1_000_000_000)
