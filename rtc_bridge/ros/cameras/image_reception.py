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

"""Subscriptions to one image topic: one for what comes, and one for what publishers have kept."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from rclpy.event_handler import (
    QoSRequestedIncompatibleQoSInfo, SubscriptionEventCallbacks,
)
from rclpy.node import Node
from rclpy.qos import qos_policy_name_from_kind, QoSProfile
from rclpy.subscription import Subscription

from .image_topics import ImageSource, MESSAGES
from ...core.clock import boot_time, Clock
from ...core.supervision import guarded, OnFailure

# Seconds of silence after which a topic is subscribed to anew; each time twice as many, up to the
# second number, as long as nothing comes.
RESUBSCRIBE_AFTER_S, MAX_RESUBSCRIBE_S = 5.0, 60.0

# Takes a message, and what rclpy tells of it.
Take = Callable[[Any, Mapping[str, Any]], object]


class ImageReception:
    """
    Receives the messages of a source until it is closed; belongs to the executor's thread.

    :param on_failure: called with what a message raises
    :raises RuntimeError: the middleware refuses the subscription
    :ivar refused_policy: of QoS, by which the middleware refused a publisher; empty while
        messages come
    """

    def __init__(self, node: Node, source: ImageSource, take: Take, on_failure: OnFailure,
                 clock: Clock = boot_time) -> None:
        self.source = source
        self.refused_policy = ''
        self._node = node
        self._take = take
        self._on_failure = on_failure
        self._clock = clock
        self._heard_at: float | None = None
        # When the newest message was sent, and the newest one that was kept, in nanoseconds of its
        # publisher's clock; 0: none so far.
        self._newest = self._kept = 0
        self._resubscribe_after = RESUBSCRIBE_AFTER_S
        # To what comes, and maybe to what is kept.
        self._subscriptions: list[Subscription] = []
        self._subscribe()
        if source.fetches_kept:
            try:
                self._subscriptions.append(self._create(self._on_kept, source.kept_qos))
            except BaseException:
                self.close()
                raise

    def _subscribe(self) -> None:
        """Subscribe to what comes, and only then end what was subscribed to before."""
        before, self._subscriptions = self._subscriptions[:1], self._subscriptions[1:]
        self._subscribed_at = self._clock()
        try:
            self._subscriptions.insert(0, self._create(self._on_message, self.source.qos))
        finally:
            for subscription in before:
                self._node.destroy_subscription(subscription)

    def _create(self, callback: Take, qos: QoSProfile) -> Subscription:
        is_kept = callback == self._on_kept

        def on_refused(event: QoSRequestedIncompatibleQoSInfo) -> None:
            # For kept messages some publishers do not match, by design.
            if not is_kept:
                self.refused_policy = qos_policy_name_from_kind(event.last_policy_kind).lower()

        # rclpy gives a callback with two arguments what it knows of the message, too.
        return self._node.create_subscription(
            MESSAGES[self.source.message_type], self.source.topic,
            guarded('camera topic', cast(Any, callback), on_failure=self._on_failure), qos,
            event_callbacks=SubscriptionEventCallbacks(
                incompatible_qos=guarded('camera topic', on_refused)))

    def _on_message(self, message: Any, info: Mapping[str, Any]) -> None:
        self._heard_at = self._clock()
        self.refused_policy = ''
        self._resubscribe_after = RESUBSCRIBE_AFTER_S
        sent: int = info.get('source_timestamp') or 0
        self._newest = max(self._newest, sent)
        if not sent or sent != self._kept:
            self._take(message, info)

    def _on_kept(self, message: Any, info: Mapping[str, Any]) -> None:
        # Publishers send it to both subscriptions; and what is kept may be older than what came.
        sent: int = info.get('source_timestamp') or 0
        if sent > self._newest or not sent and self._heard_at is None:
            self._newest = self._kept = sent
            self._take(message, info)

    def renew_if_deaf(self, usual: float = 0.0) -> None:
        """
        Subscribe anew if messages should come and do not.

        DDS may lose a match for good, above all with processes that were killed or stopped; a new
        subscription is matched anew, and costs a silent camera nothing.

        :param usual: seconds of silence that are usual for this camera
        :raises RuntimeError: the middleware refuses the subscription
        """
        silence_timeout, now = max(self._resubscribe_after, usual), self._clock()
        if self.source.transient_local or now - self._subscribed_at <= silence_timeout or (
                self._heard_at is not None and now - self._heard_at <= silence_timeout):
            return
        self._resubscribe_after = min(2 * self._resubscribe_after, MAX_RESUBSCRIBE_S)
        self._subscribe()

    def close(self) -> None:
        """End the subscriptions."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        self._subscriptions = []
