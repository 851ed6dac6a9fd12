"""The index of an MP4, read without decoding: of real clips, of clips made here, and of broken bytes."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_clips import CLOSED, encoded

from pipeline import mp4
from pipeline.errors import MaterialError
from pipeline.mp4 import h264


def box(kind: bytes, *payload: bytes) -> bytes:
    body = b"".join(payload)
    return struct.pack(">I", 8 + len(body)) + kind + body


def test_agrees_with_ffmpeg_on_real_clips(shared: Path) -> None:
    """Sizes, counts, rates and codecs of every whole clip of the data set are those that ffmpeg finds."""
    for path in sorted((shared / "data" / "footage").iterdir()):
        if path.suffix.lower() not in (".mp4", ".mov") or "broken" in path.name:
            continue
        ours = mp4.read(path).of_kind("vide")[0]
        with av.open(str(path)) as container:
            theirs = container.streams.video[0]
            packets = [packet for packet in container.demux(theirs) if packet.size]
            assert ours.samples == theirs.frames == len(packets), path.name
            assert (ours.width, ours.height) == (theirs.codec_context.width, theirs.codec_context.height)
            assert ours.bytes == sum(packet.size for packet in packets), path.name
            assert len(ours.sync) == sum(packet.is_keyframe for packet in packets), path.name
            if ours.sequence:
                assert ours.sequence.profile == theirs.profile, path.name
                assert ours.sequence.bit_depth == theirs.codec_context.format.components[0].bits, path.name


def test_finds_rotation_location_and_telemetry(shared: Path) -> None:
    """The display matrix, places in the metadata, serial numbers and data tracks of real cameras are seen."""
    footage = shared / "data" / "footage"
    assert mp4.read(footage / "derived-goldengate-rotated-90.mov").of_kind("vide")[0].rotation == 270
    assert "loci" in mp4.read(footage / "derived-DJI_0007-4k-hevc-main10-movtext.MP4").tags
    gopro = mp4.read(footage / "gopro-karma-flight.mp4")
    assert {"FIRM", "CAME"} <= set(gopro.tags)
    assert {"tmcd", "gpmd"} <= {track.codec for track in gopro.tracks}
    assert "djmd" in {track.codec for track in mp4.read(footage / "DJI_20260315180109_0003_D_5s_fixture.MP4").tracks}
    assert mp4.read(footage / "goldengate-aerial-1080p30.mp4").extras == ("uuid",)


def test_tables_of_a_clip_of_our_own(tmp_path: Path) -> None:
    """Rate, frames, groups, tags and sound of a clip whose making is known."""
    film = mp4.read(encoded(tmp_path / "a.mp4", options=CLOSED, movflags="faststart"))
    video, sound = film.of_kind("vide")[0], film.of_kind("soun")[0]
    assert film.moov_first
    assert film.whole
    assert (video.samples, video.rate, video.constant_rate, video.first) == (60, 30, True, 0)
    assert (video.sync.tolist(), video.longest_gop, video.idr) == ([0, 30], 1, True)
    assert video.sequence == h264.Sequence(
        profile="High",
        level="1.0",
        chroma="4:2:0",
        bit_depth=8,
        progressive=True,
        colour=(1, 1, 1),
        full_range=False,
    )
    assert sound.aac == mp4.Aac(object_type=2, sample_rate=48000, channels=2)


def test_open_groups_are_told_from_closed(tmp_path: Path) -> None:
    """A sync sample that is no IDR picture makes the groups open."""
    options = CLOSED | {"bf": "2", "x264-params": "scenecut=0:open-gop=1"}
    video = mp4.read(encoded(tmp_path / "a.mp4", options=options)).of_kind("vide")[0]
    assert len(video.sync) > 1
    assert video.idr is False
    assert video.reordered


def test_edit_list_and_order_of_atoms(tmp_path: Path) -> None:
    """An edit list is seen in the track that has it; without faststart the index comes last."""
    film = mp4.read(encoded(tmp_path / "a.mp4", options=CLOSED | {"bf": "2"}))
    assert not film.moov_first
    assert film.of_kind("vide")[0].has_edit_list
    plain = encoded(tmp_path / "b.mp4", options=CLOSED, movflags="faststart", use_editlist="0")
    assert not any(track.has_edit_list for track in mp4.read(plain).tracks)


def test_longest_group_counts_to_the_end(tmp_path: Path) -> None:
    """The last group lasts until the end of the clip: one key frame and 75 frames make 2.5 s."""
    options = CLOSED | {"g": "250", "x264-params": "scenecut=0:keyint=250"}
    video = mp4.read(encoded(tmp_path / "a.mp4", options=options, frames=75)).of_kind("vide")[0]
    assert video.sync.tolist() == [0]
    assert video.longest_gop == Fraction(75, 30)


@pytest.mark.parametrize(
    "name", ["broken-karma-truncated.mp4", "broken-zero-bytes.mp4", "DJI_20250723102139_0001_D.SRT"]
)
def test_broken_files_are_a_sentence(shared: Path, name: str) -> None:
    """A file without an index is refused by name."""
    with pytest.raises(MaterialError, match="is not a whole MP4"):
        mp4.read(shared / "data" / "footage" / name)


def test_missing_file_is_a_sentence(tmp_path: Path) -> None:
    """A file that is not there is refused by name."""
    with pytest.raises(MaterialError, match=r"gone\.mp4: cannot be read"):
        mp4.read(tmp_path / "gone.mp4")


def test_giant_counts_take_no_memory(tmp_path: Path) -> None:
    """Tables that claim four thousand million samples are refused, not allocated."""
    many = b"\xff\xff\xff\xff"
    tables = box(
        b"stbl",
        box(b"stsd", bytes(4), b"\0\0\0\1", box(b"avc1", bytes(78))),
        box(b"stts", bytes(4), b"\0\0\0\1", many, b"\0\0\0\1"),
        box(b"stsz", bytes(8), many),
        box(b"stco", bytes(4), many),
    )
    media = box(b"mdia", box(b"hdlr", bytes(8), b"vide", bytes(12)), box(b"minf", tables))
    path = tmp_path / "a.mp4"
    path.write_bytes(box(b"ftyp", b"isom") + box(b"moov", box(b"trak", media)) + box(b"mdat"))
    with pytest.raises(MaterialError, match="index is damaged"):
        mp4.read(path)


def test_index_larger_than_the_file_is_refused(tmp_path: Path) -> None:
    """An index that claims more bytes than the file has is not read."""
    path = tmp_path / "a.mp4"
    path.write_bytes(box(b"ftyp", b"isom") + struct.pack(">I", 1 << 30) + b"moov" + bytes(64))
    with pytest.raises(MaterialError, match="larger than the file"):
        mp4.read(path)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("good")
    return encoded(folder / "a.mp4", options=CLOSED, frames=10, movflags="faststart").read_bytes()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damage_is_never_a_crash(good: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Whatever bytes of the index are overwritten or cut, the answer is a film or a MaterialError."""
    raw = bytearray(good[: data.draw(st.integers(0, len(good)))] if data.draw(st.booleans()) else good)
    for _ in range(data.draw(st.integers(0, 6))):
        if raw:
            place = data.draw(st.integers(0, min(len(raw), 2500) - 1))
            raw[place : place + 4] = data.draw(st.binary(min_size=4, max_size=4))
    path = tmp_path_factory.getbasetemp() / "damaged.mp4"
    path.write_bytes(raw)
    try:
        film = mp4.read(path)
    except MaterialError:
        return
    assert film.size == len(raw)


def test_sequence_parameters_cut_short() -> None:
    """Sequence parameters that end too early are a ValueError, not a guess."""
    with pytest.raises(ValueError, match="cut off"):
        h264.sequence(b"\x67\x64\x00\x28")
