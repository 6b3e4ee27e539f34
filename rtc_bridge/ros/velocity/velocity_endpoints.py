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

"""Publishers and subscribers of velocities as the ROS graph has them."""

from collections.abc import Iterable

from rclpy.duration import Duration, Infinite
from rclpy.qos import DurabilityPolicy, LivelinessPolicy, QoSProfile
from rclpy.topic_endpoint_info import TopicEndpointInfo

from ...core.driving.velocity_graph import Endpoint, full_name


def endpoints(infos: Iterable[TopicEndpointInfo]) -> tuple[Endpoint, ...]:
    """Return what ``get_subscriptions_info_by_topic`` or that of publishers has found."""
    return tuple(Endpoint(full_name(info.node_name, info.node_namespace), info.topic_type,
                          unmet_by_velocities(info.qos_profile)) for info in infos)


def unmet_by_velocities(qos: QoSProfile) -> str:
    """
    Return what a subscriber asks for that velocities do not have, as part of a sentence.

    They are reliable and volatile, with automatic liveliness, without deadline or lease (DDS 1.4,
    2.2.3: a subscriber is connected to a publisher that offers no less than it requests).
    """
    unmet = []
    if qos.durability == DurabilityPolicy.TRANSIENT_LOCAL:
        unmet.append('transient local durability')
    if _is_finite(qos.deadline):
        unmet.append(f'a deadline of {qos.deadline.nanoseconds / 1e9:g} s')
    if qos.liveliness == LivelinessPolicy.MANUAL_BY_TOPIC:
        unmet.append('manual liveliness')
    elif _is_finite(qos.liveliness_lease_duration):
        lease = qos.liveliness_lease_duration.nanoseconds / 1e9
        unmet.append(f'a liveliness lease of {lease:g} s')
    return ' and '.join(unmet)


def _is_finite(duration: Duration) -> bool:
    # 0 is "not set", and what DDS gives for "infinite" differs a little between middlewares.
    return 0 < duration.nanoseconds < Infinite.nanoseconds // 2
