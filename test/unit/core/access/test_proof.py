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

"""The mutual proof of an invite, and what it binds."""

import base64
import json
from pathlib import Path

import pytest

from rtc_bridge.core.access import proof

SUPPORT = Path(__file__).parents[3] / 'support'
VECTOR = json.loads((SUPPORT / 'proof_vector.json').read_text())


def transcript(**changes):
    b = base64.b64decode
    t = {**VECTOR, **changes}
    return proof.Transcript(t['robot_id'], b(t['robot_nonce']), b(t['page_nonce']),
                            b(t['page_fingerprint']), b(t['robot_fingerprint']), t['payload'])


def test_the_macs_are_those_of_the_page_s_test():
    key = base64.b64decode(VECTOR['key'])
    assert proof.page_mac(key, transcript()) == base64.b64decode(VECTOR['page_mac'])
    assert proof.robot_mac(key, transcript()) == base64.b64decode(VECTOR['robot_mac'])


OTHER = base64.b64encode(b'o' * 32).decode()


@pytest.mark.parametrize('changes', [
    {'robot_id': 'other'}, {'robot_nonce': OTHER}, {'page_nonce': OTHER},
    {'page_fingerprint': OTHER}, {'robot_fingerprint': OTHER}, {'payload': 'x'},
    {'robot_nonce': VECTOR['page_nonce'], 'page_nonce': VECTOR['robot_nonce']}])
def test_a_mac_fits_one_transcript_only(changes):
    key = base64.b64decode(VECTOR['key'])
    assert proof.page_mac(key, transcript(**changes)) != proof.page_mac(key, transcript())


def test_a_proof_cannot_be_reflected():
    key = base64.b64decode(VECTOR['key'])
    assert proof.page_mac(key, transcript()) != proof.robot_mac(key, transcript())


def test_fields_do_not_run_together():
    key = b'k'
    assert proof.page_mac(key, transcript(robot_id='ab')) != proof.page_mac(
        key, transcript(robot_id='a', robot_nonce=base64.b64encode(
            b'b' + base64.b64decode(VECTOR['robot_nonce'])).decode()))
