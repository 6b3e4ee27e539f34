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

"""The node of the simulated robot: the simulated world behind the topics of a real one."""

from array import array
from dataclasses import dataclass
import math
import time

from builtin_interfaces.msg import Time
import cv2
from geometry_msgs.msg import TransformStamped, Twist, TwistStamped
from nav_msgs.msg import Odometry
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, qos_profile_sensor_data, QoSProfile
from sensor_msgs.msg import BatteryState, LaserScan, Temperature
from std_msgs.msg import Bool, Float32
from std_srvs.srv import SetBool, Trigger

from . import frame_stamp
from .camera import SimCamera
from .camera_publisher import CameraPublisher
from .scanner import SimScanner
from .world import Pose, ROOM, SimWorld, START
from ..core.settings.parameters import parameter, parameters_of
from ..core.supervision import guarded
from ..ros.parameters import declare_parameters, refuse_unknown_parameters
from ..ros.program import end_program
from ..ros.services import guarded_service

try:
    from tf2_msgs.msg import TFMessage
except ImportError:
    # It is not on PyPI: without it /tf is missing, and nothing else.
    TFMessage = None

# Volts of a lithium-ion battery of three cells, empty and full, and its charge in ampere-hours.
_EMPTY_V, _FULL_V, _CAPACITY_AH = 10.5, 12.6, 5.0
# Scans a second, and the nearest thing that the scanner sees, in m: TurtleBot3's LDS-01 is
# similar.
_SCAN_RATE, _SCAN_MIN_RANGE = 10.0, 0.12
_SCAN_FRAME = 'base_scan'
# Degrees Celsius of the motors at rest, how much warmer they get at full speed, and the share of
# what is missing that is added each second.
_COLD, _HOT_BY, _WARMING = 31.0, 45.0, 0.05
# Power that the radio receives at the start, and how much less each metre away from it.
_SIGNAL_DBM, _DBM_PER_M = -48.0, 6.0
# Share of the light that is left without the lamp.
_DARK = 0.3


@dataclass(frozen=True)
class SimRobotSettings:
    """All parameters of sim_robot."""

    width: int = parameter(640, 'width of the picture', unit='px', low=16, high=3840)
    height: int = parameter(480, 'height of the picture', unit='px', low=16, high=2160)
    rate: float = parameter(30.0, 'pictures and odometry a second', unit='Hz', low=1.0, high=120.0)
    fov: float = parameter(1.25, 'horizontal field of view', unit='rad', low=0.3, high=2.4)
    camera: str = parameter('', 'name before image_raw and camera_info; empty: none')
    qos: str = parameter('reliable', 'of the pictures', choices=('reliable', 'best_effort'))
    odom_frame: str = parameter('odom', 'frame of the odometry')
    base_frame: str = parameter('base_link', 'frame of the robot')
    camera_frame: str = parameter('camera_optical_frame', 'frame of the pictures')
    stamped: bool = parameter(False, 'cmd_vel is TwistStamped instead of Twist')
    max_linear: float = parameter(1.0, 'largest speed', unit='m/s', low=0.0, high=5.0)
    max_angular: float = parameter(2.0, 'largest turning speed', unit='rad/s', low=0.0, high=10.0)
    battery_life: float = parameter(5400.0, 'time from full to empty', unit='s', low=1.0)
    draw_stamp: bool = parameter(False, 'draw the time into the picture, to measure delay')


class SimRobot(Node):
    """
    A robot with differential drive, a camera, a laser scanner, a bumper, a lamp and a battery.

    :raises ParameterError: a parameter has a value that is not allowed
    :raises ImageError: the picture is too small for the stamp
    """

    def __init__(self) -> None:
        super().__init__('sim_robot')
        settings = declare_parameters(self, SimRobotSettings())
        refuse_unknown_parameters(self, (), [row.name for row in parameters_of(settings)])
        self._settings = settings
        if settings.draw_stamp:
            frame_stamp.check_size(settings.width, settings.height)
        self._world = SimWorld(max_linear=settings.max_linear, max_angular=settings.max_angular)
        self._camera = SimCamera(ROOM, settings.width, settings.height, fov=settings.fov)
        self._images = CameraPublisher(self, settings.camera, settings.camera_frame, settings.qos)
        self._odom = self.create_publisher(Odometry, 'odom', 10)
        self._battery = self.create_publisher(BatteryState, 'battery_state', 10)
        # True while something is in the way.
        self._bumper = self.create_publisher(Bool, '~/bumper', 10)
        self._scanner = SimScanner(ROOM)
        self._scan = self.create_publisher(LaserScan, 'scan', qos_profile_sensor_data)
        # Of the motors, in degrees Celsius, and of the radio's signal, in dBm.
        self._temperatures = self.create_publisher(Temperature, '~/motor_temperature', 10)
        self._signals = self.create_publisher(Float32, '~/wifi_signal', 10)
        self._motor = _COLD
        self._lamps = self.create_publisher(Bool, '~/lamp_state', QoSProfile(
            depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL))
        self._tf = self.create_publisher(TFMessage, '/tf', 100) if TFMessage else None
        # Only the latest command counts.
        self.create_subscription(
            TwistStamped if settings.stamped else Twist, 'cmd_vel',
            guarded('command', self._on_command, on_failure=end_program), QoSProfile(depth=1))
        self._lamp = True
        self._lamps.publish(Bool(data=True))
        self.create_service(Trigger, '~/reset', guarded_service('reset', self._reset))
        self.create_service(SetBool, '~/lamp', guarded_service('lamp', self._switch_lamp))
        self._started = self._advanced = time.monotonic()
        # Never the ROS clock: under use_sim_time without a clock the robot would not stop.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(1 / settings.rate, guarded(
            'simulation', self._tick, on_failure=end_program), clock=steady)
        self.create_timer(1 / _SCAN_RATE, guarded('scanner', self._publish_scan), clock=steady)
        self.create_timer(1.0, guarded('battery', self._publish_battery), clock=steady)
        self.create_timer(1.0, guarded('telemetry', self._publish_telemetry), clock=steady)

    def _on_command(self, message: Twist | TwistStamped) -> None:
        twist = message.twist if self._settings.stamped else message
        # Until now the earlier command was in force.
        self._advance()
        self._world.command(twist.linear.x, twist.angular.z)

    def _reset(self, _: Trigger.Request, answer: Trigger.Response) -> Trigger.Response:
        self._world.place(START)
        answer.success, answer.message = True, 'back at the start'
        return answer

    def _switch_lamp(self, request: SetBool.Request,
                     answer: SetBool.Response) -> SetBool.Response:
        self._lamp = request.data
        self._lamps.publish(Bool(data=self._lamp))
        answer.success, answer.message = True, f'the light is {"on" if self._lamp else "off"}'
        return answer

    def _advance(self) -> None:
        now = time.monotonic()
        self._world.step(now - self._advanced)
        self._advanced = now

    def _tick(self) -> None:
        self._advance()
        stamp = self.get_clock().now().to_msg()
        self._publish_odometry(stamp)
        self._bumper.publish(Bool(data=self._world.touching))
        self._publish_image(stamp)

    def _publish_image(self, stamp: Time) -> None:
        settings = self._settings
        self._images.publish_info(settings.width, settings.height, stamp, self._camera.matrix)
        if not self._images.watched:
            return
        number = frame_stamp.now()
        image = self._camera.render(self._world.pose)
        if not self._lamp:
            cv2.convertScaleAbs(image, image, _DARK)
        if settings.draw_stamp:
            frame_stamp.draw(image, number)
        self._images.publish(image, stamp)

    def _publish_odometry(self, stamp: Time) -> None:
        pose = _relative_to_start(self._world.pose)
        message = Odometry()
        message.header.stamp, message.header.frame_id = stamp, self._settings.odom_frame
        message.child_frame_id = self._settings.base_frame
        place = message.pose.pose
        place.position.x, place.position.y = pose.x, pose.y
        place.orientation.z, place.orientation.w = math.sin(pose.yaw / 2), math.cos(pose.yaw / 2)
        message.twist.twist.linear.x = self._world.linear
        message.twist.twist.angular.z = self._world.angular
        self._odom.publish(message)
        if self._tf is not None:
            transform = TransformStamped(header=message.header,
                                         child_frame_id=message.child_frame_id)
            transform.transform.translation.x = pose.x
            transform.transform.translation.y = pose.y
            transform.transform.rotation = place.orientation
            self._tf.publish(TFMessage(transforms=[transform]))

    def _publish_scan(self) -> None:
        if self._scan.get_subscription_count() == 0:
            return
        scanner = self._scanner
        message = LaserScan(
            angle_min=0.0, angle_max=scanner.step * (scanner.beams - 1),
            angle_increment=scanner.step, scan_time=1 / _SCAN_RATE, range_min=_SCAN_MIN_RANGE,
            range_max=scanner.max_range, ranges=array('f', scanner.scan(self._world.pose)))
        message.header.stamp = self.get_clock().now().to_msg()
        message.header.frame_id = _SCAN_FRAME
        self._scan.publish(message)

    def _publish_telemetry(self) -> None:
        """Publish what one drive changes: motors get warm, and the radio is at the start."""
        load = abs(self._world.linear) / self._settings.max_linear if self._world.linear else 0.0
        self._motor += _WARMING * (_COLD + _HOT_BY * load - self._motor)
        message = Temperature(temperature=self._motor)
        message.header.stamp = self.get_clock().now().to_msg()
        self._temperatures.publish(message)
        pose = self._world.pose
        far = math.hypot(pose.x - START.x, pose.y - START.y)
        self._signals.publish(Float32(data=_SIGNAL_DBM - _DBM_PER_M * far))

    def _publish_battery(self) -> None:
        life = self._settings.battery_life
        share = max(0.0, 1 - (time.monotonic() - self._started) / life)
        message = BatteryState(
            voltage=_EMPTY_V + (_FULL_V - _EMPTY_V) * share, percentage=share,
            charge=_CAPACITY_AH * share, capacity=_CAPACITY_AH, design_capacity=_CAPACITY_AH,
            current=-_CAPACITY_AH * 3600 / life, temperature=math.nan,
            power_supply_status=BatteryState.POWER_SUPPLY_STATUS_DISCHARGING,
            power_supply_health=BatteryState.POWER_SUPPLY_HEALTH_GOOD,
            power_supply_technology=BatteryState.POWER_SUPPLY_TECHNOLOGY_LION, present=True)
        message.header.stamp = self.get_clock().now().to_msg()
        self._battery.publish(message)


def _relative_to_start(pose: Pose) -> Pose:
    """Return a pose in the odometry's frame, which begins at zero."""
    dx, dy = pose.x - START.x, pose.y - START.y
    cos, sin = math.cos(START.yaw), math.sin(START.yaw)
    return Pose(cos * dx + sin * dy, cos * dy - sin * dx,
                math.remainder(pose.yaw - START.yaw, 2 * math.pi))
