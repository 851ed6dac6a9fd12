"""make-promo: drone clips and a route in, finished clips for every platform out.

`pipeline.produce(briefs)` is what the command calls. It is looked up when first asked for, so that importing a part
of the package does not import all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.batch import produce as produce
    from pipeline.nodes import Rendition as Rendition

__version__ = "0.1.0"
__all__ = ["Rendition", "__version__", "produce"]


def __getattr__(name: str) -> Any:
    if name == "produce":
        from pipeline.batch import produce

        return produce
    if name == "Rendition":
        from pipeline.nodes import Rendition

        return Rendition
    raise AttributeError(name)
