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

"""
Run a program of the robot in which parts fail on demand.

``faulty_program.py MODULE DIRECTORY ARGUMENTS...`` runs ``rtc_bridge.nodes.MODULE``. A place whose
name is that of a file in the directory raises: once if ``once`` is written there, which removes
the file, each time if it is ``always``.
"""

import functools
import importlib
import inspect
from pathlib import Path
import sys

# Where each part can be made to fail.
PLACES = {
    'emergency stop topic': 'rtc_bridge.bridge.driving.emergency_stop_topics:is_press',
    'emergency stop': 'rtc_bridge.core.driving.command_gate:CommandGate.require_neutral',
    'emergency stop file': 'rtc_bridge.core.driving.emergency_stop:EmergencyStop._save',
    'driving': 'rtc_bridge.core.driving.teleop_controller:TeleopController.poll',
    'lock': 'rtc_bridge.bridge.driving.emergency_stop_topics:EmergencyStopTopics.publish',
    'executor': 'rclpy.executors:SingleThreadedExecutor.spin_once',
    'camera': 'rtc_bridge.ros.cameras.camera_topic:CameraTopic.check',
    'cameras': 'rtc_bridge.bridge.streams.cameras:published_images',
    'camera topic': 'rtc_bridge.media.camera:Camera.put',
    'encoder': 'rtc_bridge.media.encoded_stream:EncodedStream._send',
    'fan-out': 'rtc_bridge.media.subscription:Subscription.deliver',
    'telemetry': 'rtc_bridge.bridge.data.telemetry:Telemetry._collect',
    'telemetry topic': 'rtc_bridge.ros.telemetry_topic:TelemetryTopic.take',
    'actions': 'rtc_bridge.bridge.data.service_calls:ServiceCalls._update',
    'diagnostics': 'rtc_bridge.ros.diagnostics:DiagnosticsPublisher.publish',
    'diagnostics of a camera':
        'rtc_bridge.bridge.streams.camera_diagnostics:CameraDiagnostics.status',
    'ICE servers': 'rtc_bridge.peer.ice_server_monitor:IceServerMonitor.probe',
    'relay client': 'rtc_bridge.signaling.native:NativeConnection._handle',
    'request': 'rtc_bridge.relay.protocols.rtcbot:RTCBotProtocol._post',
    'session': 'rtc_bridge.peer.authorization:SessionAuthorization.fault',
    'teleop channel': 'rtc_bridge.peer.channels.teleop:parse_teleop',
    'control channel': 'rtc_bridge.peer.channels.control:parse_control',
    'guard': 'rtc_bridge.core.driving.velocity_guard:VelocityGuard.command',
    'guard poll': 'rtc_bridge.core.driving.velocity_guard:VelocityGuard.poll',
}


def inject(name, place, directory):
    """Let a function raise while its file is there."""
    module, _, path = place.partition(':')
    *owner, function = path.split('.')
    target = functools.reduce(getattr, owner, importlib.import_module(module))
    kept = inspect.getattr_static(target, function)
    work = kept.__func__ if isinstance(kept, staticmethod) else kept
    file = directory / name

    @functools.wraps(work)
    def fail(*args, **kwargs):
        try:
            how = file.read_text()
        except FileNotFoundError:
            return work(*args, **kwargs)
        if how == 'once':
            try:
                file.unlink()
            except FileNotFoundError:
                # Another thread was quicker.
                return work(*args, **kwargs)
        raise ZeroDivisionError(f'injected into {name}')
    setattr(target, function, staticmethod(fail) if isinstance(kept, staticmethod) else fail)


def main():
    """Run the program; return its exit status."""
    module, directory, *arguments = sys.argv[1:]
    program = importlib.import_module(f'rtc_bridge.nodes.{module}')
    for name, place in PLACES.items():
        inject(name, place, Path(directory))
    sys.argv[1:] = arguments
    return program.main()


if __name__ == '__main__':
    sys.exit(main())
