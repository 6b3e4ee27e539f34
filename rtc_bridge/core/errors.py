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
Exceptions of the package.

* ``RtcBridgeError``: root of all
    * ``ProtocolError``: a message from outside breaks its protocol
    * ``SignalingError``: a session could not be set up; carries a wire code
    * ``ParameterError``: a parameter has a value that is not allowed
    * ``DependencyError``: a library is missing or too old
    * ``StoreError``: a file with the robot's secrets cannot be used
    * ``ImageError``: an image message cannot be shown
    * ``ObstacleError``: a message of a distance sensor cannot be read
"""

from collections.abc import Mapping

# Exit status of a program whose start was refused with one of these errors. A restart does not
# help.
REFUSED = 2


class RtcBridgeError(Exception):
    """Root of this package's exceptions."""


class ProtocolError(RtcBridgeError):
    """A message from outside breaks its protocol; the text names the offending value."""

    # Type of the message, if it is known, and the session that it names, if any: its viewer may
    # have caused the error.
    kind: str | None = None
    session: str | None = None


class SignalingError(RtcBridgeError):
    """
    A session could not be set up.

    :param code: one of the error codes in ``docs/protocol.md``
    :param message: one sentence for a person
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ParameterError(RtcBridgeError):
    """A parameter has a value that is not allowed; the text names it and the allowed values."""


class DependencyError(RtcBridgeError):
    """A library is missing or too old; the text ends with the shell line that installs it."""


class StoreError(RtcBridgeError):
    """A file with the robot's secrets cannot be used; the text names it."""


class ObstacleError(RtcBridgeError):
    """A message of a distance sensor cannot be read; the text says what is wrong with it."""


class SoundError(RtcBridgeError):
    """A block of sound cannot be heard; the text says why."""


class ImageError(RtcBridgeError):
    """
    An image message cannot be shown; the text says why.

    :param code: for programs, as in ``core.cameras.picture_reason``
    :param values: what the text is about, by name
    """

    def __init__(self, message: str, code: str = 'broken-picture',
                 values: Mapping[str, str | int | float] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.values = dict(values or {})
