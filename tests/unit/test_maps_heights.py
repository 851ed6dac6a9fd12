"""Heights from .hgt files: the right metres at the right places, voids, neighbours, and files that are not heights."""

from __future__ import annotations

import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import MaterialError
from pipeline.map_model import Heights, MapWish
from pipeline.maps import hgt
from pipeline.maps.heights import cut, mended, merged, sampled, thinned
from pipeline.mercator import Bounds, metres_per_unit, world

VOID = -32768


def place(lng: float, lat: float) -> np.ndarray:
    return world(np.array([lng]), np.array([lat]))


def wish(lng: float, lat: float, metres: float, pixel: float = 1e-9) -> MapWish:
    """A square of `metres` around a place."""
    x, y = place(lng, lat)[0]
    half = metres / 2 / metres_per_unit(y)
    return MapWish(bounds=Bounds(west=x - half, north=y - half, east=x + half, south=y + half), pixel=pixel)


def cell(path: Path, samples: np.ndarray) -> Path:
    """Writes a file of heights, zipped when its name says so."""
    content = samples.astype(">i2").tobytes()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(path.stem, content)
    else:
        path.write_bytes(content)
    return path


def ramp(count: int = 1201) -> np.ndarray:
    """A sample's metres are its row plus a thousandth part for no column: rows count from the north."""
    return np.repeat(np.arange(count)[:, None], count, axis=1)


def test_a_height_stands_where_the_file_says(tmp_path: Path) -> None:
    """Row r of N55W003 lies r/1200 degrees south of 56° N; between rows heights go straight."""
    model = hgt.read(cell(tmp_path / "N55W003.hgt", ramp()), wish(-2.5, 55.5, 20_000))
    assert model.heights is not None
    assert model.credits[0].text == "Terrain: NASA SRTM"
    lat = np.array([55.5, 55.5 + 3 / 1200, 55.5 - 10.5 / 1200])
    found = sampled(model.heights, world(np.full(3, -2.5), lat))
    assert found == pytest.approx([600, 597, 610.5], abs=0.01)


def test_only_what_is_wished_is_kept(tmp_path: Path) -> None:
    """The grid ends a little beyond the wish, and is thinned to what the picture can show."""
    path = cell(tmp_path / "N55W003.hgt", ramp(3601))
    fine = hgt.read(path, wish(-2.5, 55.5, 10_000)).heights
    assert fine is not None
    assert fine.bounds.contains(wish(-2.5, 55.5, 10_000).bounds)
    assert fine.ele_m.size < 3601 * 3601 / 20
    pixel = 200 / metres_per_unit(float(place(-2.5, 55.5)[0, 1]))
    coarse = hgt.read(path, wish(-2.5, 55.5, 10_000, pixel)).heights
    assert coarse is not None
    assert coarse.ele_m.size < fine.ele_m.size / 40
    assert sampled(coarse, place(-2.5, 55.5)) == pytest.approx([1800], abs=0.5)


def test_a_file_elsewhere_is_empty_and_not_read(tmp_path: Path) -> None:
    """A cell outside the wish gives an empty model, whatever is in the file."""
    path = tmp_path / "N10E010.hgt"
    path.write_bytes(b"never read")
    assert hgt.read(path, wish(-2.5, 55.5, 10_000)).empty


def test_the_real_cells(shared: Path) -> None:
    """Andorra's highest ground and the sea of East Lothian are in the shared files; Andorra's voids are mended."""
    maps = shared / "data" / "maps"
    andorra = hgt.read(maps / "srtm-N42E001.hgt.zip", wish(1.5, 42.5, 60_000)).heights
    assert andorra is not None
    assert np.isfinite(andorra.ele_m).mean() > 0.9999
    assert sampled(andorra, place(1.5218, 42.5075))[0] == pytest.approx(1020, abs=60)  # Andorra la Vella
    lothian = hgt.read(maps / "srtm-N55W003.hgt.zip", wish(-2.2, 55.97, 8_000)).heights
    assert lothian is not None
    assert sampled(lothian, place(-2.2, 55.98))[0] == 0


def test_narrow_voids_are_mended_and_wide_ones_stay() -> None:
    """A void some samples across gets heights from around it; one wider than a kilometre stays unknown."""
    ele = np.add.outer(np.arange(80.0), np.arange(90.0)).astype(np.float32)
    holed = ele.copy()
    holed[10:16, 20:28] = np.nan
    holed[40:70, 30:60] = np.nan
    done = mended(holed)
    assert np.abs(done[10:16, 20:28] - ele[10:16, 20:28]).max() < 1.0
    assert np.isnan(done[41:69, 31:59]).all()
    assert np.array_equal(done[np.isfinite(holed)], ele[np.isfinite(holed)])


def test_a_place_in_a_small_void_has_a_height() -> None:
    """Sampling looks past a void of one sample, and says NaN in a wide void and outside the grid."""
    axis = np.linspace(0.4, 0.4001, 50)
    ele = np.full((50, 50), 100, np.float32)
    ele[10, 10] = np.nan
    ele[20:45, 20:45] = np.nan
    grid = Heights(x=axis, y=axis, ele_m=ele)
    points = np.array([[axis[10], axis[10]], [axis[32], axis[32]], [0.41, axis[3]], [axis[3] + 2, axis[3]]])
    found = sampled(grid, points)
    assert found[0] == pytest.approx(100)
    assert np.isnan(found[1:3]).all()
    assert found[3] == pytest.approx(100)  # two turns round the world further


def test_thinning_takes_means_of_what_is_known() -> None:
    """A block's height is the mean of its known samples, its place their middle."""
    ele = np.array([[1, 3, np.nan, np.nan], [5, np.nan, np.nan, np.nan]] * 2, np.float32)
    thin = thinned(Heights(x=np.arange(4.0), y=np.arange(4.0), ele_m=ele), 2.0)
    assert thin.ele_m[:, 0] == pytest.approx([3, 3])
    assert np.isnan(thin.ele_m[:, 1]).all()
    assert thin.x == pytest.approx([0.5, 2.5])


def test_cutting_keeps_two_samples_around() -> None:
    """A cut has what is inside and two samples more; nothing when it misses the grid."""
    grid = Heights(x=np.arange(20.0), y=np.arange(20.0), ele_m=np.zeros((20, 20), np.float32))
    part = cut(grid, Bounds(west=8.5, north=3.5, east=10.5, south=5.5))
    assert part is not None
    assert (part.x[0], part.x[-1]) == (7, 12)
    assert cut(grid, Bounds(west=30, north=0, east=31, south=1)) is None


def test_neighbouring_cells_become_one_grid(tmp_path: Path) -> None:
    """Cells that share an edge join without a gap or a double row; a broken one is left out with a note."""
    east = np.repeat(np.arange(1201)[None, :], 1201, axis=0)
    cell(tmp_path / "N55W003.hgt", east)
    cell(tmp_path / "N55W002.hgt.zip", east + 1200)
    (tmp_path / "N56W003.hgt").write_bytes(b"short")
    (tmp_path / "readme.txt").write_text("no heights")
    model = hgt.read_folder(tmp_path, wish(-2.0, 55.99, 30_000))
    assert model.heights is not None
    assert len(model.notes) >= 1
    assert "N56W003" in " ".join(model.notes)
    steps = np.diff(model.heights.x)
    assert steps == pytest.approx(1 / 360 / 1200)
    lng = np.array([-2.1, -2.0, -1.9, -2.0 + 0.25 / 1200])
    assert sampled(model.heights, world(lng, np.full(4, 55.9))) == pytest.approx([1080, 1200, 1320, 1200.25], abs=0.01)


def test_a_finer_cell_beside_a_coarser_one(tmp_path: Path) -> None:
    """1201 and 3601 samples join at the finer spacing; between rows of the coarse cell heights are interpolated."""
    cell(tmp_path / "N55W003.hgt", np.repeat(np.arange(1201)[None, :], 1201, axis=0))
    cell(tmp_path / "N55W002.hgt", np.repeat(np.arange(3601)[None, :] // 3 + 1200, 3601, axis=0))
    heights = hgt.read_folder(tmp_path, wish(-2.0, 55.5, 6_000)).heights
    assert heights is not None
    assert np.diff(heights.x) == pytest.approx(1 / 360 / 3600, rel=1e-3)
    inside = cut(heights, wish(-2.0, 55.5, 6_000).bounds)
    assert inside is not None
    assert np.isfinite(inside.ele_m).all()
    found = sampled(heights, world(np.array([-2.0 - 0.5 / 1200, -2 + 1 / 1200]), np.full(2, 55.5)))
    assert found == pytest.approx([1199.5, 1201], abs=0.1)


def test_a_missing_cell_between_two_is_unknown() -> None:
    """Two grids with a cell's width between them do not grow together."""
    ele = np.full((41, 41), 50, np.float32)
    y = np.linspace(0.3, 0.31, 41)
    apart = [Heights(x=np.linspace(at, at + 0.01, 41), y=y, ele_m=ele) for at in (0.5, 0.52)]
    whole = merged(apart)
    assert np.isnan(sampled(whole, np.array([[0.515, 0.305]]))[0])
    assert sampled(whole, np.array([[0.505, 0.305], [0.525, 0.305]])) == pytest.approx([50, 50])


def test_across_the_antimeridian(tmp_path: Path) -> None:
    """Cells at both sides of 180° lie next to each other, at the turn that the wish asks for."""
    cell(tmp_path / "S17E179.hgt", np.full((1201, 1201), 10))
    cell(tmp_path / "S17W180.hgt", np.full((1201, 1201), 20))
    for lng in (180.0, -180.0):
        model = hgt.read_folder(tmp_path, wish(lng, -16.5, 30_000))
        assert model.heights is not None
        assert model.bounds.width < 0.01
        assert model.bounds.contains(wish(lng, -16.5, 30_000).bounds)
        assert sampled(model.heights, world(np.array([179.95, -179.95]), np.full(2, -16.5))) == pytest.approx([10, 20])


def test_a_cell_of_voids_is_empty(tmp_path: Path) -> None:
    """A file in which nothing is known gives no heights."""
    assert hgt.read(cell(tmp_path / "N55W003.hgt", np.full((1201, 1201), VOID)), wish(-2.5, 55.5, 9_000)).empty


def refused(path: Path) -> str:
    with pytest.raises(MaterialError) as caught:
        hgt.read(path, wish(-2.5, 55.5, 9_000))
    assert caught.value.problems[0].remedy
    return caught.value.problems[0].what


@pytest.mark.parametrize("name", ["hills.hgt", "N55.hgt", "N55W0031.hgt", "N89W003.hgt", "N55E180.hgt"])
def test_a_name_that_tells_no_place(tmp_path: Path, name: str) -> None:
    """A file whose name has no corner, or one that no map shows, is refused by its name alone."""
    with pytest.raises(MaterialError):
        hgt.extent(tmp_path / name)


@pytest.mark.parametrize("size", [0, 7, 1201 * 1201 * 2 - 2, 1201 * 1201 * 2 + 2])
def test_a_file_of_the_wrong_size(tmp_path: Path, size: int) -> None:
    """Only files of 1201² or 3601² heights are read."""
    path = tmp_path / "N55W003.hgt"
    path.write_bytes(bytes(size))
    assert "cannot be right" in refused(path)


def test_a_missing_file(tmp_path: Path) -> None:
    """A file or folder that is gone, or a folder in its place, is a sentence."""
    assert "cannot be read" in refused(tmp_path / "N55W003.hgt")
    (tmp_path / "N55W003.hgt.zip").mkdir()
    assert "not a file" in refused(tmp_path / "N55W003.hgt.zip")
    with pytest.raises(MaterialError, match="folder cannot be read"):
        hgt.read_folder(tmp_path / "gone", wish(-2.5, 55.5, 9_000))


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_archives_that_are_not_one_file_of_heights(tmp_path: Path) -> None:
    """No .hgt, two of them, one of another place or size, or thousands of files: a sentence each."""
    path, right = tmp_path / "N55W003.hgt.zip", bytes(1201 * 1201 * 2)
    assert "no .hgt" in refused(zipped(path, {"readme.txt": b"x"}))
    assert "2 .hgt" in refused(zipped(path, {"N55W003.hgt": right, "N55W002.hgt": right}))
    assert "N54W003" in refused(zipped(path, {"N54W003.hgt": right}))
    assert "cannot be right" in refused(zipped(path, {"N55W003.hgt": right[:-4]}))
    assert "too many files" in refused(zipped(path, {f"{number:06}": b"" for number in range(2000)}))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """A small archive that would become large is refused before it does, also when its list of contents lies."""
    path = zipped(tmp_path / "N55W003.hgt.zip", {"N55W003.hgt": bytes(60_000_000)})
    tracemalloc.start()
    try:
        assert "cannot be right" in refused(path)
        content = path.read_bytes()
        lying = content.replace(struct.pack("<I", 60_000_000), struct.pack("<I", 1201 * 1201 * 2))
        assert lying != content
        path.write_bytes(lying)
        assert "broken" in refused(path)
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()


def test_damaged_archives(tmp_path: Path) -> None:
    """Cut off, scrambled or locked archives are a sentence."""
    path = cell(tmp_path / "N55W003.hgt.zip", ramp())
    whole = path.read_bytes()
    for damaged in (b"", b"PK", whole[: len(whole) // 2], whole[:200] + bytes(400) + whole[600:]):
        path.write_bytes(damaged)
        assert "broken" in refused(path)
    locked = bytearray(whole)
    locked[whole.rfind(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(locked))
    assert "password" in refused(path)


def test_a_fine_cell_stays_small_in_memory(tmp_path: Path) -> None:
    """A 3601 × 3601 cell with scattered voids is read whole in at most 400 MB."""
    samples = np.zeros((3601, 3601), ">i2")
    samples[::2, ::2] = VOID
    path = tmp_path / "N55W003.hgt"
    path.write_bytes(samples.tobytes())
    del samples
    tracemalloc.start()
    try:
        assert not hgt.read(path, wish(-2.5, 55.5, 120_000)).empty
        assert tracemalloc.get_traced_memory()[1] < 400_000_000
    finally:
        tracemalloc.stop()
