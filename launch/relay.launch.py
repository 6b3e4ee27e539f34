"""Start a relay. It needs no ROS; this is for hosts that have it anyway."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments, then start the relay."""
    return LaunchDescription([
        DeclareLaunchArgument(
            'host', default_value='0.0.0.0', description='address to listen on'),
        DeclareLaunchArgument('port', default_value='8080', description='TCP port'),
        Node(
            package='rtc_bridge', executable='relay', output='screen',
            arguments=['--host', LaunchConfiguration('host'),
                       '--port', LaunchConfiguration('port'), '--open'],
            respawn=True, respawn_delay=2.0),
    ])
