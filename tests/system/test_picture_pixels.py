"""The picture of a clip, through our chain and decoded again, against what was filmed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from filmed import (
    BARS,
    TALL,
    WIDE,
    Pixels,
    bars,
    centres,
    decoded,
    filmed,
    numbered,
    numbers,
    pieces_of,
    probed,
    quarters,
    ramp,
    run,
    shown,
    tagged,
)
from PIL import Image

from pipeline import layers
from pipeline.footage import Part
from pipeline.geometry import Box, Size
from pipeline.graph import Laid
from pipeline.picture import fitted
from pipeline.pieces import Layer

pytestmark = pytest.mark.slow

LOSSLESS = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "1")
GREYS = np.repeat(np.arange(16)[:, None] * 17.0, 3, axis=1)
LUMA = np.array([0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize(
    ("matrix", "full", "format"),
    [
        ("bt709", False, "yuv420p"),
        ("bt601", False, "yuv420p"),
        ("bt709", True, "yuv420p"),
        ("bt709", True, "yuvj420p"),
        ("bt601", True, "yuvj420p"),
        ("bt709", False, "yuv422p"),
        ("bt709", False, "yuv420p10le"),
        ("bt601", False, "yuv422p10le"),
        ("bt709", True, "yuv420p10le"),
    ],
)
def test_colours_of_every_coding_come_out_the_same(tmp_path: Path, matrix: str, full: bool, format: str) -> None:
    """Whatever matrix, range, depth and subsampling: bars within 3 levels, a grey ramp within 2."""
    for picture, count, wanted, most in ((bars, 8, np.array(BARS), 3), (ramp, 16, GREYS, 2)):
        path = filmed(
            tmp_path / f"{count}.mp4",
            [picture(WIDE)] * 3,
            filters=tagged(matrix, full=full, format=format),
            out=LOSSLESS,
        )
        got = centres(shown(probed(path), tmp_path)[1], count)
        assert np.abs(got - wanted).max() <= most


@pytest.mark.parametrize(("size", "matrix"), [(Size(720, 576), "bt601"), (Size(1280, 720), "bt709")])
def test_untagged_pictures_are_known_by_their_size(tmp_path: Path, size: Size, matrix: str) -> None:
    """Without tags, small pictures are BT.601 and large ones BT.709, as players take them."""
    name = ":".join(f"{key}=unknown" for key in ("colorspace", "color_primaries", "color_trc", "range"))
    filters = f"scale=out_color_matrix={matrix}:out_range=tv,format=yuv420p,setparams={name}"
    path = filmed(tmp_path / "clip.mp4", [bars(size)] * 3, filters=filters, out=LOSSLESS)
    assert np.abs(centres(shown(probed(path), tmp_path)[1], 8) - BARS).max() <= 3


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("coded", [WIDE, TALL])
def test_rotation_tags_are_applied_once(tmp_path: Path, turn: int, coded: Size) -> None:
    """The four corners lie where a player shows them, in a frame of either shape."""
    base = filmed(tmp_path / "base.mp4", [quarters(coded)] * 3, filters=tagged("bt709"), out=LOSSLESS)
    path = tmp_path / "turned.mp4"
    run("-display_rotation", str(-turn), "-i", str(base), "-c", "copy", str(path))
    upright = np.array([["red", "green"], ["blue", "white"]])
    for size in (WIDE, TALL):
        frame = shown(probed(path), tmp_path, size=size)[1]
        assert corners(frame) == np.rot90(upright, -turn // 90).tolist()


def corners(frame: Pixels) -> list[list[str]]:
    """Names of the colours around the middle."""
    names = {(1, 0, 0): "red", (0, 1, 0): "green", (0, 0, 1): "blue", (1, 1, 1): "white"}
    down, across = frame.shape[0] // 2, frame.shape[1] // 2
    lines = [[frame[y, x] for x in (across - 60, across + 60)] for y in (down - 60, down + 60)]
    return [[names[tuple(int(v > 120) for v in pixel)] for pixel in line] for line in lines]


def framed(size: Size) -> Pixels:
    """Grey, with a thin bright frame at the very edge."""
    picture = np.full((size.height, size.width, 3), 90, np.uint8)
    edge = max(8, size.short // 45)
    picture[:edge], picture[-edge:], picture[:, :edge], picture[:, -edge:] = 220, 220, 220, 220
    return picture


@pytest.mark.parametrize(
    ("stored", "aspect", "size"),
    [
        (Size(360, 640), "1", TALL),
        (Size(720, 576), "64/45", WIDE),
        (Size(720, 480), "32/27", WIDE),
        (Size(854, 480), "1", WIDE),
    ],
)
def test_a_picture_of_the_frames_shape_keeps_its_edges(tmp_path: Path, stored: Size, aspect: str, size: Size) -> None:
    """What has the frame's shape already (with its sample aspect ratio) loses at most a few rows at an edge."""
    path = filmed(
        tmp_path / "clip.mp4",
        [framed(stored)] * 3,
        filters=tagged("bt709") + f",setsar={aspect}",
        out=LOSSLESS,
    )
    frame = shown(probed(path), tmp_path, size=size)[1].mean(axis=2)
    middle, centre = frame[size.height // 2], frame[:, size.width // 2]
    assert min(middle[1], middle[-2], centre[1], centre[-2]) > 180


@pytest.mark.parametrize(("stored", "format"), [(Size(853, 479), "yuv444p"), (Size(1377, 1841), "yuv444p")])
def test_odd_sizes_fill_every_frame(tmp_path: Path, stored: Size, format: str) -> None:
    """Clips of odd width and height come out in every shape, undistorted, without a border."""
    picture = bars(stored)
    path = filmed(tmp_path / "clip.mp4", [picture] * 3, filters=tagged("bt709", format=format), out=LOSSLESS)
    for size in (TALL, Size(400, 400)):
        frame = shown(probed(path), tmp_path, size=size)[1]
        assert frame.shape[1:] == (size.width, 3)
        assert frame[:, :4].max() > 100  # no black border at the left: the bars there are bright


SMALL = {Size(640, 360): True, Size(360, 360): True, Size(320, 180): True, Size(202, 360): False, Size(288, 360): False}


@pytest.mark.parametrize("format", ["yuv420p", "yuv420p10le"])
def test_sizes_that_share_a_step_are_the_same_alone(tmp_path: Path, format: str) -> None:
    """Halved together or alone, a size has the same bytes; and it shows what it should, where it should."""
    down, across = np.mgrid[0:720, 0:1280]
    wave = 128 + 90 * np.sin(across / 17) * np.cos(down / 23)
    picture = np.repeat(np.clip(wave, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    clip = probed(filmed(tmp_path / "clip.mp4", [picture] * 3, filters=tagged("bt709", format=format), out=LOSSLESS))
    assert {size: bool(fitted(clip, size, "p")[0]) for size in SMALL} == SMALL
    together = pieces_of(clip, tmp_path, list(SMALL))
    for size, path in zip(SMALL, together, strict=True):
        alone = tmp_path / f"{size.width}"
        alone.mkdir()
        assert pieces_of(clip, alone, [size])[0].read_bytes() == path.read_bytes()
        cut = round(720 * size.width / size.height) // 2 * 2
        wanted = Image.fromarray(picture[:, (1280 - cut) // 2 : (1280 + cut) // 2])
        wanted = np.asarray(wanted.resize((size.width, size.height), Image.Resampling.BICUBIC), np.float64)
        apart = [np.abs(np.roll(wanted, by, axis=1) - decoded(path)[1])[:, 4:-4].mean() for by in (-1, 0, 1)]
        assert apart[1] < min(1.5, apart[0] / 2, apart[2] / 2), (size, apart)


def test_square_pixels_come_out_square(tmp_path: Path) -> None:
    """A disc filmed with wide pixels (64:45) is a disc again."""
    down, across = np.mgrid[0:576, 0:720]
    disc = np.where(((across - 360) * 64 / 45) ** 2 + (down - 288) ** 2 < 200**2, 230, 20).astype(np.uint8)
    picture = np.repeat(disc[..., None], 3, axis=2)
    filters = tagged("bt601") + ",setsar=64/45"
    path = filmed(tmp_path / "clip.mp4", [picture] * 3, filters=filters, out=LOSSLESS)
    for size in (WIDE, Size(400, 400)):
        frame = shown(probed(path), tmp_path, size=size)[1].mean(axis=2) > 125
        assert frame.any(axis=1).sum() == pytest.approx(frame.any(axis=0).sum(), rel=0.02)


RATES = ["24000/1001", "25", "30000/1001", "30", "50", "60000/1001"]


@pytest.mark.parametrize("rate", RATES)
def test_steady_clips_show_the_right_moment(tmp_path: Path, rate: str) -> None:
    """Frame n of a shot shows its second n/fps within half a source frame, wherever it begins; the count is exact."""
    path = filmed(tmp_path / "clip.mp4", numbered(160), fps=rate, out=(*LOSSLESS, "-bf", "2", "-g", "300"))
    clip = probed(path)
    per_s = Fraction(rate)
    for start in (Fraction(0), Fraction(1), 37 / per_s, Fraction(40) / per_s + Fraction(1, 400)):
        got = numbers(shown(clip, tmp_path, start=start, frames=30, fps=25))
        assert len(got) == 30
        off = [abs(number - (start + Fraction(k, 25)) * per_s) for k, number in enumerate(got)]
        assert max(off) <= Fraction(102, 100)  # start may lie half a frame off the grid, and n/fps another half
        if start in (0, 37 / per_s):
            assert max(off) <= Fraction(51, 100)
        if start * per_s == round(start * per_s):
            assert got[0] == start * per_s


def test_a_variable_rate_shows_the_right_moment(tmp_path: Path) -> None:
    """Where pictures last for 30 to 600 ms, each is shown as long as in the file, also after a seek into one."""
    listing, begins, now = ["ffconcat version 1.0"], [], Fraction(0)
    stills = numbered(20)
    for number, still in enumerate(stills):
        filmed(tmp_path / f"still{number}.png", [still], out=("-frames:v", "1"))
        held = Fraction([30, 600, 40, 120][number % 4], 1000)
        listing.append(f"file 'file:{tmp_path}/still{number}.png'\nduration {float(held)}")
        begins.append(now)
        now += held
    (tmp_path / "list.txt").write_text("\n".join(listing))
    path = tmp_path / "clip.mp4"
    run(
        *(
            "-f",
            "concat",
            "-safe",
            "0",
            "-i",
            str(tmp_path / "list.txt"),
            "-vf",
            tagged("bt709"),
            "-fps_mode",
            "vfr",
        ),
        *("-enc_time_base", "1/1000", *LOSSLESS, "-g", "300", "-video_track_timescale", "1000", str(path)),
    )
    clip = probed(path)
    assert clip.variable_rate
    for start in (Fraction(0), Fraction(2, 5), Fraction(17, 10)):
        got = numbers(shown(clip, tmp_path, start=start, frames=30))
        for k, number in enumerate(got):
            now = start + Fraction(k, 30)
            near = {
                sum(begin <= now + slack for begin in begins) - 1 for slack in (Fraction(-1, 50), 0, Fraction(1, 50))
            }
            assert number in near, (start, k)


@pytest.mark.parametrize("how", ["late start", "edit list", "matroska"])
def test_clips_that_do_not_begin_at_zero(tmp_path: Path, how: str) -> None:
    """Times of a clip count from the start of the file, whatever its time stamps and edit lists say."""
    base = filmed(tmp_path / "base.mp4", numbered(150), out=(*LOSSLESS, "-bf", "2", "-g", "30"))
    path = tmp_path / ("clip.mkv" if how == "matroska" else "clip.mp4")
    skip = ["-ss", "1.5"] if how == "edit list" else []  # a copy from the middle of a GOP: the edit list hides the rest
    shift = [] if how == "edit list" else ["-output_ts_offset", "3.7"]
    run(*skip, "-i", str(base), "-c", "copy", *shift, str(path))
    clip = probed(path)
    first = 45 if how == "edit list" else 0
    lead = numbers(shown(clip, tmp_path, frames=5))
    assert lead == list(range(first, first + 5))
    assert numbers(shown(clip, tmp_path, start=Fraction(2), frames=5)) == list(range(first + 60, first + 65))


def test_a_split_take_plays_across_its_joint(tmp_path: Path) -> None:
    """Two files of one take are one clip: frame follows frame over the joint, and seeks into the second are exact."""
    stills = numbered(120)
    one = filmed(tmp_path / "it's one.mp4", stills[:70], out=(*LOSSLESS, "-bf", "2", "-g", "30"))
    two = filmed(tmp_path / "two.mp4", stills[70:], out=(*LOSSLESS, "-bf", "2", "-g", "30"))
    head, tail = probed(one), probed(two)
    parts = (head.parts[0], Part(path=two, start=head.duration, duration=tail.duration))
    clip = replace(head, parts=parts, duration=head.duration + tail.duration)
    for start in (0, 50, 69, 70, 75):
        assert numbers(shown(clip, tmp_path, start=Fraction(start, 30), frames=30)) == list(range(start, start + 30))


def test_a_draft_shows_keyframes_of_any_clip(tmp_path: Path) -> None:
    """A draft reads keyframes only; with a single one in the clip the shot still has all its frames."""
    path = filmed(tmp_path / "clip.mp4", numbered(240), out=(*LOSSLESS, "-g", "300", "-sc_threshold", "0"))
    got = numbers(shown(probed(path), tmp_path, start=Fraction(4), frames=90, keyframes_only=True))
    assert got == [0] * 90
    path = filmed(tmp_path / "short.mp4", numbered(240), out=(*LOSSLESS, "-g", "60", "-sc_threshold", "0"))
    got = numbers(shown(probed(path), tmp_path, start=Fraction(3), frames=90, keyframes_only=True))
    assert got == [60] * 30 + [120] * 60


HDR_FILTERS = (
    "format=gbrp16le,setparams=colorspace=gbr:color_primaries=bt709:color_trc=bt709:range=pc,format=gbrpf32le,"
    "zscale=t=linear:npl=203{gain},zscale=p=2020:npl=203,zscale=t={transfer}:npl=203,zscale=m=2020_ncl:r=limited,"
    "format=yuv420p10le,setparams=colorspace=bt2020nc:color_primaries=bt2020:color_trc={transfer}:range=tv"
)
HDR_OUT = (
    "-c:v",
    "libx265",
    "-preset",
    "ultrafast",
    "-x265-params",
    "lossless=1:log-level=error",
    "-pix_fmt",
    "yuv420p10le",
)


def hdr(path: Path, picture: Pixels, transfer: str, gain: float = 1.0) -> Path:
    """An SDR picture as HDR, its white at 203 cd/m² (times `gain`)."""
    brighter = "".join(f",exposure=exposure={np.log2(gain):.6f}" for _ in range(1) if gain != 1.0)
    filters = HDR_FILTERS.format(transfer=transfer, gain=brighter)
    return filmed(path, [picture.astype(np.uint16) * 257] * 3, filters=filters, out=HDR_OUT)


def chroma(rgb: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    """u'v' of BT.709 colours."""
    x, y, z = (
        np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
        @ ((np.asarray(rgb, float) / 255) ** 2.4).T
    )
    return np.stack([4 * x, 9 * y], axis=1) / (x + 15 * y + 3 * z)[:, None]


@pytest.mark.parametrize("transfer", ["arib-std-b67", "smpte2084"])
def test_hdr_looks_as_it_did(tmp_path: Path, transfer: str) -> None:
    """A picture of SDR brightness in HLG or PQ comes back: luma within 3 % on average, hues and greys as they were."""
    got = shown(probed(hdr(tmp_path / "bars.mp4", bars(WIDE), transfer)), tmp_path)[1]
    assert got.astype(float).mean() == pytest.approx(bars(WIDE).astype(float).mean(), rel=0.03)
    lit = np.array(BARS)[:7]
    assert np.abs(chroma(centres(got, 8)[:7]) - chroma(lit)).max() < 0.012
    greys = centres(shown(probed(hdr(tmp_path / "ramp.mp4", ramp(WIDE), transfer)), tmp_path)[1], 16)
    assert np.abs(greys[:13] - GREYS[:13]).max() <= 2.5  # up to 80 % of the signal nothing changes
    assert (np.diff(greys[:, 1]) > 3).all()
    assert 225 < greys[-1].mean() < 245


@pytest.mark.parametrize("transfer", ["arib-std-b67", "smpte2084"])
def test_hdr_highlights_keep_their_steps(tmp_path: Path, transfer: str) -> None:
    """From 203 to 900 cd/m² every step of a ramp is brighter than the one before; grey stays grey."""
    greys = centres(shown(probed(hdr(tmp_path / "ramp.mp4", ramp(WIDE), transfer, gain=4.4)), tmp_path)[1], 16)
    assert (np.diff(greys.mean(axis=1)) > 0.7).all()
    assert np.ptp(greys, axis=1).max() <= 2
    assert greys[-1].mean() > 245


@pytest.mark.parametrize("transfer", ["arib-std-b67", "smpte2084"])
def test_hdr_of_a_real_picture(tmp_path: Path, shared: Path, transfer: str) -> None:
    """A real aerial picture through HDR and back keeps its mean luma within 3 % and has no bands."""
    raw = tmp_path / "real.rgb"
    source = shared / "data" / "footage" / "goldengate-aerial-1080p30.mp4"
    scale = "scale=640:360:out_range=pc:in_color_matrix=bt709:flags=accurate_rnd+full_chroma_int"
    run(
        "-ss",
        "5",
        "-i",
        str(source),
        "-frames:v",
        "1",
        "-vf",
        scale,
        "-pix_fmt",
        "rgb24",
        "-f",
        "rawvideo",
        str(raw),
    )
    real = np.fromfile(raw, np.uint8).reshape(360, 640, 3)
    got = shown(probed(hdr(tmp_path / "clip.mp4", real, transfer)), tmp_path)[1]
    before, after = real @ LUMA, got @ LUMA
    assert after.mean() == pytest.approx(before.mean(), rel=0.03)
    assert np.abs(after - before)[before < 200].mean() < 2
    assert len(np.unique(np.rint(after))) > 0.85 * len(np.unique(np.rint(before)))


def cube(path: Path, look: Callable[[float, float, float], tuple[float, float, float]], size: int = 17) -> Path:
    steps = [k / (size - 1) for k in range(size)]
    rows = [look(r, g, b) for b in steps for g in steps for r in steps]
    path.write_text(f"LUT_3D_SIZE {size}\n" + "".join("{:.6f} {:.6f} {:.6f}\n".format(*row) for row in rows))
    return path


@pytest.mark.parametrize("matrix", ["bt709", "bt601"])
def test_a_cube_says_what_the_colours_become(tmp_path: Path, matrix: str) -> None:
    """An identity cube leaves the picture within 2 levels; one that turns the channels round does so."""
    filters = tagged(matrix, format="yuv420p10le")
    path = filmed(tmp_path / "clip.mp4", [bars(WIDE)] * 3, filters=filters, out=LOSSLESS)
    same = cube(tmp_path / "same.cube", lambda r, g, b: (r, g, b))
    assert np.abs(centres(shown(probed(path), tmp_path, cube=same)[1], 8) - BARS).max() <= 2
    turned = cube(tmp_path / "turned.cube", lambda r, g, b: (b, r, 1 - g))
    want = np.array([(b, r, 255 - g) for r, g, b in BARS])
    assert np.abs(centres(shown(probed(path), tmp_path, cube=turned)[1], 8) - want).max() <= 3


def test_a_cube_outranks_our_tone_mapping(tmp_path: Path) -> None:
    """A cube given for an HDR clip makes the colours itself: what it turns to one grey is that grey."""
    path = hdr(tmp_path / "clip.mp4", bars(WIDE), "arib-std-b67")
    grey = cube(tmp_path / "grey.cube", lambda r, g, b: (0.4, 0.4, 0.4))
    assert np.abs(shown(probed(path), tmp_path, cube=grey)[1].astype(int) - 102).max() <= 3


def test_an_upright_clip_is_shown_whole_in_a_wide_frame(tmp_path: Path) -> None:
    """It stands in the middle, whole and undistorted, over a darker blurred copy of itself that fills the frame."""
    path = filmed(tmp_path / "clip.mp4", [framed(Size(720, 1280))] * 3, filters=tagged("bt709"), out=LOSSLESS)
    frame = shown(probed(path), tmp_path)[1].mean(axis=2)
    row = frame[180]
    inside = np.flatnonzero(row > 200)
    assert (inside[0], inside[-1]) == (pytest.approx(219, abs=2), pytest.approx(420, abs=2))
    assert frame[1, 320] > 180
    assert frame[-2, 320] > 180
    assert 20 < row[:200].mean() < 88
    assert np.abs(np.diff(row[:200])).max() < 6


class Squares:
    """An overlay of five opaque squares and five half see-through ones, over which time runs."""

    size = (400, 160)
    colours = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0))

    def changes(self) -> tuple[int, ...]:
        return tuple(range(40))

    def rgba(self, frame: int) -> Pixels:
        picture = np.zeros((160, 400, 4), np.uint8)
        for number, colour in enumerate(self.colours):
            picture[:80, number * 80 : number * 80 + 80] = (*colour, 255)
            picture[80:, number * 80 : number * 80 + 80] = (*colour, 128)
        picture[:80, 320:] = (frame * 6,) * 3 + (255,)  # the black square counts frames
        return picture


def test_overlays_keep_colour_and_time(tmp_path: Path) -> None:
    """Squares arrive in their BT.709 colours within 3 levels, see-through ones mixed; first, last and offset exact."""
    grey = np.full((360, 640, 3), 100, np.uint8)
    path = filmed(tmp_path / "clip.mp4", [grey] * 30, filters=tagged("bt709"), out=LOSSLESS)
    folder = tmp_path / "scene"
    folder.mkdir()
    layer = Layer(
        kind="caption",
        box=Box(x=0, y=0, width=400, height=160),
        start=4,
        frames=9,
        offset=7,
        total=40,
        values={},
    )
    layers.write(Squares(), folder / "layer.mov", layer=layer, fps=30, until=20)
    frames = shown(probed(path), tmp_path, frames=20, overlays=(Laid(file="layer.mov", x=60, y=40),), folder=folder)
    for n, frame in enumerate(frames):
        square = frame[50:110, 60 + 330 : 60 + 390].astype(float).mean(axis=(0, 1))
        assert np.abs(square - ((n - 4 + 7) * 6 if 4 <= n < 13 else 100)).max() <= 3, n
    for number, colour in enumerate(Squares.colours[:4]):
        across = slice(60 + number * 80 + 20, 60 + number * 80 + 60)
        solid = frames[6][40 + 20 : 40 + 60, across].astype(float).mean(axis=(0, 1))
        mixed = frames[6][120 + 20 : 120 + 60, across].astype(float).mean(axis=(0, 1))
        assert np.abs(solid - colour).max() <= 3
        assert np.abs(mixed - (np.array(colour) * 128 + 100 * 127) / 255).max() <= 4


@pytest.mark.parametrize("order", ["as shown", "open groups"])
def test_reading_from_a_keyframe_is_exact(tmp_path: Path, order: str) -> None:
    """A shot that begins at a keyframe of the index shows just that moment, also where pictures are reordered and the
    index names the keyframes too early."""
    pictures = ("-bf", "0", "-g", "30") if order == "as shown" else ("-bf", "3", "-x264-params", "open-gop=1:keyint=30")
    clip = probed(filmed(tmp_path / "clip.mp4", numbered(150), out=(*LOSSLESS, *pictures, "-sc_threshold", "0")))
    assert clip.exact_keyframes == (order == "as shown")
    assert len(clip.keyframes_s) >= 4
    for key in clip.keyframes_s[1:4]:
        start = Fraction(round(key * 1000), 1000)
        first = round(start * clip.fps)
        assert numbers(shown(clip, tmp_path, start=start, frames=4)) == list(range(first, first + 4)), key
