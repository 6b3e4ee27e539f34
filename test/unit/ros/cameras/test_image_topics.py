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

"""Which topics of the graph are cameras."""

import os
from types import SimpleNamespace

import pytest
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rtc_bridge.core.cameras.image_transports import COMPRESSED, RAW
from rtc_bridge.ros.cameras.image_topics import find_image_topics, find_sources, published_images
from rtc_bridge.ros.cameras.publisher_hosts import PublisherHosts
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String
from support.ros_probe import RosProbe


@pytest.fixture
def probe():
    with RosProbe() as probe:
        yield probe


def test_image_topics_are_found_by_base_name(probe):
    for kind, topic in ((Image, 'front/image_raw'),
                        (CompressedImage, 'front/image_raw/compressed'),
                        (CompressedImage, 'rear/compressed'), (CompressedImage, 'thumb'),
                        (CompressedImage, 'front/image_raw/compressedDepth'),
                        (CompressedImage, 'depth/image_raw/compressedDepth'),
                        (CompressedImage, 'other/zstd')):
        probe.publisher(kind, topic)
    with RosProbe('robot') as robot:
        # A subscription alone is no camera, nor is its type that of another's topic.
        robot.subscribe(Image, 'wanted')
        probe.publisher(String, 'text')
        with RosProbe('viewer') as viewer:
            viewer.subscribe(Image, 'text')
            robot.wait_for(lambda: robot.node.count_subscribers('text'))
            robot.wait_for(lambda: find_image_topics(robot.node) == {
                '/front/image_raw', '/rear', '/thumb', '/depth/image_raw'})


def test_transports_are_found_as_one_camera(probe):
    probe.publisher(Image, 'front/image_raw')
    probe.publisher(CompressedImage, 'front/image_raw/h264')
    probe.publisher(CompressedImage, 'rear/image_raw/h264')
    with RosProbe('robot') as robot:
        robot.wait_for(lambda: find_image_topics(robot.node) == {
            '/front/image_raw', '/rear/image_raw'})


HERE, THERE = [1, 15, 7, 7, *[0] * 12], [1, 15, 8, 8, *[0] * 12]
RELIABLE, BEST_EFFORT = ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT
VOLATILE, KEEPING = DurabilityPolicy.VOLATILE, DurabilityPolicy.TRANSIENT_LOCAL


def info(kind=RAW, reliability=RELIABLE, durability=VOLATILE, gid=HERE, node='camera'):
    """Return what the graph tells of one publisher."""
    return SimpleNamespace(
        topic_type=kind, endpoint_gid=gid, node_name=node, node_namespace='/',
        qos_profile=QoSProfile(depth=1, reliability=reliability, durability=durability))


def sources(publishers, kind='auto', qos='auto'):
    """Return what is found of publishers by topic, on the host of HERE."""
    return find_sources('/x', kind, qos, lambda topic: publishers.get(topic, []),
                        PublisherHosts(own_node()).is_here)


def own_node(gid=HERE):
    """Return a node whose own publisher has a GID."""
    own = info(gid=gid, node='own')
    return SimpleNamespace(get_name=lambda: 'own', get_namespace=lambda: '/',
                           get_publishers_info_by_topic=lambda topic: [own, info(gid=THERE)])


@pytest.mark.parametrize('qos, infos, reliable, transient_local, fetches_kept', [
    ('auto', [info()], True, False, False),
    ('auto', [info(), info(reliability=BEST_EFFORT)], False, False, False),
    ('auto', [info(durability=KEEPING)], True, True, False),
    ('auto', [info(durability=KEEPING), info()], True, False, True),
    ('auto', [info(durability=KEEPING), info(reliability=BEST_EFFORT)], False, False, True),
    # Best-effort publishers keep nothing for others.
    ('auto', [info(reliability=BEST_EFFORT, durability=KEEPING)], False, False, False),
    ('reliable', [info(durability=KEEPING), info(reliability=BEST_EFFORT)], True, False, True),
    ('best_effort', [info(durability=KEEPING)], False, False, False),
])
def test_a_subscription_matches_all_publishers_and_fetches_what_some_keep(
        qos, infos, reliable, transient_local, fetches_kept):
    found, = sources({'/x': infos}, qos=qos)
    assert (found.reliable, found.transient_local, found.fetches_kept) == (
        reliable, transient_local, fetches_kept)


def test_publishers_that_cannot_match_are_named():
    found, = sources({'/x': [info(), info(reliability=BEST_EFFORT, node='cheap')]},
                     qos='reliable')
    assert found.mismatched == ('/cheap',) and found.nodes == ('/camera', '/cheap')
    found, = sources({'/x': [info(reliability=BEST_EFFORT)]})
    assert not found.mismatched


@pytest.mark.parametrize('gids, elsewhere', [
    ([HERE], False), ([THERE], True), ([THERE, HERE], False), ([THERE, THERE], True),
    # Another middleware's.
    ([[1, 16, 7, 7, *[0] * 12]], None), ([THERE, [0] * 16], None), ([[]], None)])
def test_the_host_of_publishers_is_known_with_fast_dds(gids, elsewhere):
    found, = sources({'/x': [info(gid=gid) for gid in gids]})
    assert found.elsewhere is elsewhere
    assert found.transport.elsewhere is bool(elsewhere)


def test_sources_come_in_the_order_of_preference():
    publishers = {'/x': [info()], '/x/compressed': [info(COMPRESSED)],
                  '/x/compressedDepth': [info(COMPRESSED)], '/x/h264': [info(COMPRESSED)]}
    assert [s.topic for s in sources(publishers)] == [
        '/x', '/x/compressed', '/x/compressedDepth', '/x/h264']
    assert [s.topic for s in sources(publishers, 'raw')] == ['/x']
    assert [s.topic for s in sources(publishers, 'compressed')] == [
        '/x/compressed', '/x/compressedDepth']
    assert [s.topic for s in sources(publishers, 'h264')] == ['/x/h264']
    assert sources({'/x': [info('std_msgs/msg/String')]}) == []


def test_a_process_of_this_host_may_have_another_number_of_it():
    """It is made of the addresses that the host had when the process started."""
    asked = []

    def shares_network(low_bits):
        asked.append(low_bits)
        return low_bits == 0x0102

    hosts = PublisherHosts(own_node(), shares_network)
    assert hosts.is_here([1, 15, 9, 9, 2, 1, *[0] * 10])
    assert not hosts.is_here([1, 15, 9, 9, 3, 1, *[0] * 10])
    assert hosts.is_here(HERE) and hosts.is_here([1, 16, *[0] * 14]) is None
    # Once for each participant.
    assert not hosts.is_here([1, 15, 9, 9, 3, 1, *[0] * 6, 9, 9, 9, 9])
    assert asked == [0x0102, 0x0103]
    # Before the graph has the node itself nothing is known.
    lonely = own_node()
    lonely.get_publishers_info_by_topic = lambda topic: []
    assert PublisherHosts(lonely).is_here(HERE) is None


def test_a_gid_of_the_middleware_in_use_tells_host_and_process(probe):
    probe.publisher(Image, 'front/image_raw')
    with RosProbe('robot', '/r1') as robot:
        hosts = PublisherHosts(robot.node)

        def found():
            return find_sources('/front/image_raw', 'auto', 'auto',
                                robot.node.get_publishers_info_by_topic, hosts.is_here)
        # The name of a node comes later than its publishers.
        robot.wait_for(lambda: [(source.nodes, source.elsewhere) for source in found()] == [
            (('/probe',), False)])
        gid = robot.node.get_publishers_info_by_topic('/front/image_raw')[0].endpoint_gid
        assert int.from_bytes(bytes(gid[4:6]), 'little') == os.getpid() & 0xFFFF


def test_a_topic_that_is_remapped_here_goes_by_its_other_name(probe):
    probe.publisher(Image, 'front/image_raw')
    probe.publisher(Image, 'x')
    with RosProbe('unused') as other:
        robot = Node('robot', context=other.context, use_global_arguments=False,
                     cli_args=['--ros-args', '-r', 'front/image_raw:=/x'])
        other.wait_for(lambda: set(published_images(robot)) == {'/x'})
        robot.destroy_node()
