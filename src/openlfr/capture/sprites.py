"""Cut-outs with soft edges, and laying them over a picture: what the synthetic street is put together from."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from openlfr.capture.images import Pixels

Box = tuple[float, float, float, float]  # left, top, right, bottom; right and bottom exclusive

# Cut-outs are kept at this height of the face, and halved for faces far away.
FACE_HEIGHT_PX = 144
_TURNS_DEG = range(-30, 31, 5)
# A head turns like an upright cylinder of this radius, in widths of the face.
_RADIUS_PER_FACE_WIDTH = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Sprite:
    """A picture with an edge: uint8 (height, width, 4), blue-green-red multiplied by the alpha that follows them."""

    premultiplied: Pixels

    @classmethod
    def from_parts(cls, bgr: Pixels, alpha: Pixels) -> "Sprite":
        """Join a picture and its alpha, (height, width), 255 where it is opaque."""
        colour = cv2.multiply(bgr, cv2.cvtColor(alpha, cv2.COLOR_GRAY2BGR), scale=1 / 255)
        return cls(np.asarray(np.dstack([colour, alpha]), np.uint8))

    def halved(self) -> "Sprite":
        height, width = self.premultiplied.shape[:2]
        size = (max(1, width // 2), max(1, height // 2))
        return Sprite(np.asarray(cv2.resize(self.premultiplied, size, interpolation=cv2.INTER_AREA), np.uint8))


def lay_over(
    picture: Pixels,
    sprite: Sprite,
    matrix: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    *,
    gain: float = 1.0,
    blur_px: int = 0,
) -> None:
    """Draw `sprite` into `picture`, moved by the 2 x 3 `matrix` from its coordinates to the picture's; brighter or
    darker by `gain`, smeared sideways over `blur_px`."""
    height, width = sprite.premultiplied.shape[:2]
    corners = matrix @ np.array([[0, width, width, 0], [0, 0, height, height], [1, 1, 1, 1]], np.float64)
    left = max(0, math.floor(corners[0].min()) - blur_px)
    top = max(0, math.floor(corners[1].min()))
    right = min(picture.shape[1], math.ceil(corners[0].max()) + blur_px)
    bottom = min(picture.shape[0], math.ceil(corners[1].max()))
    if left >= right or top >= bottom:
        return
    moved = matrix.copy()
    moved[:, 2] -= (left, top)
    layer = cv2.warpAffine(sprite.premultiplied, moved, (right - left, bottom - top), flags=cv2.INTER_LINEAR)
    if blur_px > 1:
        layer = cv2.blur(layer, (blur_px, 1))
    colour = cv2.cvtColor(layer, cv2.COLOR_BGRA2BGR)
    if gain != 1.0:
        colour = cv2.convertScaleAbs(colour, alpha=gain)
    showing_through = cv2.cvtColor(cv2.bitwise_not(cv2.extractChannel(layer, 3)), cv2.COLOR_GRAY2BGR)
    under = picture[top:bottom, left:right]
    cv2.multiply(under, showing_through, dst=under, scale=1 / 255)
    cv2.add(under, colour, dst=under)


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A person's head, cut out of a portrait, at several turns and sizes.

    `face` is the face's box within the unturned cut-out at full size; `skin` its mean colour, blue-green-red.
    """

    face: Box
    skin: tuple[int, int, int]
    turned: tuple[tuple[Sprite, ...], ...]

    @classmethod
    def cut_out(cls, portrait: Pixels, face: Box) -> "Head":
        """Cut the head off the portrait's background. `face` is the face's box in the portrait, as a detector gives
        it, and must lie in it."""
        left, top, right, bottom = face
        scale = FACE_HEIGHT_PX / (bottom - top)
        face_width = (right - left) * scale
        # Room for hair, hat and neck around the face.
        size = (round(face_width * 2.4), round(FACE_HEIGHT_PX * 2.1))
        own = (size[0] / 2 - face_width / 2, FACE_HEIGHT_PX * 0.75)
        to_crop = np.array([[scale, 0, own[0] - left * scale], [0, scale, own[1] - top * scale]])
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        crop = cv2.warpAffine(portrait, to_crop, size, flags=interpolation, borderMode=cv2.BORDER_REPLICATE)
        inside = cv2.warpAffine(np.full(portrait.shape[:2], 255, np.uint8), to_crop, size, flags=cv2.INTER_NEAREST)
        box = (own[0], own[1], own[0] + face_width, own[1] + FACE_HEIGHT_PX)
        bgr = np.asarray(crop, np.uint8)
        # Half the size is a quarter of the work, and the edge is softened anyway.
        small = cv2.resize(bgr, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        inside = cv2.resize(inside, small.shape[1::-1], interpolation=cv2.INTER_NEAREST)
        half_box = (box[0] / 2, box[1] / 2, box[2] / 2, box[3] / 2)
        alpha = _head_alpha(np.asarray(small, np.uint8), half_box, np.asarray(inside, np.uint8))
        sprite = Sprite.from_parts(bgr, np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_LINEAR), np.uint8))
        middle = bgr[round(box[1] + 0.5 * FACE_HEIGHT_PX) : round(box[3]), round(box[0]) : round(box[2])]
        blue, green, red = (int(value) for value in np.median(middle.reshape(-1, 3), axis=0))
        return cls(box, (blue, green, red), tuple(_sizes(_turned(sprite, box, degrees)) for degrees in _TURNS_DEG))

    def facing(self, yaw_deg: float, face_height_px: float) -> tuple[Sprite, float]:
        """The cut-out nearest to `yaw_deg` (positive: to the right of the picture) and just larger than wanted, with
        its scale against the full size."""
        sizes = self.turned[_TURNS_DEG.index(_nearest_turn_deg(yaw_deg))]
        halvings = max(0, min(len(sizes) - 1, math.floor(math.log2(FACE_HEIGHT_PX / face_height_px))))
        return sizes[halvings], 0.5**halvings


def face_shift(yaw_deg: float) -> float:
    """How far the middle of the face moves to the right, in widths of the face, when the head turns."""
    return _RADIUS_PER_FACE_WIDTH * math.sin(math.radians(_nearest_turn_deg(yaw_deg)))


def _nearest_turn_deg(yaw_deg: float) -> int:
    return min(_TURNS_DEG, key=lambda turn: abs(turn - yaw_deg))


def _sizes(sprite: Sprite) -> tuple[Sprite, ...]:
    half = sprite.halved()
    quarter = half.halved()
    return sprite, half, quarter, quarter.halved()


def _head_alpha(bgr: Pixels, face: Box, inside: Pixels) -> Pixels:
    """Where the head is: GrabCut (Rother et al., SIGGRAPH 2004) started from what a head looks like around a face."""
    height, width = bgr.shape[:2]
    centre = (round((face[0] + face[2]) / 2), round((face[1] + face[3]) / 2))
    face_width, face_height = face[2] - face[0], face[3] - face[1]

    def ellipse(across: float, down: float, higher: float) -> Pixels:
        mask = np.zeros((height, width), np.uint8)
        middle = (centre[0], round(centre[1] - higher * face_height))
        axes = (round(across * face_width), round(down * face_height))
        return np.asarray(cv2.ellipse(mask, middle, axes, 0, 0, 360, 255, -1), np.uint8)

    may_be = cv2.bitwise_and(ellipse(1.0, 1.05, 0.2), inside)
    probably, surely = ellipse(0.68, 0.78, 0.12), ellipse(0.42, 0.48, 0.0)
    labels = np.full((height, width), cv2.GC_BGD, np.uint8)
    labels[may_be > 0] = cv2.GC_PR_BGD
    labels[(probably > 0) & (may_be > 0)] = cv2.GC_PR_FGD
    labels[surely > 0] = cv2.GC_FGD
    cv2.setRNGSeed(0)
    cv2.grabCut(bgr, labels, (0, 0, width, height), np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    found = np.where((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD), 255, 0).astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    found = np.asarray(cv2.morphologyEx(cv2.morphologyEx(found, cv2.MORPH_OPEN, kernel), cv2.MORPH_CLOSE, kernel))
    _, parts = cv2.connectedComponents(found)
    found = np.where(parts == parts[centre[1], centre[0]], 255, 0).astype(np.uint8)
    # Never less than the face itself, whatever the portrait's background did to the search.
    whole = cv2.bitwise_or(found, cv2.bitwise_and(ellipse(0.5, 0.56, 0.0), inside))
    return np.asarray(cv2.GaussianBlur(whole, (0, 0), 1.0), np.uint8)


def _turned(sprite: Sprite, face: Box, yaw_deg: float) -> Sprite:
    """The head as it looks turned to the side, taking it for an upright cylinder with the picture pasted on."""
    height, width = sprite.premultiplied.shape[:2]
    if yaw_deg == 0:
        return sprite
    axis = (face[0] + face[2]) / 2
    radius = (face[2] - face[0]) * _RADIUS_PER_FACE_WIDTH
    yaw = math.radians(yaw_deg)
    across = (np.arange(width, dtype=np.float64) - axis) / radius
    angle = np.arcsin(np.clip(across, -1, 1)) - yaw
    # What lies behind the cylinder's edge, or around its back, is not in the picture.
    seen = (np.abs(across) < 1) & (np.abs(angle) < math.pi / 2)
    columns = np.where(seen, axis + radius * np.sin(angle), -1e4).astype(np.float32)
    map_x = np.tile(columns, (height, 1))
    map_y = np.repeat(np.arange(height, dtype=np.float32)[:, None], width, axis=1)
    return Sprite(np.asarray(cv2.remap(sprite.premultiplied, map_x, map_y, cv2.INTER_LINEAR), np.uint8))
