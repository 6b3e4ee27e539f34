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
Procedural textures of the simulated room: floor, sky, walls and things.

They are arrays of BGR, uint8, of shape (height, width, 3); while they are painted, float32.
Numbers that are not explained are colours, brightness and sizes that look right.
"""

from typing import Any, cast

import cv2
import numpy as np
import numpy.typing as npt

from .world import Point, Room

Texture = npt.NDArray[np.uint8]
_Painting = npt.NDArray[np.float32]
Colour = tuple[int, int, int]

_PAINT = {'blue container': (150, 92, 40), 'red container': (52, 48, 172),
          'green container': (84, 122, 58)}
# Any number; the same one paints the same room.
_SEED = 7
# Corners of the painted lane on the floor, in metres.
_LANE: tuple[Point, ...] = (
    (-5.0, -2.2), (-1.6, -2.4), (2.2, -1.3), (4.6, -0.6), (4.7, 1.0), (3.2, 1.8), (0.6, 2.2),
    (-2.6, 0.9), (-5.0, 0.5))
# Colour, height above the foot of the sky, and waves of each row of hills, far ones first.
_HILLS = (((178, 158, 132), 0.80, (3, 7, 12)), ((140, 138, 104), 0.87, (4, 9, 17)))


def _noise(height: int, width: int, *cells: int) -> _Painting:
    """
    Return smooth noise of mean 0 and range about 1.

    :param cells: sizes in pixels of the octaves that it is the mean of
    """
    rng = np.random.default_rng(_SEED + height + width)
    total = np.zeros((height, width), np.float32)
    for cell in cells:
        grid = rng.random((height // cell + 2, width // cell + 2), np.float32) - 0.5
        total += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    return total / len(cells)


def _filled(height: int, width: int, colour: Colour) -> _Painting:
    return np.full((height, width, 3), colour, np.float32)


def _finished(painting: npt.NDArray[np.floating[Any]]) -> Texture:
    return np.clip(painting, 0, 255).astype(np.uint8)


def floor(room: Room, scale: int) -> Texture:
    """
    Return the floor from above; x goes right, y goes up.

    It has tiles, a painted lane, and soft shadows at the foot of all that stands on it.

    :param scale: in pixels per metre
    """
    width, height = round(room.length * scale), round(room.width * scale)

    def pixel(point: Point) -> tuple[int, int]:
        return (round((point[0] + room.length / 2) * scale),
                round((room.width / 2 - point[1]) * scale))

    painting = _tiles(width, height, scale // 2)
    lane = np.zeros((height, width), np.uint8)
    smooth = _rounded(np.array([pixel(corner) for corner in _LANE], np.float32))
    cv2.polylines(lane, [smooth.astype(np.int32)], True, (255,), scale // 14, cv2.LINE_AA)
    worn = np.clip(0.88 + 0.5 * _noise(height, width, 9, 4), 0, 1)
    share: _Painting = (lane / 255 * worn).astype(np.float32)[:, :, None]
    painting = painting * (1 - share) + np.array((40, 176, 222), np.float32) * share
    shadow = np.zeros((height, width), np.float32)
    for thing in room.things:
        cv2.fillConvexPoly(shadow, np.array([pixel(corner) for corner in thing.corners]), (1.0,),
                           cv2.LINE_AA)
    edge = scale // 5
    shadow[:edge] = shadow[-edge:] = 0.7
    shadow[:, :edge] = shadow[:, -edge:] = 0.7
    small = cv2.GaussianBlur(cv2.resize(shadow, None, fx=0.25, fy=0.25), (0, 0), scale / 28)
    soft = cast(_Painting, cv2.resize(small, (width, height)))
    light = 1.06 + 0.12 * _noise(height, width, scale * 3)
    return _finished(painting * (light * (1 - 0.62 * np.clip(soft, 0, 1)))[:, :, None])


def _tiles(width: int, height: int, tile: int) -> _Painting:
    """Return tiles of so many pixels, in two colours and many tones."""
    painting = _filled(height, width, (146, 156, 162))
    y, x = np.mgrid[:height, :width]
    rng = np.random.default_rng(_SEED)
    tones = rng.normal(0, 4, (height // tile + 1, width // tile + 1)).astype(np.float32)
    checker = ((y // tile + x // tile) % 2).astype(np.float32) * 26 - 13
    painting += (checker + tones[y // tile, x // tile] + 34 * _noise(height, width, 60, 16, 5)
                 )[:, :, None]
    painting[(y % tile < 2) | (x % tile < 2)] *= 0.72
    return painting


def _rounded(points: _Painting, steps: int = 12) -> _Painting:
    """Return a closed polygon with round corners (quadratic curves from middle to middle)."""
    before, after = np.roll(points, 1, 0), np.roll(points, -1, 0)
    first, last = (before + points) / 2, (points + after) / 2
    t = np.linspace(0, 1, steps, endpoint=False, dtype=np.float32)[None, :, None]
    curve: _Painting = ((1 - t) ** 2 * first[:, None] + 2 * t * (1 - t) * points[:, None]
                        + t ** 2 * last[:, None])
    return curve.reshape(-1, 2)


def sky(height: int, width: int) -> Texture:
    """Return a panorama of sky over distant hills that closes on itself; the foot is level."""
    share = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    column = np.array((222, 158, 92), np.float32) * (1 - share) ** 1.2
    column = column + np.array((238, 226, 208), np.float32) * (1 - (1 - share) ** 1.2)
    painting = np.broadcast_to(column, (height, width, 3)).copy()
    clouds = (_noise(height, width, 110, 64) + 0.5 * _noise(height, width, 30, 14, 7))
    # Blend the ends, so that the panorama has no seam.
    seam = np.clip(8 * (1 - np.abs(np.linspace(-1, 1, width, dtype=np.float32))), 0, 1)[None]
    clouds = clouds * seam + np.roll(clouds, width // 2, 1) * (1 - seam)
    cover = np.clip(clouds * 4 - 0.12, 0, 0.8)[:, :, None] * (1 - 0.4 * share)
    painting = painting * (1 - cover) + np.array((250, 248, 246), np.float32) * cover
    angle = np.arange(width) * 2 * np.pi / width
    for colour, base, waves in _HILLS:
        ridge = base + sum(np.sin(angle * k + k * k) / (k + 2) for k in waves) * 0.10
        below = np.linspace(0, 1, height)[:, None] > ridge[None]
        painting[below] = colour
    return _finished(painting)


def wall(length: float, height: float, scale: int, hue: Colour, text: str) -> Texture:
    """
    Return a plastered wall with a painted base, seams, and a text.

    :param length: in metres
    :param height: in metres
    :param scale: in pixels per metre
    """
    columns, rows = round(length * scale), round(height * scale)
    painting = _filled(rows, columns, (206, 214, 216))
    painting += 26 * _noise(rows, columns, 50, 13, 4)[:, :, None]
    base = round(rows * 0.66)
    painting[base:] = _filled(rows - base, columns, hue) + 30 * _noise(
        rows - base, columns, 40, 7)[:, :, None]
    painting[base - 2:base + 2] *= 0.55
    painting[:round(0.05 * scale)] = np.array(hue, np.float32) * 0.8
    for x in range(round(1.5 * scale), columns - 1, round(1.5 * scale)):
        painting[:, x - 1:x + 1] *= 0.72
    size = scale / 100
    for x in range(round(0.75 * scale), columns, round(3 * scale)):
        (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, size, 2)
        cv2.putText(painting, text, (x - wide // 2, round(rows * 0.36) + high // 2),
                    cv2.FONT_HERSHEY_DUPLEX, size, tuple(c * 0.75 for c in hue), 2, cv2.LINE_AA)
    # Light falls in from above.
    return _finished(painting * np.linspace(1.06, 0.82, rows, dtype=np.float32)[:, None, None])


def _crate(columns: int, rows: int) -> _Painting:
    painting = _filled(rows, columns, (92, 138, 178))
    grain = cast(_Painting, cv2.resize(
        _noise(max(rows // 3, 4), max(columns // 20, 4), 2), (columns, rows)))
    painting += 60 * grain[:, :, None]
    plank = max(rows // 5, 4)
    for y in range(0, rows, plank):
        painting[y:y + 2] *= 0.5
        painting[y + 2:y + plank] *= 0.94 + 0.12 * ((y // plank * 37) % 10) / 10
    rim = max(columns // 9, 3)
    brace = np.zeros((rows, columns), np.uint8)
    cv2.line(brace, (0, rows), (columns, 0), (255,), rim, cv2.LINE_AA)
    edge = cv2.dilate(brace, np.ones((5, 5), np.uint8)) - brace
    painting[edge > 128] *= 0.6
    painting[brace > 128] = np.array((112, 160, 198)) + 40 * grain[brace > 128][:, None]
    for part in (np.s_[:rim], np.s_[-rim:], np.s_[:, :rim], np.s_[:, -rim:]):
        painting[part] = np.array((104, 152, 192)) + 40 * grain[part][:, :, None]
    cv2.rectangle(painting, (rim, rim), (columns - rim, rows - rim), (50, 76, 98), 2)
    return painting


def _container(columns: int, rows: int, colour: Colour) -> _Painting:
    painting = _filled(rows, columns, colour)
    ribs = 1 + 0.16 * np.clip(
        3 * np.sin(np.arange(columns) * 2 * np.pi / max(rows / 7, 6)), -1, 1)
    painting *= ribs[None, :, None].astype(np.float32)
    painting += 22 * _noise(rows, columns, 40, 9)[:, :, None]
    rim = max(rows // 14, 2)
    for part in (np.s_[:rim], np.s_[-rim:], np.s_[:, :rim], np.s_[:, -rim:]):
        painting[part] = np.array(colour) * 0.7
    if columns > rows:
        cv2.putText(painting, 'ROS 2', (round(columns * 0.12), round(rows * 0.45)),
                    cv2.FONT_HERSHEY_DUPLEX, rows / 90, (235, 235, 235), max(rows // 50, 1),
                    cv2.LINE_AA)
    return painting


def _pillar(columns: int, rows: int, colour: Colour) -> _Painting:
    painting = _filled(rows, columns, (226, 230, 232))
    band = max(rows // 7, 2)
    for y in range(band, rows, 2 * band):
        painting[y:y + band] = colour
    return painting


def side(look: str, length: float, height: float, scale: int) -> Texture:
    """
    Return the texture of one side of a thing.

    :param look: of the thing: a container or pillar with its colour, or a crate
    :param length: in metres
    :param height: in metres
    :param scale: in pixels per metre
    """
    columns, rows = max(round(length * scale), 8), max(round(height * scale), 8)
    if look in _PAINT:
        return _finished(_container(columns, rows, _PAINT[look]))
    if look.endswith('pillar'):
        colour = (30, 108, 232) if 'orange' in look else (120, 110, 104)
        return _finished(_pillar(columns, rows, colour))
    return _finished(_crate(columns, rows))
