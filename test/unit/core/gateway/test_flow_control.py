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

"""How much may be under way."""

import pytest
from rtc_bridge.core.errors import ProtocolError
from rtc_bridge.core.gateway.flow_control import (
    INITIAL_WINDOW, MIN_WINDOW, ReceiveWindow, SendWindow, WINDOW,
)


def test_what_is_taken_is_allowed_again():
    send, receive = SendWindow(), ReceiveWindow()
    for _ in range(100):
        assert send.left >= 1024
        send.spend(1024)
        receive.receive(1024)
        send.grant(receive.take(1024))
    assert send.left > INITIAL_WINDOW // 2


def test_a_program_that_takes_nothing_stops_the_sender():
    receive = ReceiveWindow()
    receive.receive(INITIAL_WINDOW)
    assert receive.grant() == 0
    with pytest.raises(ProtocolError, match='1 bytes more than the window allows'):
        receive.receive(1)


def test_a_larger_window_is_allowed_at_once():
    send, receive = SendWindow(), ReceiveWindow(WINDOW)
    send.grant(receive.grant())
    assert send.left == WINDOW and receive.grant() == 0


@pytest.mark.parametrize('size', [MIN_WINDOW, MIN_WINDOW + 1, 3 * MIN_WINDOW // 2,
                                  INITIAL_WINDOW, WINDOW])
@pytest.mark.parametrize('cost', [65, 1000, 3136])
def test_no_more_than_the_window_is_under_way_and_it_never_closes(size, cost):
    """A sender waits until a whole frame may go out, however small its next one is."""
    send, receive = SendWindow(), ReceiveWindow(WINDOW)
    send.grant(receive.grant())
    waiting, sent = 0, 0
    receive.size = size
    while sent < 2 * WINDOW:
        if send.left >= 3136:
            send.spend(cost)
            receive.receive(cost)
            waiting, sent = waiting + 1, sent + cost
        else:
            assert waiting, 'nothing moves'
            waiting -= 1
            send.grant(receive.take(cost))
        if sent > WINDOW:
            # What was allowed before has been sent.
            assert send.left + cost * waiting <= size


def test_no_window_is_larger_than_all():
    with pytest.raises(ProtocolError):
        SendWindow().grant(WINDOW)
