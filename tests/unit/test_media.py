"""What a file says of itself, and what is refused before it can do harm."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import imageio_ffmpeg
import pytest

from pipeline import media
from pipeline.errors import MaterialError
from pipeline.footage import Clip
from pipeline.media import frameindex
from pipeline.media.container import examined, likeness
from pipeline.timing import Span

Film = Callable[..., Path]


@pytest.fixture
def film(tmp_path: Path) -> Film:
    """Makes a small film: `film("a.mp4", "-g", "30")`. The picture is 160×90 at 30 frames a second."""

    def make(name: str, *options: str, seconds: float = 2, start: tuple[str, ...] = ()) -> Path:
        path = tmp_path / name
        source = ("-f", "lavfi", "-i", f"testsrc2=s=160x90:r=30:d={seconds}")
        coder = () if "-c" in options or "-c:v" in options else ("-c:v", "libx264", "-preset", "ultrafast")
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *(start or source), *coder, *options]
        subprocess.run([*command, str(path)], check=True, timeout=60)
        return path

    return make


def probed(path: Path) -> Clip:
    return media.probe(path, name=path.name)


def refusal(path: Path) -> str:
    with pytest.raises(MaterialError) as caught:
        media.probe(path, name="clip.mp4")
    (problem,) = caught.value.problems
    assert problem.where == "clip.mp4"
    assert problem.remedy
    return problem.what


def test_real_dji_clip(shared: Path) -> None:
    """A drone's clip tells its exact rate, length and time of creation."""
    clip = probed(shared / "data/footage/DJI_20250723102139_0001_D.MP4")
    assert (clip.codec, clip.width, clip.height, clip.rotation) == ("h264", 1920, 1080, 0)
    assert clip.fps == Fraction(30000, 1001)
    assert clip.duration == Fraction(3003, 1000)
    assert not clip.variable_rate
    assert not clip.has_sound
    assert clip.created == datetime(2025, 7, 23, 7, 21, 39, tzinfo=UTC)
    assert clip.keyframes_s == (0.0,)


def test_real_4k_hevc_10_bit(shared: Path) -> None:
    """4K HEVC Main10 is known by its depth; the telemetry track beside the picture does no harm."""
    clip = probed(shared / "data/footage/derived-DJI_0007-4k-hevc-main10-movtext.MP4")
    assert (clip.codec, clip.bit_depth, clip.pix_fmt) == ("hevc", 10, "yuv420p10le")
    assert (clip.width, clip.height) == (3840, 2160)
    assert len(clip.keyframes_s) == 4


def test_rotation_has_the_right_sign(shared: Path) -> None:
    """ffmpeg turns this file counter-clockwise (transpose=cclock gives the same picture): 270° clockwise."""
    clip = probed(shared / "data/footage/derived-goldengate-rotated-90.mov")
    assert clip.rotation == 270
    assert (clip.width, clip.height) == (1080, 1920)
    assert (clip.coded_width, clip.coded_height) == (1920, 1080)


def test_gopro_full_range(shared: Path) -> None:
    """A GoPro's yuvj420p is full range; its sound and data tracks are passed over for the picture."""
    clip = probed(shared / "data/footage/gopro-karma-flight.mp4")
    assert clip.full_range
    assert clip.has_sound
    assert clip.stream == 0
    assert clip.fps == Fraction(30000, 1001)


def test_phone_clip_has_a_variable_rate(shared: Path) -> None:
    """Uneven times in the index are noticed, and the rate is their mean."""
    clip = probed(shared / "data/footage/london-euston-road-portrait-hevc.mp4")
    assert clip.variable_rate
    assert 28.5 < clip.fps < 29.2
    assert (clip.width, clip.height) == (1376, 1840)


def test_broken_real_files(shared: Path) -> None:
    """A file without its moov box and an empty one are each explained in one sentence."""
    assert "moov" in refusal(shared / "data/footage/broken-karma-truncated.mp4")
    assert "empty (0 bytes)" in refusal(shared / "data/footage/broken-zero-bytes.mp4")


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"\xff\xd8\xff\xe0" + b"x" * 60, "a JPEG picture"),
        (b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", "a playlist"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "a playlist"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "an XML file"),
        (b"Dear council, here is the clip", "text"),
        (bytes(4000), "zeros (the copy or the card failed)"),
        (b"\x01\x02\x03\x04\x05\x06\x07\x08\x09", "bytes 01 02 03 04 05 06 07 08"),
    ],
)
def test_what_poses_as_video(tmp_path: Path, head: bytes, words: str) -> None:
    """A renamed file is named for what it is, and libav never sees it."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(head)
    assert refusal(path) == f"this is not a video file: it starts like {words}"


def test_likeness_prints_nothing_dangerous() -> None:
    """Control characters of a hostile file do not reach the terminal."""
    assert likeness(b"\x1b]0;owned\x07").isprintable()


def test_playlist_behind_a_box_header_opens_no_other_file(tmp_path: Path) -> None:
    """A playlist with forged magic bytes is still only tried as MP4."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"\0\0\0\x18ftypisom\0\0\0\0isommp41\n#EXTM3U\nfile:///etc/passwd\n")
    assert "moov" in refusal(path)


def test_missing_file_folder_and_odd_name(tmp_path: Path) -> None:
    """What is not a file is said to be none, whatever its name."""
    assert refusal(tmp_path / "none.mp4") == "this file does not exist"
    assert refusal(tmp_path) == "this is not a file"
    assert refusal(tmp_path / "nul\0.mp4") == "this file does not exist"


def test_names_cannot_choose_a_protocol(film: Film, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file called like a URL or a pattern is opened as the file that it is."""
    good = film("good.mp4", seconds=0.5)
    for name in ("concat:a|b.mp4", "http:x.mp4", "clip %d [x].mp4", "-i.mp4", "ů" * 60 + ".mp4"):
        (tmp_path / name).write_bytes(good.read_bytes())
        monkeypatch.chdir(tmp_path)
        assert media.probe(Path(name), name=name).duration == Fraction(1, 2)


def test_absurd_tables_are_refused(film: Film) -> None:
    """A few bytes that claim a billion pictures do not make the reader fetch the memory for them."""
    path = film("many.mp4", seconds=0.5)
    raw = bytearray(path.read_bytes())
    at = raw.index(b"stsz") + 8
    raw[at : at + 8] = (1).to_bytes(4, "big") + (1_000_000_000).to_bytes(4, "big")
    path.write_bytes(raw)
    assert "more pictures than a camera could record" in refusal(path)


def test_nested_boxes_are_read_once(tmp_path: Path) -> None:
    """Boxes that reach past their parents do not multiply the work."""
    inner = b"".join((2**31 - 1).to_bytes(4, "big") + b"mdia" for _ in range(5000))
    trak = (len(inner) + 8).to_bytes(4, "big") + b"trak" + inner
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"\0\0\0\x10ftypisom\0\0\0\0" + (len(trak) + 8).to_bytes(4, "big") + b"moov" + trak)
    assert examined(path, name="clip.mp4").demuxer == "mov"


def test_sound_only(film: Film) -> None:
    """Sound alone is no clip, with or without a cover picture."""
    start = ("-f", "lavfi", "-i", "sine=d=1")
    path = film("sound.mp4", "-c:a", "aac", "-c:v", "mjpeg", start=start)
    assert refusal(path) == "there is sound but no picture in this file"


def test_cut_off_behind_its_index(film: Film, tmp_path: Path) -> None:
    """When the index comes first, a torn copy is as long as the pictures that are there, and says so."""
    whole = film("whole.mp4", "-g", "15", "-movflags", "+faststart")
    torn = tmp_path / "torn.mp4"
    torn.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    clip = probed(torn)
    assert Fraction(1, 2) < clip.duration < Fraction(19, 10)
    assert clip.keyframes_s[-1] < clip.duration
    (note,) = clip.notes
    assert note.startswith("the file is cut off: 0:0")
    with av.open(str(torn)) as file:
        decoded = 0
        for packet in file.demux(video=0):
            try:
                decoded += len(packet.decode())
            except av.error.FFmpegError:
                break
    assert clip.duration * 30 <= decoded


def test_cut_off_before_the_first_picture(film: Film, tmp_path: Path) -> None:
    """An index without one whole picture is no clip."""
    whole = film("whole.mp4", "-movflags", "+faststart").read_bytes()
    torn = tmp_path / "torn.mp4"
    torn.write_bytes(whole[: whole.index(b"mdat") + 40])
    assert "not one whole picture" in refusal(torn)


@pytest.mark.parametrize(("trc", "transfer"), [("arib-std-b67", "hlg"), ("smpte2084", "pq")])
def test_hdr_is_known_by_its_tags(film: Film, trc: str, transfer: str) -> None:
    """HLG and PQ are told apart by the transfer tag; matrix and primaries come with it."""
    tags = f"setparams=color_primaries=bt2020:color_trc={trc}:colorspace=bt2020nc,format=yuv420p10le"
    clip = probed(film("hdr.mp4", "-vf", tags, seconds=0.2))
    assert (clip.transfer, clip.matrix, clip.primaries, clip.bit_depth) == (transfer, "bt2020", "bt2020", 10)


def test_untagged_matrix_is_guessed_from_the_size(film: Film) -> None:
    """Small pictures without tags are BT.601, large ones BT.709."""
    assert probed(film("small.mp4", seconds=0.2)).matrix == "bt601"
    assert probed(film("large.mp4", "-vf", "scale=1280:720", seconds=0.2)).matrix == "bt709"


def test_anamorphic_pixels(film: Film) -> None:
    """Width is what a person sees: pixels of 4:3 make 160 columns 213 wide."""
    clip = probed(film("sar.mp4", "-vf", "setsar=4/3", seconds=0.2))
    assert (clip.width, clip.height, clip.coded_width) == (213, 90, 160)
    assert clip.sample_aspect == Fraction(4, 3)


@pytest.mark.parametrize(("turn", "clockwise"), [(90, 270), (180, 180), (270, 90)])
def test_rotation_tags(film: Film, turn: int, clockwise: int) -> None:
    """`-display_rotation` counts counter-clockwise; a quarter turn swaps width and height."""
    plain = film("plain.mp4", seconds=0.2)
    start = ("-display_rotation", str(turn), "-i", str(plain))
    clip = probed(film("turned.mp4", "-c", "copy", start=start))
    assert clip.rotation == clockwise
    assert (clip.width > clip.height) == (turn == 180)


def test_edit_list(film: Film) -> None:
    """What an edit list hides does not count: neither in the length nor in the rate."""
    whole = film("whole.mp4", "-g", "30", "-bf", "2")
    clip = probed(film("edited.mp4", "-c", "copy", start=("-ss", "0.5", "-i", str(whole))))
    assert clip.duration == Fraction(3, 2)
    assert clip.fps == 30
    assert not clip.variable_rate
    assert clip.keyframes_s == (0.5,)


def test_late_picture(film: Film) -> None:
    """When sound begins before the picture, the stretch without a picture counts as damaged."""
    start = ("-f", "lavfi", "-i", "testsrc2=s=160x90:r=30:d=1", "-f", "lavfi", "-i", "sine=d=2")
    clip = probed(film("late.mp4", "-vf", "setpts=PTS+1/TB", "-c:a", "aac", start=start))
    assert clip.duration == 2
    assert clip.damaged == (Span(start=Fraction(0), end=Fraction(1)),)
    assert clip.keyframes_s == (1.0,)


@pytest.mark.parametrize(
    ("name", "options", "codec"),
    [
        ("a.mkv", (), "h264"),
        ("a.webm", ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"), "vp9"),
        ("a.mov", ("-c:v", "prores_ks"), "prores"),
        ("frag.mp4", ("-movflags", "frag_keyframe+empty_moov", "-g", "10"), "h264"),
    ],
)
def test_other_containers(film: Film, name: str, options: tuple[str, ...], codec: str) -> None:
    """MKV, WebM, ProRes and fragmented MP4 tell the same length and rate as a plain MP4."""
    clip = probed(film(name, *options, seconds=1))
    assert (clip.codec, clip.duration, clip.fps) == (codec, 1, 30)
    assert not clip.variable_rate


@pytest.mark.parametrize("name", ["a.mkv", "frag.mp4"])
def test_large_files_without_a_full_index_are_believed(film: Film, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the size that is read through, the header's length and rate are taken."""
    options = ("-movflags", "frag_keyframe+empty_moov") if name == "frag.mp4" else ()
    path = film(name, *options, "-g", "10", seconds=2)
    monkeypatch.setattr(frameindex, "SCAN_BYTES", 0)
    clip = probed(path)
    assert (round(float(clip.duration), 1), clip.fps, clip.variable_rate) == (2.0, 30, False)


def test_dropped_frames_make_a_variable_rate(film: Film) -> None:
    """A film with holes in its times has their mean rate."""
    holes = ("-vf", "select='not(between(mod(n,10),3,5))'", "-fps_mode", "vfr")
    clip = probed(film("vfr.mp4", *holes))
    assert clip.variable_rate
    assert 20 < clip.fps < 22


def test_fingerprint_follows_the_bytes(film: Film) -> None:
    """One byte more makes another fingerprint; the date of the file does not."""
    path = film("a.mp4", seconds=0.2)
    before = probed(path).fingerprint
    path.touch()
    assert probed(path).fingerprint == before
    path.write_bytes(path.read_bytes() + b"\0\0\0\x08free")
    assert probed(path).fingerprint != before


def test_probing_leaves_the_file_alone(film: Film) -> None:
    """Inputs are never changed."""
    path = film("a.mp4", seconds=0.2)
    before = path.read_bytes()
    probed(path)
    assert path.read_bytes() == before


def test_tags_in_another_encoding(film: Film) -> None:
    """Latin-1 in a tag of the file is no reason to refuse it."""
    path = film("a.mp4", "-metadata", "title=Cafe am Hang", seconds=0.2)
    path.write_bytes(path.read_bytes().replace(b"Cafe am Hang", b"Caf\xe9 am Hang"))
    assert probed(path).duration == Fraction(1, 5)


def test_spoilt_tables_end_in_a_sentence(film: Film) -> None:
    """Whatever bytes of the tables are wrong: a clip or a MaterialError, never another exception."""
    path = film("a.mp4", seconds=0.5)
    raw = path.read_bytes()
    chance = random.Random(5)
    start = raw.index(b"moov")
    for _ in range(150):
        spoilt = bytearray(raw)
        for _ in range(chance.choice((1, 3, 20))):
            spoilt[chance.randrange(start, len(raw))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF))
        path.write_bytes(spoilt)
        with suppress(MaterialError):
            clip = probed(path)
            assert clip.duration > 0
            assert clip.fps > 0
