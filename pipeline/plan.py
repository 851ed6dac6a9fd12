"""The render plan: the storyboard fitted to each encoding, as pieces that are named by all that could change them.

Nothing is drawn or written here. A piece is one shot for one frame size; a file is pieces joined with one sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from pipeline.fingerprints import fingerprint
from pipeline.geometry import Box, Insets, Size
from pipeline.layout import Layout, lay_out
from pipeline.mix import Mix
from pipeline.picture import fitted, timed
from pipeline.pieces import BUFFER_S, Encoder, File, Guest, Layer, Piece, Recipe, Wording
from pipeline.plan_speech import burnt_in, during, subtitles, within
from pipeline.renditions import Encoding
from pipeline.scripts import right_to_left
from pipeline.storyboard import Shot, Storyboard

_PEAK_BPS_PER_PIXEL = Fraction(8)  # 16.6 Mb/s at 1080 × 1920, far inside what level 4.0 and every network take


def files(
    encoding: Encoding,
    storyboard: Storyboard,
    wording: Wording,
    mix: Mix,
    recipe: Recipe,
    guests: Sequence[Guest] = (),
) -> tuple[File, ...]:
    """The files of one encoding in one language: with sound, and without for those that want none."""
    size = _draft_size(encoding.size) if recipe.draft else encoding.size
    safe = _scaled(encoding.safe, encoding.size, size)
    mirrored, said = right_to_left(wording.lang), burnt_in(encoding, storyboard, wording)
    layout = lay_out(size, safe, mirrored=mirrored, subtitles=bool(said))
    plain = lay_out(size, safe, mirrored=mirrored)
    encoder = _encoder(encoding, storyboard, size, recipe)
    spoken = [during(shot, said) for shot in storyboard.shots]
    common = (wording, encoder, recipe, guests)
    # The end card needs all its room, unless somebody still speaks.
    pieces = tuple(
        _piece(shot, storyboard, plain if over == () and shot.role == "end" else layout, *common, over)
        for shot, over in zip(storyboard.shots, spoken, strict=True)
    )
    kinds = [(encoding.voiced, mix, ""), (encoding.mute, None, "-mute")]
    return tuple(
        File(
            id=f"{encoding.id}{suffix}.{wording.lang}",
            lang=wording.lang,
            encoding=encoding,
            storyboard=storyboard,
            pieces=pieces,
            mix=sound,
            platforms=tuple(platform.id for platform in group),
        )
        for group, sound, suffix in kinds
        if group
    )


def _encoder(encoding: Encoding, storyboard: Storyboard, size: Size, recipe: Recipe) -> Encoder:
    gop = 2 * storyboard.fps
    if recipe.draft:
        return Encoder(preset="ultrafast", crf=26, peak_bps=4_000_000, gop=gop)
    # Every piece may start with a full buffer, so a file holds at most peak × (length + pieces × buffer) bits. The
    # number of pieces is taken in steps, so that one shot more or less does not rename all pieces.
    count = max(12, -(-len(storyboard.shots) // 12) * 12)
    within = encoding.file_bps * encoding.length / (encoding.length + count * BUFFER_S)
    most = _PEAK_BPS_PER_PIXEL * size.width * size.height
    return Encoder(peak_bps=int(min(most, within)) // 50_000 * 50_000, gop=gop, hardware=recipe.hardware)


def _draft_size(size: Size) -> Size:
    scale = 360 / size.short
    return Size(round(size.width * scale / 2) * 2, round(size.height * scale / 2) * 2)


def _scaled(safe: Insets, size: Size, to: Size) -> Insets:
    across, down = to.width / size.width, to.height / size.height
    return Insets(
        top=round(safe.top * down),
        bottom=round(safe.bottom * down),
        left=round(safe.left * across),
        right=round(safe.right * across),
    )


def _piece(
    shot: Shot,
    storyboard: Storyboard,
    layout: Layout,
    wording: Wording,
    encoder: Encoder,
    recipe: Recipe,
    guests: Sequence[Guest],
    said: Sequence[tuple[int, int, str]],
) -> Piece:
    layers = (
        *_layers(shot, storyboard, layout, wording, recipe),
        *_guests(shot, layout, guests),
        *subtitles(shot, layout.subtitle, said, {"lang": wording.lang} | _written(wording, *(one[2] for one in said))),
    )
    lut = recipe.luts.get(shot.take.clip.name, "") if shot.take else ""
    moving = shot.kind == "map" and (bool(recipe.map) or recipe.kind != "route")
    names = wording.routes if moving and recipe.kind == "routes" else ()
    mapped = recipe.map and (moving or any(layer.kind == "inset" for layer in layers))
    drawn = {
        "tools": recipe.tools,
        "fps": storyboard.fps,
        "frames": shot.frames,
        "size": layout.size,
        "encoder": encoder.arguments(),
        "picture": _picture(shot, storyboard.fps, layout.size, recipe, lut),
        "look": recipe.look if layers or shot.take is None else "",
        "route": recipe.route if shot.take is None or any(layer.kind == "inset" for layer in layers) else "",
        "layers": layers,
        "map": [recipe.map, recipe.camera if moving else "", wording.map_credit] if mapped else [],
        "lang": wording.lang if moving else "",  # the words at the scale bar
        "moving": [round(place, 1) for place in shot.along_m] if moving else [],
        "routes": [recipe.kind, names, recipe.colours] if names else [],
        "fleet": recipe.fleet if moving else "",
        "scene": layout.scene_map if shot.take is None and shot.role != "end" else None,
    }
    return Piece(
        fingerprint=fingerprint(drawn),
        shot=shot,
        fps=storyboard.fps,
        size=layout.size,
        layout=layout,
        layers=layers,
        encoder=encoder,
        lut=lut,
        moving=moving,
        names=names,
    )


def _picture(shot: Shot, fps: int, size: Size, recipe: Recipe, lut: str) -> Any:
    if shot.take is None:
        return [shot.kind, shot.role]
    clip = shot.take.clip
    filters = [
        timed(clip, fps, shot.source_start, keyframes_only=recipe.draft),
        fitted(clip, size, "p", lut="cube" if lut else None),
    ]
    return [clip.fingerprint, shot.source_start, filters, lut]


def _layers(shot: Shot, storyboard: Storyboard, layout: Layout, wording: Wording, recipe: Recipe) -> list[Layer]:
    whole: dict[str, Any] = {"start": 0, "frames": shot.frames, "total": shot.frames}
    layers: list[Layer] = []
    if shot.role == "route":
        progress = [round(place, 1) for place in shot.along_m]
        common = {"along_m": progress, "units": recipe.units, "still": recipe.still}
        if not recipe.map and recipe.kind == "route":  # a map carries the route itself
            layers.append(Layer(kind="route", box=layout.scene_map, values=common, **whole))
        said = _written(wording, *wording.facts.values())
        figures = {**common, "facts": dict(wording.facts), **({"over_map": "yes"} if recipe.map else {}), **said}
        kind = "facts"
        if recipe.kind == "routes":
            kind, figures = "legend", _legend(wording, recipe)
        if recipe.kind == "recap":
            clock = {"fleet": recipe.fleet, "called": wording.called, "lang": wording.lang, "units": recipe.units}
            layers.append(Layer(kind="clock", box=layout.facts, values=clock | {"still": recipe.still}, **whole))
        for start, end in _without_captions(shot, storyboard) if recipe.kind != "recap" else ():
            span = {"start": start, "frames": end - start, "offset": start, "total": shot.frames}
            layers.append(Layer(kind=kind, box=layout.facts, values=figures, **span))
    if shot.role == "along" and recipe.inset:
        marker = {"along_m": [round(place, 1) for place in shot.along_m], "still": recipe.still}
        layers.append(Layer(kind="inset", box=layout.inset, values=marker, **whole))
        if wording.map_credit:
            credit = {"text": wording.map_credit, **({"side": "right"} if layout.mirrored else {})}
            layers.append(Layer(kind="credit", box=layout.credit, values=credit, **whole))
    if shot.role == "opening":
        words = {"title": wording.title, "kicker": wording.kicker, "edge": layout.title_from}
        words |= _written(wording, wording.title, wording.kicker)
        if shot.kind == "map" and (recipe.map or recipe.kind != "route"):
            words["over_map"] = "yes"
        layers.append(Layer(kind="title", box=layout.title, values=words, **whole))
    if shot.role == "end":
        layers.append(Layer(kind="end", box=layout.safe, values=_end_values(wording), **whole))
    elif recipe.logo and shot.kind == "footage":
        layers.append(Layer(kind="logo", box=layout.logo, values={}, **whole))
    layers += _photos(shot, storyboard, layout, recipe)
    layers += _captions(shot, storyboard, layout, wording, recipe)
    if recipe.draft:
        layers.append(Layer(kind="draft", box=layout.safe, values={}, **whole))
    return layers


def _legend(wording: Wording, recipe: Recipe) -> dict[str, Any]:
    values = {
        "names": list(wording.routes),
        "lengths": list(wording.lengths),
        "colours": list(recipe.colours),
        "more": wording.more,
        "still": recipe.still,
    }
    return values | _written(wording, *wording.routes, *wording.lengths, wording.more)


def _end_values(wording: Wording) -> dict[str, Any]:
    return {
        "text": wording.end_text,
        "link": wording.end_link,
        "qr": wording.qr_link,
        "credits": list(wording.credits),
        **_written(wording, wording.end_text, wording.end_link, *wording.credits),
    }


def _written(wording: Wording, *texts: str) -> dict[str, str]:
    """The language and the fonts of a layer's words, where they show: plain letters look alike in all languages that
    run from left to right, and such layers are drawn once for all of them."""
    if all(text.isascii() for text in texts) and not right_to_left(wording.lang):
        return {}
    return {"lang": wording.lang, **({"hand": wording.hand} if wording.hand else {})}


def _without_captions(shot: Shot, storyboard: Storyboard) -> list[tuple[int, int]]:
    """The stretches of a shot, in its own frames, in which no caption is up: captions over the route take the place
    of the facts."""
    free, position = [], 0
    for caption in sorted(storyboard.captions, key=lambda one: one.start):
        start, end = max(0, caption.start - shot.start), min(shot.frames, caption.end - shot.start)
        if start < end:
            free.append((position, start))
            position = end
    return [(start, end) for start, end in [*free, (position, shot.frames)] if start < end]


def _captions(shot: Shot, storyboard: Storyboard, layout: Layout, wording: Wording, recipe: Recipe) -> list[Layer]:
    return [
        Layer(
            kind="caption",
            box=_caption_box(shot, layout, recipe),
            values={"text": wording.captions[caption.key], **_written(wording, wording.captions[caption.key])},
            total=caption.frames,
            **within(shot, caption.start, caption.end),
        )
        for caption in storyboard.captions
        if caption.start < shot.end and shot.start < caption.end
    ]


def _photos(shot: Shot, storyboard: Storyboard, layout: Layout, recipe: Recipe) -> list[Layer]:
    return [
        Layer(
            kind="photo",
            box=layout.photo,
            values={"photo": recipe.photos[photo.key], "turn": photo.key % 2},
            total=photo.frames,
            **within(shot, photo.start, photo.end),
        )
        for photo in storyboard.photos
        if photo.start < shot.end and shot.start < photo.end
    ]


def _caption_box(shot: Shot, layout: Layout, recipe: Recipe) -> Box:
    """Over the route captions take the place of the facts; a recap's clock keeps its own, and they stand above."""
    if shot.role != "route":
        return layout.caption
    if recipe.kind == "recap":
        return replace(layout.photo, x=layout.scene_map.x, width=layout.scene_map.width)
    return layout.facts


def _guests(shot: Shot, layout: Layout, guests: Sequence[Guest]) -> list[Layer]:
    return [
        Layer(
            kind="guest",
            box=layout.safe,
            values={"name": guest.name, "version": guest.version, "place": guest.place},
            total=guest.frames,
            **within(shot, guest.start, guest.start + guest.frames),
        )
        for guest in guests
        if guest.start < shot.end and shot.start < guest.start + guest.frames
    ]
