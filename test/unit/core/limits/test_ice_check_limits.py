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

"""Bounds of the addresses that a peer may have checked."""

import pytest
from rtc_bridge.core.limits.ice_check_limits import (
    IceCheckLimits, MAX_ADDRESSES, MAX_CHECKS, MAX_PRIVATE_ADDRESSES, RESERVED_ADDRESSES,
    RESERVED_CHECKS, RESERVED_PRIVATE_ADDRESSES,
)


def test_addresses_of_an_unproven_peer_are_bounded():
    limits = IceCheckLimits()
    allowed = [limits.allow_address(f'8.8.{n}.1', 5000) for n in range(200)]
    assert sum(allowed) == MAX_ADDRESSES - RESERVED_ADDRESSES
    # Sources of its own checks have a reserve: these are the addresses that work.
    reserved = sum(limits.allow_address('9.9.9.9', 2000 + n, sends_checks=True)
                   for n in range(200))
    assert reserved == RESERVED_ADDRESSES
    assert limits.allow_address('8.8.0.1', 5000), 'named again'


def test_private_addresses_are_fewer():
    limits = IceCheckLimits()
    private = ['10.0.0.1', '192.168.3.4', '172.16.5.5', '169.254.1.1', 'fe80::1', 'fd00::1',
               '::ffff:10.1.2.3', '100.64.0.1']
    allowed = [limits.allow_address(host, 5000 + n) for n, host in enumerate(private * 2)]
    assert sum(allowed) == MAX_PRIVATE_ADDRESSES - RESERVED_PRIVATE_ADDRESSES
    reserved = sum(limits.allow_address('10.9.9.9', 6000 + n, sends_checks=True)
                   for n in range(9))
    assert reserved == RESERVED_PRIVATE_ADDRESSES
    assert limits.allow_address('8.8.8.8', 5000)


@pytest.mark.parametrize('host, port', [
    ('127.0.0.1', 8080), ('::1', 8080), ('127.9.9.9', 5000), ('::ffff:127.0.0.1', 5000),
    ('0.0.0.0', 5000), ('::', 5000), ('255.255.255.255', 5000), ('224.0.0.251', 5353),
    ('ff02::fb', 5353), ('8.8.8.8', 53), ('8.8.8.8', 0), ('8.8.8.8', 1023), ('8.8.8.8', 65536),
    ('example.org', 5000), ('x.local', 5000), ('', 5000), ('10.0.0.1 ', 5000)])
def test_addresses_that_are_never_checked(host, port):
    limits = IceCheckLimits()
    assert not limits.allow_address(host, port)
    assert not limits.allow_address(host, port, sends_checks=True)
    assert not limits.allow_check(host, port)


def test_role_conflicts_are_bounded():
    limits = IceCheckLimits()
    assert 0 < sum(limits.allow_role_conflict() for _ in range(500)) < 100


def test_checks_without_an_answer_are_bounded():
    limits = IceCheckLimits()
    limits.allow_address('8.8.8.8', 5000)
    limits.allow_address('9.9.9.9', 5000, sends_checks=True)
    sent = sum(limits.allow_check('8.8.8.8', 5000) for _ in range(500))
    assert sent == MAX_CHECKS - RESERVED_CHECKS
    assert sum(limits.allow_check('9.9.9.9', 5000) for _ in range(500)) == RESERVED_CHECKS
    limits.note_answer('9.9.9.9', 5000)
    assert all(limits.allow_check('9.9.9.9', 5000) for _ in range(500)), 'consent goes on'
    assert not limits.allow_check('8.8.8.8', 5000)
    limits.proven = True
    assert limits.allow_check('8.8.8.8', 5000)
