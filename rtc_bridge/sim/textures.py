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

"""Procedural textures of the simulated room: floor, sky, walls and things (BGR, uint8)."""

import cv2
import numpy as np

from .world import Room

_PAINT = {'blue container': (150, 92, 40), 'red container': (52, 48, 172),
          'green container': (84, 122, 58)}
_RNG_SEED = 7


def _noise(height: int, width: int, *cells: int) -> np.ndarray:
    """Return smooth noise of mean 0 and range about 1, a sum of octaves of so many pixels."""
    rng = np.random.default_rng(_RNG_SEED + height + width)
    total = np.zeros((height, width), np.float32)
    for cell in cells:
        grid = rng.random((height // cell + 2, width // cell + 2), np.float32) - 0.5
        total += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    return total / len(cells)


def _filled(height: int, width: int, colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((height, width, 3), colour, np.float32)


def _finished(image: np.ndarray) -> np.ndarray:
    return np.clip(image, 0, 255).astype(np.uint8)


def floor(room: Room, scale: int) -> np.ndarray:
    """
    Return the floor from above, at ``scale`` pixels a metre; x goes right, y goes up.

    Tiles, a painted lane, and soft shadows at the foot of whatever stands there.
    """
    width, height = round(room.length * scale), round(room.width * scale)

    def pixel(x: float, y: float) -> tuple[int, int]:
        return round((x + room.length / 2) * scale), round((room.width / 2 - y) * scale)

    image = _filled(height, width, (146, 156, 162))
    y, x = np.mgrid[:height, :width]
    tile = scale // 2
    rng = np.random.default_rng(_RNG_SEED)
    tones = rng.normal(0, 4, (height // tile + 1, width // tile + 1)).astype(np.float32)
    checker = ((y // tile + x // tile) % 2).astype(np.float32) * 26 - 13
    image += (checker + tones[y // tile, x // tile] + 34 * _noise(height, width, 60, 16, 5)
              )[:, :, None]
    joint = (y % tile < 2) | (x % tile < 2)
    image[joint] *= 0.72
    lane = np.zeros((height, width), np.uint8)
    corners = [(-5.0, -2.2), (-1.6, -2.4), (2.2, -1.3), (4.6, -0.6), (4.7, 1.0), (3.2, 1.8),
               (0.6, 2.2), (-2.6, 0.9), (-5.0, 0.5)]
    points = np.array([pixel(*c) for c in corners], np.float32)
    smooth = _rounded(points)
    cv2.polylines(lane, [smooth.astype(np.int32)], True, 255, scale // 14, cv2.LINE_AA)
    worn = np.clip(0.88 + 0.5 * _noise(height, width, 9, 4), 0, 1)
    share = (lane / 255 * worn).astype(np.float32)[:, :, None]
    image = image * (1 - share) + np.array((40, 176, 222), np.float32) * share
    shadow = np.zeros((height, width), np.float32)
    for thing in room.things:
        cv2.fillConvexPoly(shadow, np.array([pixel(*c) for c in thing.corners]), 1.0, cv2.LINE_AA)
    edge = scale // 5
    shadow[:edge] = shadow[-edge:] = 0.7
    shadow[:, :edge] = shadow[:, -edge:] = 0.7
    small = cv2.GaussianBlur(cv2.resize(shadow, None, fx=0.25, fy=0.25), (0, 0), scale / 28)
    shadow = cv2.resize(small, (width, height))
    light = 1.06 + 0.12 * _noise(height, width, scale * 3)
    return _finished(image * (light * (1 - 0.62 * np.clip(shadow, 0, 1)))[:, :, None])


def _rounded(points: np.ndarray, steps: int = 12) -> np.ndarray:
    """Return a closed polygon with round corners (quadratic curves from middle to middle)."""
    before, after = np.roll(points, 1, 0), np.roll(points, -1, 0)
    first, last = (before + points) / 2, (points + after) / 2
    t = np.linspace(0, 1, steps, endpoint=False, dtype=np.float32)[None, :, None]
    curve = ((1 - t) ** 2 * first[:, None] + 2 * t * (1 - t) * points[:, None]
             + t ** 2 * last[:, None])
    return curve.reshape(-1, 2)


def sky(height: int, width: int) -> np.ndarray:
    """Return a panorama of sky over distant hills that closes on itself; the foot is level."""
    share = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    image = np.array((222, 158, 92), np.float32) * (1 - share) ** 1.2
    image = image + np.array((238, 226, 208), np.float32) * (1 - (1 - share) ** 1.2)
    image = np.broadcast_to(image, (height, width, 3)).copy()
    clouds = (_noise(height, width, 110, 64) + 0.5 * _noise(height, width, 30, 14, 7))
    # Blend the ends, so that the panorama has no seam.
    seam = np.clip(8 * (1 - np.abs(np.linspace(-1, 1, width, dtype=np.float32))), 0, 1)[None]
    clouds = clouds * seam + np.roll(clouds, width // 2, 1) * (1 - seam)
    cover = np.clip(clouds * 4 - 0.12, 0, 0.8)[:, :, None] * (1 - 0.4 * share)
    image = image * (1 - cover) + np.array((250, 248, 246), np.float32) * cover
    angle = np.arange(width) * 2 * np.pi / width
    for colour, base, waves in (((178, 158, 132), 0.80, (3, 7, 12)), ((140, 138, 104), 0.87,
                                                                      (4, 9, 17))):
        ridge = base + sum(np.sin(angle * k + k * k) / (k + 2) for k in waves) * 0.10
        below = np.linspace(0, 1, height)[:, None] > ridge[None]
        image[below] = colour
    return _finished(image)


def wall(length: float, height: float, scale: int, hue: tuple[int, int, int],
         text: str) -> np.ndarray:
    """Return a plastered wall with a painted base, seams, and a text."""
    w, h = round(length * scale), round(height * scale)
    image = _filled(h, w, (206, 214, 216))
    image += 26 * _noise(h, w, 50, 13, 4)[:, :, None]
    base = round(h * 0.66)
    image[base:] = _filled(h - base, w, hue) + 30 * _noise(h - base, w, 40, 7)[:, :, None]
    image[base - 2:base + 2] *= 0.55
    image[:round(0.05 * scale)] = np.array(hue, np.float32) * 0.8
    for x in range(round(1.5 * scale), w - 1, round(1.5 * scale)):
        image[:, x - 1:x + 1] *= 0.72
    size = scale / 100
    for x in range(round(0.75 * scale), w, round(3 * scale)):
        (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, size, 2)
        cv2.putText(image, text, (x - wide // 2, round(h * 0.36) + high // 2),
                    cv2.FONT_HERSHEY_DUPLEX, size, tuple(c * 0.75 for c in hue), 2, cv2.LINE_AA)
    # Light falls in from above.
    return _finished(image * np.linspace(1.06, 0.82, h, dtype=np.float32)[:, None, None])


def _crate(w: int, h: int) -> np.ndarray:
    image = _filled(h, w, (92, 138, 178))
    grain = cv2.resize(_noise(max(h // 3, 4), max(w // 20, 4), 2), (w, h))
    image += 60 * grain[:, :, None]
    plank = max(h // 5, 4)
    for index in range(0, h, plank):
        image[index:index + 2] *= 0.5
        image[index + 2:index + plank] *= 0.94 + 0.12 * ((index // plank * 37) % 10) / 10
    rim = max(w // 9, 3)
    brace = np.zeros((h, w), np.uint8)
    cv2.line(brace, (0, h), (w, 0), 255, rim, cv2.LINE_AA)
    edge = cv2.dilate(brace, np.ones((5, 5), np.uint8)) - brace
    image[edge > 128] *= 0.6
    image[brace > 128] = np.array((112, 160, 198)) + 40 * grain[brace > 128][:, None]
    for part in (np.s_[:rim], np.s_[-rim:], np.s_[:, :rim], np.s_[:, -rim:]):
        image[part] = np.array((104, 152, 192)) + 40 * grain[part][:, :, None]
    cv2.rectangle(image, (rim, rim), (w - rim, h - rim), (50, 76, 98), 2)
    return image


def _container(w: int, h: int, colour: tuple[int, int, int]) -> np.ndarray:
    image = _filled(h, w, colour)
    ribs = 1 + 0.16 * np.clip(3 * np.sin(np.arange(w) * 2 * np.pi / max(h / 7, 6)), -1, 1)
    image *= ribs[None, :, None].astype(np.float32)
    image += 22 * _noise(h, w, 40, 9)[:, :, None]
    rim = max(h // 14, 2)
    for part in (np.s_[:rim], np.s_[-rim:], np.s_[:, :rim], np.s_[:, -rim:]):
        image[part] = np.array(colour) * 0.7
    if w > h:
        cv2.putText(image, 'ROS 2', (round(w * 0.12), round(h * 0.45)), cv2.FONT_HERSHEY_DUPLEX,
                    h / 90, (235, 235, 235), max(h // 50, 1), cv2.LINE_AA)
    return image


def _pillar(w: int, h: int, colour: tuple[int, int, int]) -> np.ndarray:
    image = _filled(h, w, (226, 230, 232))
    band = max(h // 7, 2)
    for y in range(band, h, 2 * band):
        image[y:y + band] = colour
    return image


def side(look: str, length: float, height: float, scale: int) -> np.ndarray:
    """Return the texture of one side of a thing, at ``scale`` pixels a metre."""
    w, h = max(round(length * scale), 8), max(round(height * scale), 8)
    if look in _PAINT:
        return _finished(_container(w, h, _PAINT[look]))
    if look.endswith('pillar'):
        return _finished(_pillar(w, h, (30, 108, 232) if 'orange' in look else (120, 110, 104)))
    return _finished(_crate(w, h))
