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

"""Messages of well-known types, and what parameters make of others."""

import json
import math

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
import pytest
from rtc_bridge.core.protocol.strict_json import dump
from rtc_bridge.core.settings.telemetry_settings import TelemetryTopicSettings
from rtc_bridge.core.telemetry.diagnostics_summary import (
    DiagnosticsSummary, FORGOTTEN_AFTER_S, STALE_AFTER_S,
)
from rtc_bridge.core.telemetry.topic_reader import TopicReader
from sensor_msgs.msg import (
    BatteryState, FluidPressure, Illuminance, Imu, JointState, NavSatFix, Range, RelativeHumidity,
    Temperature,
)
from std_msgs.msg import Bool, Float32, String


def read(message, **settings):
    """Return what viewers get of one message; it has to be JSON."""
    value = TopicReader(TelemetryTopicSettings(**settings)).read(message)
    return json.loads(dump({'': value}, keep_none=True))['']


def test_a_position_has_its_accuracy_and_the_kind_of_fix():
    fix = NavSatFix(latitude=47.3769, longitude=-8.5417, altitude=408.0,
                    position_covariance=[4.0, 0.0, 0.0, 0.0, 4.0, 0.0, 0.0, 0.0, 9.0],
                    position_covariance_type=NavSatFix.COVARIANCE_TYPE_APPROXIMATED)
    fix.status.status = 2
    assert read(fix) == {'$': 'fix', 'latitude': 47.3769, 'longitude': -8.5417, 'altitude': 408.0,
                         'accuracy': 2.0, 'fix': 'GBAS', 'level': 'ok'}
    nothing = NavSatFix(latitude=math.nan, longitude=math.nan, altitude=math.nan)
    nothing.status.status = -1
    assert read(nothing) == {'$': 'fix', 'latitude': None, 'longitude': None, 'altitude': None,
                             'accuracy': None, 'fix': 'no fix', 'level': 'red'}


@pytest.mark.parametrize('message, value, unit', [
    (Temperature(temperature=36.6), 36.6, '°C'), (Range(range=1.25, max_range=4.0), 1.25, 'm'),
    (RelativeHumidity(relative_humidity=0.5), 50, '%'), (Illuminance(illuminance=80.0), 80, 'lx'),
    (FluidPressure(fluid_pressure=101325.0), 1013.25, 'hPa'),
    (Temperature(temperature=math.nan), None, '°C')])
def test_measurements_have_their_unit(message, value, unit):
    reading = read(message)
    assert (reading['$'], reading['value'], reading['unit']) == ('value', value, unit)


def test_a_range_sensor_tells_of_nothing_and_of_too_near():
    assert read(Range(range=math.inf, max_range=4.0))['value'] == 'nothing within 4 m'
    assert read(Range(range=0.01, min_range=0.05, max_range=4.0))['value'] == 'nearer than 0.05 m'


def test_orientation_is_in_angles_if_the_sensor_has_it():
    imu = Imu()
    imu.orientation.z = imu.orientation.w = math.sqrt(0.5)
    imu.angular_velocity.z = 0.5
    reading = read(imu)
    assert reading['heading'] == pytest.approx(math.pi / 2) and reading['turn'] == 0.5
    assert reading['roll'] == pytest.approx(0) and reading['pitch'] == pytest.approx(0)
    imu.orientation_covariance[0] = -1.0
    assert read(imu)['heading'] is None
    assert read(BatteryState(percentage=0.5))['percentage'] == 0.5


def status(name, level, message=''):
    return DiagnosticStatus(name=name, level=bytes([level]), message=message)


def test_diagnostics_are_summed_up_over_the_nodes_that_publish(clock):
    summary = DiagnosticsSummary(clock)
    summary.read(DiagnosticArray(status=[status('motor', 1, 'warm'), status('arm', 0)]))
    # Of another node, which takes turns with the first one.
    reading = summary.read(DiagnosticArray(status=[status('lidar', 2, 'no data')]))
    assert reading == {'$': 'diagnostics', 'level': 'red', 'worst_level': 'error',
                       'counts': {'ok': 1, 'warn': 1, 'error': 1}, 'worst': [['lidar', 'no data']]}
    for _ in range(2):
        clock.now += STALE_AFTER_S - 1
        reading = summary.read(DiagnosticArray(status=[status('arm', 0)]))
    assert reading['counts'] == {'ok': 1, 'stale': 2} and reading['level'] == 'amber'
    assert [name for name, _ in reading['worst']] == ['lidar', 'motor']


def test_statuses_that_are_gone_are_forgotten(clock):
    summary = DiagnosticsSummary(clock)
    summary.read(DiagnosticArray(status=[status('motor', 0)]))
    counts = []
    for _ in range(int(FORGOTTEN_AFTER_S) + 5):
        clock.now += 1
        counts.append(summary.read(DiagnosticArray(status=[status('arm', 0)]))['counts'])
    assert counts[50] == {'ok': 1, 'stale': 1} and counts[-1] == {'ok': 1}


def test_after_a_pause_without_viewers_nothing_is_stale(clock):
    summary = DiagnosticsSummary(clock)
    summary.read(DiagnosticArray(status=[status('motor', 0), status('arm', 0)]))
    clock.now += STALE_AFTER_S + 1
    reading = summary.read(DiagnosticArray(status=[status('arm', 0)]))
    assert reading['counts'] == {'ok': 1} and reading['level'] == 'ok'


def test_a_summary_stays_small():
    summary = DiagnosticsSummary()
    for number in range(60):
        reading = summary.read(DiagnosticArray(status=[
            status(f'{number} {place}' + 'x' * 500, 9, 'y' * 5000) for place in range(20)]))
    assert len(dump(reading)) < 1000 and sum(reading['counts'].values()) == 512
    assert DiagnosticsSummary().read(DiagnosticArray())['worst_level'] == 'ok'
    assert read(status('arm', 2, 'stuck')) == {'$': 'value', 'value': 'arm: stuck', 'level': 'red'}


@pytest.mark.parametrize('celsius, level', [(20, 'ok'), (61, 'amber'), (90, 'red')])
def test_thresholds_make_levels(celsius, level):
    settings = {'amber': '> 60', 'red': '> 80'}
    assert read(Temperature(temperature=float(celsius)), **settings)['level'] == level
    assert read(Temperature(temperature=float(celsius)), member='temperature',
                **settings)['level'] == level
    assert read(Float32(data=float(celsius)), **settings)['level'] == level
    assert 'level' not in read(Temperature(temperature=math.nan), **settings)


@pytest.mark.parametrize('text, value, level', [
    ('12.5', 12.5, 'red'), ('80 %', 80, 'ok'), ('unknown', 'unknown', None), ('', '', None)])
def test_thresholds_with_a_number_are_for_texts_too(text, value, level):
    battery = status('battery', 0)
    battery.values = [KeyValue(key='charge', value=text)]
    reading = read(DiagnosticArray(status=[battery]), red='< 15',
                   member='status[battery].values[charge].value')
    assert reading['value'] == value and reading.get('level') == level


def test_a_value_of_another_kind_has_no_level():
    assert 'level' not in read(Bool(data=True), red='> 5')
    assert 'level' not in read(Float32(data=1.0), red='!= OK')
    assert read(String(data='OK'), red='!= OK')['level'] == 'ok'
    assert read(status('arm', 2), red='> 5')['level'] == 'red'


@pytest.mark.parametrize('message', [
    BatteryState(percentage=0.1), NavSatFix(), Imu(), DiagnosticArray(), JointState(name=['a'])])
def test_thresholds_need_one_value(message):
    assert read(message, red='< 0.2') == {
        '$': 'problem', 'text': 'amber and red need telemetry.NAME.member', 'level': 'amber'}
    assert read(message).get('$') != 'problem'
    settings = TelemetryTopicSettings(amber='> 3')
    assert 'telemetry.gps.member' in TopicReader(settings, 'telemetry.gps.').read(message)['text']


def test_members_are_read_as_numbers_bytes_and_texts():
    array = DiagnosticArray(status=[status('motor', 1, '-67.5 dBm, channel 6')])
    assert read(array, member='status[0].level', red='== 1') == {
        '$': 'value', 'value': 1, 'level': 'red'}
    assert read(array, member='status[motor].message', unit='dBm')['value'] == -67.5
    assert read(array, member='status[motor].message')['value'] == '-67.5 dBm, channel 6'
    assert read(JointState(position=[1.5]), member='position[0]')['value'] == 1.5
    assert read(Imu(), member='orientation_covariance[0]')['value'] == 0.0
    assert read(Bool(data=True), red='== true') == {'$': 'value', 'value': True, 'level': 'red'}
    reading = read(Temperature(), member='celsius')
    assert reading['$'] == 'problem' and 'there are: header, temperature' in reading['text']


def test_nodes_that_take_turns_do_not_hide_an_item_of_another_one(clock):
    mine, other = (DiagnosticArray(status=[status(name, 1)]) for name in ('motor', 'lidar'))
    reader = TopicReader(TelemetryTopicSettings(member='status[motor].level'), clock=clock)
    assert reader.read(other) is None
    for _ in range(10):
        clock.now += STALE_AFTER_S - 1
        assert reader.read(mine)['value'] == 1 and reader.read(other) is None
    clock.now += STALE_AFTER_S + 0.1
    assert reader.read(other)['text'] == (
        "there is no item 'motor' for status[motor].level; there are: 'lidar'")
    assert reader.read(mine)['value'] == 1 and reader.read(other) is None
    wrong = TopicReader(TelemetryTopicSettings(member='status[arm].level'), clock=clock)
    assert wrong.read(mine) is None
    clock.now += STALE_AFTER_S + 0.1
    assert wrong.read(other)['$'] == 'problem'


def test_other_messages_are_as_they_were():
    assert read(String(data='x')) == {'data': 'x'}
    assert read(Float32(data=1.5)) == {'data': 1.5}
    assert read(JointState(name=['a']))['name'] == ['a']
