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

"""When a topic is subscribed to anew, by a node that only counts."""

import pytest
from rtc_bridge.core.cameras.image_transports import RAW
from rtc_bridge.ros.cameras.image_reception import (
    ImageReception, MAX_RESUBSCRIBE_S, RESUBSCRIBE_AFTER_S,
)
from rtc_bridge.ros.cameras.image_topics import ImageSource


class CountingNode:
    """Keeps the callbacks of subscriptions, and refuses them if it is told so."""

    def __init__(self):
        self.callbacks = []
        self.created = 0
        self.refuses = False

    def create_subscription(self, kind, topic, callback, qos, event_callbacks):
        if self.refuses:
            raise RuntimeError('another type')
        self.created += 1
        self.callbacks.append(callback)
        return callback

    def destroy_subscription(self, callback):
        self.callbacks.remove(callback)


@pytest.fixture
def node():
    return CountingNode()


def receive(node, clock, **options):
    """Return a reception, and the messages that it took."""
    taken = []
    source = ImageSource('/x', RAW, True, False, **options)
    return ImageReception(node, source, lambda message, info: taken.append(message),
                          pytest.fail, clock), taken


def test_silence_is_met_with_new_subscriptions_less_and_less_often(node, clock):
    reception, taken = receive(node, clock)
    pauses = []
    for _ in range(6):
        began, created = clock(), node.created
        while node.created == created:
            clock.now += 0.5
            reception.renew_if_deaf()
        pauses.append(clock() - began)
        assert len(node.callbacks) == 1
    assert pauses[0] <= RESUBSCRIBE_AFTER_S + 0.5 and pauses == sorted(pauses)
    assert pauses[-1] <= MAX_RESUBSCRIBE_S + 0.5
    # A message makes it watchful again; what is usual for a slow camera is no silence.
    node.callbacks[0]('message', {})
    created = node.created
    clock.now += RESUBSCRIBE_AFTER_S - 0.5
    reception.renew_if_deaf()
    clock.now += 20
    reception.renew_if_deaf(usual=40.0)
    assert node.created == created
    reception.renew_if_deaf()
    assert node.created == created + 1 and taken == ['message']


def test_what_is_kept_is_taken_once_and_only_if_nothing_newer_came(node, clock):
    reception, taken = receive(node, clock, fetches_kept=True)

    def send(method, message, sent=0):
        callback, = [c for c in node.callbacks if c.__wrapped__ == method]
        callback(message, {'source_timestamp': sent} if sent else {})

    live, kept = reception._on_message, reception._on_kept
    send(kept, 'kept', 1)
    clock.now += RESUBSCRIBE_AFTER_S + 1
    reception.renew_if_deaf()
    # Another one of this kind would bring the kept message again, as if it were new.
    assert len(node.callbacks) == 2 and node.created == 3
    # One message comes twice, in either order.
    for first, second in ((live, kept), (kept, live)):
        clock.now += 1
        send(first, f'at {clock.now}', int(clock.now))
        send(second, 'again', int(clock.now))
    send(kept, 'older', 2)
    assert taken == ['kept', f'at {clock.now - 1}', f'at {clock.now}']
    reception.close()
    assert not node.callbacks
    # Without times the one that is kept counts only as the first.
    reception, taken = receive(node, clock, fetches_kept=True)
    for method, message in ((reception._on_kept, 'kept'), (reception._on_message, 'new'),
                            (reception._on_kept, 'kept again')):
        send(method, message)
    assert taken == ['kept', 'new']


def test_a_refused_subscription_leaves_none_behind(node, clock):
    reception, _ = receive(node, clock)
    node.refuses = True
    clock.now += RESUBSCRIBE_AFTER_S + 1
    with pytest.raises(RuntimeError):
        reception.renew_if_deaf()
    assert not node.callbacks
    reception.close()
    with pytest.raises(RuntimeError):
        receive(node, clock)
