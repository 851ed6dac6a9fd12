"""The atlas: drawn maps of one source in one style, each drawn once.

What was drawn is kept in the store by the fingerprint of its ingredients, so that a clip whose captions change does not
read its map again. Very large pictures (the masters of camera moves) are not kept: the pieces made of them are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np
import skia

from pipeline.cartography import Names, Which, drawn, names_of
from pipeline.errors import PromoError
from pipeline.files import Store
from pipeline.fingerprints import fingerprint
from pipeline.fonts import resolve
from pipeline.geo import Floats
from pipeline.map_model import Label, MapCredit, MapModel
from pipeline.mercator import MapView
from pipeline.overlays.clip import Rgba
from pipeline.overlays.paint import Sheet
from pipeline.styles import Brand, MapStyle, branded

_KEPT_PIXELS = 6_000_000
_DRAWN = 3  # changes when the same ingredients are drawn otherwise


class Atlas:
    """Not for several threads at once."""

    def __init__(
        self,
        model: Callable[[], MapModel],
        mark: str,
        credits: Sequence[MapCredit],
        style: MapStyle,
        brand: Brand,
        store: Store,
        waypoints: Sequence[Label] = (),
    ) -> None:
        self._waypoints = tuple(waypoints)
        self._model, self._mark, self._store = model, mark, store
        self.credits = tuple(credits)
        self.style = branded(style, brand)
        self.fonts = resolve(brand.fonts_folder)
        self._sheets: dict[str, Rgba] = {}

    def ground(
        self,
        view: MapView,
        names: Which = "all",
        *,
        avoid: Sequence[skia.Rect] = (),
        route: Floats | None = None,
    ) -> Rgba:
        """The map of a view with the waypoints' names, opaque RGBA (height, width, 4); not to be written to."""
        ingredients = {
            "drawn": _DRAWN,
            "map": self._mark,
            "view": view,
            "names": names,
            "style": self.style,
            "waypoints": self._waypoints,
            "avoid": [[rect.left(), rect.top(), rect.right(), rect.bottom()] for rect in avoid],
            "route": None if route is None else np.round(route, 1).tolist(),
        }
        name = fingerprint(ingredients)
        found = self._sheets.get(name)
        if found is None:
            found = self._kept(name, view)
        if found is None:
            with self._store.alone("sheet", name):
                found = self._kept(name, view)
                if found is None:
                    model = self._named()
                    found = drawn(model, view, self.style, self.fonts, names=names, avoid=avoid, route=route).pixels
                    self._keep(name, found)
        self._sheets[name] = found
        return found

    def sheet(self, view: MapView, names: Which, *, route: Floats | None = None) -> Sheet:
        """The map of a view on a sheet of its own, drawn anew: for masters, which are too large to keep."""
        return drawn(self._model(), view, self.style, self.fonts, names=names, route=route)

    def names(self, view: MapView, *, avoid: Sequence[skia.Rect] = (), route: Floats | None = None) -> Names:
        """The names of a view, to be painted by whoever moves the map."""
        return names_of(self._named(), view, self.style, self.fonts, avoid=avoid, route=route)

    def _named(self) -> MapModel:
        model = self._model()
        return replace(model, labels=(*self._waypoints, *model.labels))

    def _kept(self, name: str, view: MapView) -> Rgba | None:
        if not self._store.has(name, ".png"):
            return None
        from PIL import Image

        with suppress(OSError, ValueError), Image.open(self._store.path(name, ".png"), formats=["PNG"]) as image:
            if image.size == (view.width, view.height):
                return np.asarray(image.convert("RGBA"))
        return None

    def _keep(self, name: str, picture: Rgba) -> None:
        if picture.shape[0] * picture.shape[1] > _KEPT_PIXELS:
            return
        from PIL import Image

        # A disk that is full stops the pieces, and says so; the atlas only loses a short cut.
        with suppress(OSError, PromoError), self._store.put(name, ".png") as target:
            Image.fromarray(picture).convert("RGB").save(target, "PNG", compress_level=1)
