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

"""What to do about a library that is installed and cannot be imported."""

# By a word of the error, the first that fits.
_REMEDIES = {
    'libGL': 'sudo apt install libgl1; or opencv-python-headless instead of opencv-python',
    'numpy': 'A library was built for another NumPy: python3 -m pip install "numpy<2", or a newer '
             'build of that library',
    '_ARRAY_API': 'A library was built for another NumPy: python3 -m pip install "numpy<2", or a '
                  'newer build of that library',
    'libav': 'Reinstall PyAV: python3 -m pip install --force-reinstall av',
    'rmw': 'RMW_IMPLEMENTATION names a middleware that is not installed: install its package, or '
           'unset the variable; it has to be the same for all programs of the robot',
    'rcl': 'Source ROS: source /opt/ros/$ROS_DISTRO/setup.bash'}


def import_remedy(fault: str, library: str = 'it') -> str:
    """
    Return what to do about the error of an import.

    :param fault: the error's text
    :param library: that was to be imported
    """
    return next((remedy for word, remedy in _REMEDIES.items() if word.lower() in fault.lower()),
                f'Reinstall {library}')
