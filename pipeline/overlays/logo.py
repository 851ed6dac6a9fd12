"""The logo: PNG, JPEG, WebP or SVG, scaled into its box, on a plate of its own where it asks for one."""

from __future__ import annotations

import re
from pathlib import Path

import skia

from pipeline.errors import BriefError
from pipeline.geometry import Box
from pipeline.overlays.clip import Overlay, still
from pipeline.overlays.paint import Sheet, even, fill
from pipeline.overlays.palette import Palette

_MAX_BYTES = 20_000_000
_MAX_SIDE = 12_000
_VIEW_BOX = re.compile(rb"<svg[^>]*\bviewBox\s*=\s*[\"'][-\d.]+[\s,]+[-\d.]+[\s,]+(\d+\.?\d*)[\s,]+(\d+\.?\d*)")


class Artwork:
    """A logo that can be painted at any size."""

    def __init__(self, path: Path) -> None:
        """Raises BriefError when the file is missing, too large or no picture."""
        try:
            if path.stat().st_size > _MAX_BYTES:
                raise _refused(path, f"the logo is larger than {_MAX_BYTES // 1_000_000} MB", "save it smaller")
            content = path.read_bytes()
        except OSError as error:
            raise _refused(path, "the logo cannot be read", "check the path in the brand file") from error
        self._svg: skia.SVGDOM | None = None
        self._image: skia.Image | None = None
        if b"<svg" in content[:4096].lower():
            self._open_svg(path, content)
        else:
            self._open_raster(path, content)

    def _open_svg(self, path: Path, content: bytes) -> None:
        # Skia's reader stops at entity declarations and, without a resource provider, opens no other file.
        dom = skia.SVGDOM.MakeFromStream(skia.MemoryStream(content, True))
        if dom is None:
            raise _refused(path, "this SVG cannot be read", "save it as plain SVG or as PNG")
        size = dom.containerSize()
        self.width, self.height = float(size.width()), float(size.height())
        if not (self.width and self.height) and (box := _VIEW_BOX.search(content)):
            self.width, self.height = float(box[1]), float(box[2])
            dom.setContainerSize(skia.Size(self.width, self.height))
        if not (0 < self.width < 1e6 and 0 < self.height < 1e6):
            raise _refused(path, "this SVG has no size", "give its <svg> a viewBox, or a width and a height")
        self._svg = dom

    def _open_raster(self, path: Path, content: bytes) -> None:
        unreadable = _refused(path, "the logo is no picture that can be read", "use PNG, JPEG, WebP or SVG")
        try:
            # The size is read first: a picture of a few bytes can claim gigabytes of pixels.
            size = skia.Codec.MakeFromData(skia.Data.MakeWithCopy(content)).dimensions()
            if size.width() > _MAX_SIDE or size.height() > _MAX_SIDE:
                raise _refused(path, f"the logo is larger than {_MAX_SIDE} pixels", "save it smaller")
            self._image = skia.Image.MakeFromEncoded(skia.Data.MakeWithCopy(content))
        except RuntimeError as error:
            raise unreadable from error
        if self._image is None:
            raise unreadable
        self.width, self.height = float(size.width()), float(size.height())

    def fitted(self, width: float, height: float) -> tuple[float, float]:
        """Its size when it fills width × height without being distorted."""
        scale = min(width / self.width, height / self.height)
        return self.width * scale, self.height * scale

    def paint(self, canvas: skia.Canvas, x: float, y: float, width: float, height: float) -> None:
        canvas.save()
        canvas.translate(x, y)
        if self._svg is not None:
            canvas.scale(width / self.width, height / self.height)
            self._svg.render(canvas)
        elif self._image is not None:
            sampling = skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kLinear)
            canvas.drawImageRect(
                self._image.withDefaultMipmaps(),
                skia.Rect.MakeWH(width, height),
                sampling,
                skia.Paint(AntiAlias=True),
            )
        canvas.restore()


def logo(
    art: Artwork,
    box: Box,
    palette: Palette,
    *,
    unit: float,
    fps: int,
    frames: int,
    backing: bool = False,
    right: bool = False,
    enter: bool = False,
    leave: bool = False,
) -> Overlay:
    """The logo at the top left (or `right`) of `box`; `backing` puts it on a light plate."""
    pad = 14 * unit if backing else 0.0
    width, height = art.fitted(box.width - 2 * pad, box.height - 2 * pad)
    sheet = Sheet(min(even(width + 2 * pad), box.width // 2 * 2), min(even(height + 2 * pad), box.height // 2 * 2))
    if backing:
        rect = skia.Rect.MakeWH(sheet.width, sheet.height)
        sheet.canvas.drawRoundRect(rect, 12 * unit, 12 * unit, fill(palette.paper, 0.96))
    art.paint(sheet.canvas, (sheet.width - width) / 2, (sheet.height - height) / 2, width, height)
    x = box.right - sheet.width if right else box.x
    return still(sheet.straight(), x=x, y=box.y, frames=frames, fps=fps, enter=enter, leave=leave)


def _refused(path: Path, what: str, remedy: str) -> BriefError:
    error = BriefError.at(path.name, what, remedy)
    assert isinstance(error, BriefError)
    return error
