"""The street that synthetic people walk along: houses, shops and a pavement, with cars, passers-by seen from behind
and a flickering sign as clutter. Nothing in it is a face."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from openlfr.capture.images import Pixels

# The camera: its height over the pavement, and its focal length as a share of the picture's width.
CAMERA_HEIGHT_M = 2.3
_FOCAL_PER_WIDTH = 0.95
_HORIZON_PER_HEIGHT = 0.36

# Blue-green-red: brick, stone, render; glass by day; shop fascias; car paint.
_WALLS = ((92, 112, 152), (150, 170, 182), (176, 190, 196), (108, 128, 146), (140, 146, 150), (84, 98, 128))
_GLASS = ((92, 84, 72), (118, 108, 94), (142, 132, 116), (70, 66, 60))
_SHOP_WINDOWS = ((96, 100, 96), (120, 130, 138), (84, 92, 104), (140, 150, 158))
_FASCIAS = ((60, 40, 30), (40, 44, 96), (54, 74, 44), (44, 44, 44), (112, 84, 40), (70, 54, 110))
_PAINT = ((60, 58, 56), (176, 178, 180), (96, 64, 40), (40, 44, 120))

_WHEEL_TURNS = tuple(turn * math.pi / 8 for turn in range(16))

_FAR_END_M = 60.0

_NOISE_LEVEL = 3.0
_NOISE_TILES = 4


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """A pinhole camera over the pavement, looking level along it. Metres: x to the right of the camera, y above the
    pavement, z away from the camera."""

    width: int
    height: int

    @property
    def focal_px(self) -> float:
        return _FOCAL_PER_WIDTH * self.width

    @property
    def horizon_px(self) -> float:
        return _HORIZON_PER_HEIGHT * self.height

    def to_picture(self, x_m: float, y_m: float, z_m: float) -> tuple[float, float]:
        """Where a point appears, in pixels."""
        scale = self.focal_px / z_m
        return self.width / 2 + x_m * scale, self.horizon_px + (CAMERA_HEIGHT_M - y_m) * scale


@dataclass(frozen=True, slots=True)
class _Car:
    colour: tuple[int, int, int]
    x_m: float
    speed_m_s: float
    starts_at_s: float


class StreetScene:
    """Draws everything but the people with faces. The same seed and time give the same picture."""

    _CAR_ROUND_S = 11.0

    def __init__(self, view: Viewpoint, seed: int) -> None:
        self._view = view
        rng = np.random.default_rng((seed, 1))
        self._background = self._paint(rng)
        shape = (view.height, view.width, 3)
        noise = [rng.normal(0, _NOISE_LEVEL, shape) for _ in range(_NOISE_TILES)]
        self._lighter = [np.clip(np.rint(tile), 0, 255).astype(np.uint8) for tile in noise]
        self._darker = [np.clip(np.rint(-tile), 0, 255).astype(np.uint8) for tile in noise]
        self._cars = tuple(
            _Car(
                colour=_PAINT[number],
                x_m=-6.5 - 2.6 * (number % 2),
                speed_m_s=float(rng.uniform(7, 11)) * (1 if number % 2 else -1),
                starts_at_s=float(rng.uniform(0, self._CAR_ROUND_S)),
            )
            for number in range(len(_PAINT))
        )

    def draw(self, time_s: float) -> Pixels:
        """The street at a moment, without its people."""
        picture = self._background.copy()
        self._draw_sign(picture, time_s)
        for car in sorted(self._cars, key=lambda car: -self._car_distance_m(car, time_s)):
            self._draw_car(picture, car, self._car_distance_m(car, time_s))
        return picture

    @property
    def post_px(self) -> tuple[float, float]:
        """The left and right edge of the lamp post, from the top of the picture to the bottom."""
        return self._view.to_picture(-1.0, 0, 2.6)[0], self._view.to_picture(-0.92, 0, 2.6)[0]

    def draw_post(self, picture: Pixels) -> None:
        """The lamp post that stands nearer to the camera than anybody walks."""
        left, right = self.post_px
        cv2.rectangle(picture, (round(left), 0), (round(right), self._view.height), (62, 66, 60), -1)
        shine = round(left + (right - left) * 0.3)
        cv2.line(picture, (shine, 0), (shine, self._view.height), (98, 104, 96), max(1, round((right - left) / 8)))

    def add_noise(self, picture: Pixels, frame_index: int) -> None:
        """A sensor's noise: no two frames are alike even where nothing moves."""
        tile = frame_index * 7 % _NOISE_TILES
        cv2.add(picture, self._lighter[tile], dst=picture)
        cv2.subtract(picture, self._darker[tile - 1 - frame_index % 2], dst=picture)

    def _paint(self, rng: np.random.Generator) -> Pixels:
        view = self._view
        picture = np.zeros((view.height, view.width, 3), np.uint8)
        sky = np.linspace((214, 190, 160), (232, 226, 214), max(1, math.ceil(view.horizon_px)))
        picture[: len(sky)] = sky[:, None, :].astype(np.uint8)
        # The far end of the street, in haze: from the horizon down there is pavement or road everywhere.
        picture[len(sky) :] = (158, 160, 162)
        x = -20.0
        while x < 20.0:
            end, top = x + float(rng.uniform(3, 6)), float(rng.uniform(6, 11))
            haze = 0.55 * np.array((220, 212, 202)) + 0.45 * rng.choice(_WALLS)
            self._fill(
                picture, [(x, 0, _FAR_END_M), (x, top, _FAR_END_M), (end, top, _FAR_END_M), (end, 0, _FAR_END_M)], haze
            )
            x = end
        self._fill(picture, [(-40, 0, _FAR_END_M), (40, 0, _FAR_END_M), (40, 0, 1.2), (-40, 0, 1.2)], (148, 150, 152))
        self._fill(picture, [(-4.6, 0, _FAR_END_M), (-4.6, 0, 1.2), (-13, 0, 1.2), (-13, 0, _FAR_END_M)], (92, 92, 94))
        for near in range(2, 58, 4):
            dash = [(-8.9, 0, near), (-8.7, 0, near), (-8.7, 0, near + 2), (-8.9, 0, near + 2)]
            self._fill(picture, dash, (205, 205, 205))
        self._paint_paving(picture)
        for side in (1, -1):
            z = _FAR_END_M
            while z > 3.0:
                depth = float(rng.uniform(5, 8))
                self._paint_house(picture, rng, side * (4.2 if side > 0 else 15.0), max(2.2, z - depth), z)
                z -= depth
        grain = cv2.GaussianBlur(rng.normal(0, 16, picture.shape[:2]).astype(np.float32), (0, 0), 1.2)
        grained: Pixels = np.clip(picture + grain[:, :, None], 0, 255).astype(np.uint8)
        return grained

    def _paint_paving(self, picture: Pixels) -> None:
        for x in (-3.8, -3.0, -2.2, -1.4, -0.6, 0.2, 1.0, 1.8, 2.6, 3.4):
            self._line(picture, (x, 0, 1.2), (x, 0, _FAR_END_M), (128, 130, 132))
        for z in (1.2 * 1.16**course for course in range(27)):
            self._line(picture, (-4.6, 0, z), (4.2, 0, z), (128, 130, 132))
        self._fill(
            picture, [(-4.6, 0, _FAR_END_M), (-4.45, 0, _FAR_END_M), (-4.45, 0, 1.2), (-4.6, 0, 1.2)], (178, 180, 182)
        )

    def _paint_house(self, picture: Pixels, rng: np.random.Generator, x: float, near: float, far: float) -> None:
        height = float(rng.uniform(8, 13))
        wall = rng.choice(_WALLS) * rng.uniform(0.85, 1.1)
        self._fill(picture, [(x, 0, near), (x, height, near), (x, height, far), (x, 0, far)], wall)
        for floor in range(1, int(height // 2.8)):
            for across in range(3):
                z0 = near + (far - near) * (0.12 + across * 0.3)
                z1 = z0 + (far - near) * 0.18
                y0, y1 = floor * 2.8 + 0.9, floor * 2.8 + 2.4
                frame = [
                    (x, y0 - 0.1, z0 - 0.1),
                    (x, y1 + 0.1, z0 - 0.1),
                    (x, y1 + 0.1, z1 + 0.1),
                    (x, y0 - 0.1, z1 + 0.1),
                ]
                self._fill(picture, frame, wall * 1.15)
                glass = rng.choice(_GLASS)
                self._fill(picture, [(x, y0, z0), (x, y1, z0), (x, y1, z1), (x, y0, z1)], glass)
        edge0, edge1 = near + (far - near) * 0.08, far - (far - near) * 0.08
        window, fascia = rng.choice(_SHOP_WINDOWS), rng.choice(_FASCIAS)
        self._fill(picture, [(x, 0.3, edge0), (x, 2.2, edge0), (x, 2.2, edge1), (x, 0.3, edge1)], window)
        self._fill(picture, [(x, 2.3, edge0), (x, 2.9, edge0), (x, 2.9, edge1), (x, 2.3, edge1)], fascia)

    def _fill(
        self,
        picture: Pixels,
        corners: Sequence[tuple[float, float, float]],
        colour: Sequence[float] | NDArray[np.float64],
    ) -> None:
        points = np.array([self._view.to_picture(*corner) for corner in corners])
        shade = tuple(min(255, int(value)) for value in colour)
        cv2.fillPoly(picture, [np.rint(points * 8).astype(np.int32)], shade, cv2.LINE_AA, 3)

    def _line(
        self,
        picture: Pixels,
        start: tuple[float, float, float],
        end: tuple[float, float, float],
        colour: tuple[int, int, int],
    ) -> None:
        (x0, y0), (x1, y1) = self._view.to_picture(*start), self._view.to_picture(*end)
        cv2.line(picture, (round(x0), round(y0)), (round(x1), round(y1)), colour, 1, cv2.LINE_AA)

    def _draw_sign(self, picture: Pixels, time_s: float) -> None:
        """A lit advertisement that changes and flickers."""
        shown = int(time_s // 1.5)
        rng = np.random.default_rng(shown)
        brightness = 0.85 + 0.15 * math.sin(time_s * 9)
        x, z0, z1 = 4.15, 7.0, 8.2
        colours = rng.uniform(60, 230, (4, 3)) * brightness
        for row in range(4):
            y0 = 1.0 + row * 0.4
            self._fill(picture, [(x, y0, z0), (x, y0 + 0.4, z0), (x, y0 + 0.4, z1), (x, y0, z1)], colours[row])

    def _car_distance_m(self, car: _Car, time_s: float) -> float:
        travelled = ((time_s + car.starts_at_s) % self._CAR_ROUND_S) * abs(car.speed_m_s)
        return 4.0 + (travelled if car.speed_m_s > 0 else self._CAR_ROUND_S * abs(car.speed_m_s) - travelled)

    def _draw_car(self, picture: Pixels, car: _Car, z: float) -> None:
        if z > _FAR_END_M - 5:
            return
        x0, x1 = car.x_m, car.x_m + 1.8
        inner0, inner1 = x0 + 0.2, x1 - 0.2
        dark = tuple(value * 0.7 for value in car.colour)
        self._fill(picture, [(x0, 0, z - 0.1), (x1, 0, z - 0.1), (x1, 0, z + 4), (x0, 0, z + 4)], (58, 58, 60))
        self._fill(picture, [(x1, 0.25, z), (x1, 0.9, z), (x1, 0.9, z + 4), (x1, 0.25, z + 4)], dark)
        side_glass = [(x1, 0.9, z + 0.6), (inner1, 1.42, z + 1.2), (inner1, 1.42, z + 3), (x1, 0.9, z + 3.6)]
        self._fill(picture, side_glass, (84, 80, 72))
        self._fill(picture, [(x0, 0.25, z), (x0, 0.92, z), (x1, 0.92, z), (x1, 0.25, z)], car.colour)
        screen = [(x0, 0.92, z + 0.3), (inner0, 1.42, z + 1.1), (inner1, 1.42, z + 1.1), (x1, 0.92, z + 0.3)]
        self._fill(picture, screen, (110, 104, 92))
        roof = [(inner0, 1.42, z + 1.1), (inner0, 1.45, z + 3), (inner1, 1.45, z + 3), (inner1, 1.42, z + 1.1)]
        self._fill(picture, roof, tuple(value * 0.9 for value in car.colour))
        lamp = (60, 60, 220) if car.speed_m_s > 0 else (220, 245, 250)
        for x in (x0 + 0.1, x1 - 0.4):
            self._fill(picture, [(x, 0.6, z), (x, 0.75, z), (x + 0.3, 0.75, z), (x + 0.3, 0.6, z)], lamp)
        for z_wheel in (z + 0.8, z + 3.2):
            rim = [(x1, 0.3 + 0.3 * math.sin(turn), z_wheel + 0.3 * math.cos(turn)) for turn in _WHEEL_TURNS]
            self._fill(picture, rim, (34, 34, 36))
