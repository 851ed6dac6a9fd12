"""SIRI-VM (the XML in which British buses tell where they are) → rows in the log. A packet is one moment; a folder of
packets makes tracks. Of a vehicle only its operator, number, place and time are read, never the driver."""

from __future__ import annotations

from pipeline.errors import MaterialError
from pipeline.tracks.files import EXPORT, Paper
from pipeline.tracks.log import Log
from pipeline.tracks.markup import Markup
from pipeline.tracks.tables import numbers
from pipeline.tracks.times import Readings

_ROWS_MAX = 1_000_000


class _Siri(Markup):
    leaves = frozenset({"RecordedAtTime", "OperatorRef", "VehicleRef", "Longitude", "Latitude", "VehicleStatus"})

    def __init__(self, paper: Paper) -> None:
        super().__init__(paper)
        self.rows: list[dict[str, str]] = []

    def began(self, path: list[str], attributes: dict[str, str]) -> None:
        if path[-1] == "VehicleActivity":
            self.rows.append({})
            if len(self.rows) > _ROWS_MAX:
                raise self.fail(f"there are more than {_ROWS_MAX:,} positions", "export your own vehicles only")

    def ended(self, path: list[str], text: str) -> None:
        local = path[-1]
        if "VehicleActivity" not in path:
            return
        # Other places have the same leaves: a stop's location, the journey's operator in an extension.
        if local in ("Longitude", "Latitude") and path[-2] != "VehicleLocation":
            return
        self.rows[-1].setdefault(local, text)


def read_siri(paper: Paper, log: Log) -> None:
    """Take in a packet. Raises MaterialError when it holds no vehicles."""
    found = _Siri(paper)
    found.parse()
    if not found.rows:
        raise MaterialError.at(paper.name, "it has no vehicles in it (no VehicleActivity)", EXPORT)
    codes = []
    for row in found.rows:
        number = row.get("VehicleRef", "")
        codes.append(log.vehicle(paper.name, f"{row.get('OperatorRef', '')} {number}", number))
    times, lng, lat = (
        [row.get(leaf, "") for row in found.rows] for leaf in ("RecordedAtTime", "Longitude", "Latitude")
    )
    status = [log.status(row.get("VehicleStatus", "")) for row in found.rows]
    log.add(paper.name, codes, Readings().read(times), numbers(lng), numbers(lat), status)
