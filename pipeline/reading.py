"""A plan put into words and into JSON, for people and machines to read before anything is rendered."""

from __future__ import annotations

from typing import Any

from pipeline import config, walking
from pipeline.beside import told_route
from pipeline.files import Store
from pipeline.pieces import File
from pipeline.production import Production
from pipeline.storyboard import Shot, Storyboard
from pipeline.timing import timecode
from pipeline.walking import MILE_M, Units


def plan_json(production: Production) -> dict[str, Any]:
    """One object, as the contract describes it. `shots` are those of the length that the brief asks for."""
    material = production.material
    main = _main(production)
    store = Store(config.cache_dir() / "store")
    return {
        "brief": material.brief.id,
        "route": told_route(production),
        "map": _map_json(production),
        "length_s": float(main.storyboard.seconds(main.storyboard.frames)),
        "shots": [_shot_json(shot, main.storyboard) for shot in main.storyboard.shots],
        "renditions": [_rendition_json(file) for file in production.files],
        "nodes": {name: node for file in production.files for name, node in _nodes(file, store)},
        "problems": [
            {"level": one.level, "where": one.where, "what": one.what, "remedy": one.remedy}
            for one in material.problems
        ],
    }


def _map_json(production: Production) -> dict[str, Any]:
    choice = production.material.map
    chosen = choice.basemap
    return {
        "source": chosen.name if chosen else "none",
        "kind": chosen.kind if chosen else "card",
        "why": choice.why,
        "credits": [credit.text for credit in production.material.map_credits],
    }


def _main(production: Production) -> File:
    """The file whose length is nearest to what the brief asks for."""
    return min(production.files, key=lambda file: abs(file.encoding.length - production.material.length))


def _shot_json(shot: Shot, storyboard: Storyboard) -> dict[str, Any]:
    words: dict[str, Any] = {
        "kind": shot.kind,
        "role": shot.role,
        "start_s": float(storyboard.seconds(shot.start)),
        "end_s": float(storyboard.seconds(shot.end)),
        "why": shot.why,
    }
    if shot.along_m:
        words |= {"route_from_m": round(shot.along_m[0], 1), "route_to_m": round(shot.along_m[-1], 1)}
    if shot.take is not None:
        placing = shot.take.placing
        end = shot.source_start + storyboard.seconds(shot.frames)
        words |= {
            "footage": shot.take.clip.name,
            "source_start_s": float(shot.source_start),
            "source_end_s": float(end),
            "sync": placing.how,
            "why": "; ".join(filter(None, (placing.why, shot.why))),
        }
    return words


def _rendition_json(file: File) -> dict[str, Any]:
    piece = file.pieces[0]
    return {
        "id": file.id,
        "width": piece.size.width,
        "height": piece.size.height,
        "fps": piece.fps,
        "length_s": float(file.storyboard.seconds(file.storyboard.frames)),
        "platforms": list(file.platforms),
        "nodes": [*(piece.fingerprint for piece in file.pieces), *filter(None, [file.sound])],
    }


def _nodes(file: File, store: Store) -> list[tuple[str, dict[str, Any]]]:
    nodes = [
        (piece.fingerprint, {"kind": "piece", "cached": store.has(piece.fingerprint, ".mp4")}) for piece in file.pieces
    ]
    if file.sound:
        nodes.append((file.sound, {"kind": "sound", "cached": store.has(file.sound, ".aac")}))
    return nodes


def plan_lines(production: Production) -> list[str]:
    """The plan as a table for people."""
    material = production.material
    main = _main(production)
    storyboard = main.storyboard
    route = material.route
    lines = [
        f"{material.brief.id}: {timecode(storyboard.seconds(storyboard.frames))} at {storyboard.fps} frames a second, "
        f"along {walking.distance_text(route.distance_m, material.brief.units)}",
        "",
    ]
    rows = [("time", "shot", "from", "where on the route", "known by")]
    for shot in storyboard.shots:
        rows.append(_row(shot, storyboard, material.brief.units))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines += [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)).rstrip()
        for row in rows
    ]
    lines.append("")
    for take in material.takes:
        lines.append(f"  {take.clip.name}: {take.placing.why}")
    chosen = material.map.basemap
    lines.append(f"  map: {chosen.name if chosen else 'the route card'}, because {material.map.why}")
    lines.append("")
    for file in production.files:
        piece = file.pieces[0]
        length = timecode(file.storyboard.seconds(file.storyboard.frames))
        lines.append(f"  {file.id}: {piece.size.width}×{piece.size.height}, {length}, for {', '.join(file.platforms)}")
    return lines


def _row(shot: Shot, storyboard: Storyboard, units: Units) -> tuple[str, str, str, str, str]:
    times = f"{timecode(storyboard.seconds(shot.start))}–{timecode(storyboard.seconds(shot.end))}"
    what = {"opening": "opening", "route": "the route", "along": "shot", "end": "end card"}[shot.role]
    unit_m, unit = (MILE_M, "miles") if units == "miles" else (1000.0, "km")
    place = f"{shot.along_m[0] / unit_m:.2f}–{shot.along_m[-1] / unit_m:.2f} {unit}" if shot.along_m else ""
    if shot.take is None:
        return times, what, "", place, shot.why
    end = shot.source_start + storyboard.seconds(shot.frames)
    source = f"{shot.take.clip.name} {timecode(shot.source_start)}–{timecode(end)}"
    return times, what, source, place, shot.take.placing.how
