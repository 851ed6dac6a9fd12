"""Vector tiles: what the encoder of the samples writes is what the decoder reads, and nothing hostile gets through."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tile_samples import Drawn, dense, encoded, message, shortbread, varint

from pipeline.maps.mvt import Value, decode, layer_names
from pipeline.maps.wire import TileError

places = st.tuples(st.integers(-5000, 9000), st.integers(-5000, 9000))
words: st.SearchStrategy[Value] = (
    st.text(max_size=12) | st.booleans() | st.integers(-(2**40), 2**60) | st.floats(allow_nan=False)
)
properties = st.dictionaries(st.text(min_size=1, max_size=8), words, max_size=4)
drawn = st.one_of(
    st.builds(Drawn, st.just("point"), st.lists(st.lists(places, min_size=1, max_size=1), min_size=1), properties),
    st.builds(Drawn, st.just("line"), st.lists(st.lists(places, min_size=2, max_size=9), min_size=1), properties),
    st.builds(Drawn, st.just("polygon"), st.lists(st.lists(places, min_size=3, max_size=9), min_size=1), properties),
)


@settings(deadline=None, max_examples=30)
@given(st.dictionaries(st.text(min_size=1, max_size=6), st.lists(drawn, max_size=6), max_size=3), st.booleans())
def test_a_tile_comes_back_as_it_was_encoded(layers: dict[str, list[Drawn]], zipped: bool) -> None:
    """Layers, shapes, parts, points and properties survive encoding and decoding, gzipped or plain."""
    data = encoded(layers, extent=512)
    found = decode(gzip.compress(data) if zipped else data)
    assert list(found) == list(layers)
    for name, features in layers.items():
        layer = found[name]
        assert layer.extent == 512
        assert [feature.shape for feature in layer.features] == [one.shape for one in features]
        assert [feature.props for feature in layer.features] == [dict(one.props) for one in features]
        for feature, one in zip(layer.features, features, strict=True):
            parts = [[tuple(point) for point in layer.points[first:last].tolist()] for first, last in feature.parts]
            whole = [[point for part in one.parts for point in part]] if one.shape == "point" else one.parts
            assert parts == [list(part) for part in whole]


def test_only_wanted_layers_are_decoded() -> None:
    """Layers that nobody wants are passed over, and their names can be listed without decoding any."""
    data = encoded(shortbread())
    assert list(decode(data, {"streets", "none"})) == ["streets"]
    assert layer_names(data) == tuple(shortbread())


def test_a_dense_tile_is_whole() -> None:
    """All eleven thousand features of a city's tile are read, with all their points."""
    found = decode(gzip.compress(dense()))
    assert sum(len(layer.features) for name, layer in found.items() if name != "street_labels") == 11_000
    assert sum(len(layer.points) for layer in found.values()) > 70_000


def feature(geometry: list[int], kind: int = 2, tags: bytes = b"") -> bytes:
    """A tile of one layer "a" with one feature of these geometry numbers."""
    packed = b"".join(varint(number) for number in geometry)
    body = b"\x12" + varint(len(tags)) + tags + b"\x18" + bytes([kind]) + b"\x22" + varint(len(packed)) + packed
    layer = b"\x0a\x01a\x12" + varint(len(body)) + body
    return b"\x1a" + varint(len(layer)) + layer


def test_a_small_tile_cannot_claim_many_points() -> None:
    """A command that counts more points than there are bytes is refused before anything is made for them."""
    with pytest.raises(TileError, match="claims more points"):
        decode(feature([1 | (2**28) << 3, 0, 0]))
    with pytest.raises(TileError, match="claims more points"):
        decode(feature([9, 0, 0, 2 | (2**28) << 3, 2, 2]))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (gzip.compress(bytes(30_000_000)), "unpacks to more than 20 MB"),
        (gzip.compress(encoded(shortbread()))[:-20], "is cut off"),
        (b"\x1f\x8b" + b"no gzip" * 4, "is damaged"),
        (encoded({"a": [Drawn("line", [[(0, 0), (9, 9)]])]}, extent=0), "extent of 0"),
        (feature([10, 2, 2]), "is not a vector tile"),  # a line without a beginning
        (feature([9, 0, 0, 3]), "claims more points"),  # command 3 is none
        (feature([9, 0, 0, 2]), "claims more points"),  # a line of no points
        (message(3, message(1, b"a") + message(2, b"\x18\x02" * 100)), "too many parts"),
        (message(3, message(1, b"a") + message(2, b"") * 150_001), "too many parts"),
        (feature([9, 0, 0], tags=b"\x05\x05"), "is not a vector tile"),  # a key that is not there
        (b"\x1a" + b"\xff" * 11, "is not a vector tile"),
        (b"\x1a\x05ab", "is cut off"),
        (b"<html>blocked</html>", "vector tile"),
        (encoded({str(number): [] for number in range(300)}), "too many parts"),
    ],
)
def test_a_broken_tile_is_told_from_a_good_one(data: bytes, what: str) -> None:
    """Whatever is wrong with a tile, it is a TileError with words for a person."""
    with pytest.raises(TileError, match=what):
        decode(data)


def test_an_unknown_geometry_is_left_out() -> None:
    """A feature whose geometry is of no known kind does not spoil its tile."""
    assert decode(feature([9, 0, 0], kind=0))["a"].features == ()


def test_a_tile_cut_anywhere_is_no_crash() -> None:
    """Every beginning of a tile is read as far as it is whole, or refused."""
    data = encoded(shortbread())
    for length in range(0, len(data), 3):
        try:
            decode(data[:length])
        except TileError:
            continue


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=200), st.integers(0, 3000), st.integers(0, 255))
def test_nothing_but_a_tile_error_comes_out(noise: bytes, place: int, byte: int) -> None:
    """Noise, and a good tile with one wrong byte, raise TileError or nothing."""
    data = bytearray(encoded(shortbread()))
    data[place % len(data)] = byte
    for one in (noise, b"\x1a" + noise, bytes(data)):
        try:
            decode(one)
        except TileError:
            continue
