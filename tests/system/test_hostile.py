"""Names, texts and files made to be misunderstood: nothing is read, run or asked for beyond the brief's own inputs."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from workbench import brief, plan, promo, state, walk

from pipeline import produce
from pipeline.errors import PromoError

pytestmark = pytest.mark.slow

NAMES = [
    "concat:a|b.mp4",
    "-i.mp4",
    'it\'s "q" ; rm.mp4',
    "50%d[0:v]=a,b:c.mp4",
    "Café ☂ 山.mp4",
    "new\nline.mp4",
]


def test_a_playlist_never_reaches_for_the_network_or_other_files(project: Path) -> None:
    """A playlist called .mp4 (or .wav) is refused without a connection and without its text being followed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        secret = project / "secret.mp4"
        secret.write_bytes((project / "testsrc2.mp4").read_bytes())
        head = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4.0,\n"
        texts = {
            "http.mp4": f"{head}http://127.0.0.1:{port}/a.ts\n#EXT-X-ENDLIST\n",
            "file.mp4": f"{head}file://{secret}\n#EXT-X-ENDLIST\n",
            "list.mp4": f"ffconcat version 1.0\nfile 'http://127.0.0.1:{port}/a.mp4'\n",
            "sdp.mov": f"v=0\nc=IN IP4 127.0.0.1\nm=video {port} RTP/AVP 96\n",
        }
        for name, text in texts.items():
            (project / name).write_text(text)
            with pytest.raises(PromoError) as caught:
                produce([brief(project, footage=[name])])
            assert caught.value.exit_code == 3
        (project / "bed.wav").write_text(texts["http.mp4"])
        with pytest.raises(PromoError) as caught:
            produce([brief(project, kind="map", music={"file": "bed.wav"})])
        assert caught.value.exit_code == 3
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize("address", ["http://127.0.0.1:{port}/a.mp4", "tcp://127.0.0.1:{port}", "concat:testsrc2.mp4"])
def test_an_address_is_only_a_file_name(project: Path, tmp_path: Path, address: str) -> None:
    """An address in place of a file is a file that is not there: exit code 2 or 3, and nobody is called."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        path = brief(project, footage=[address.format(port=server.getsockname()[1])])
        done = promo(path.name, cwd=project, cache=tmp_path / "cache")
        assert done.returncode in (2, 3), done.stderr
        with pytest.raises(TimeoutError):
            server.accept()


def test_any_name_a_disk_allows_is_a_name(project: Path, tmp_path: Path) -> None:
    """Files and folders named like options, filters, protocols and patterns are read as what they are."""
    home = project / "-y it's [1:v];%d\nconcat:|"
    home.mkdir()
    (home / "-i [clips]").mkdir()
    for name in NAMES:
        (home / "-i [clips]" / name).write_bytes((project / "gradients.mp4").read_bytes())
    walk(home / "w'[a];%d.gpx")
    brief(home, "route.yml", route="w'[a];%d.gpx", footage=["-i [clips]"], length="16s", id="odd")
    done = promo("route.yml", "--draft", cwd=home, cache=tmp_path / "it's a cache;[0:v]%d")
    assert done.returncode == 0, done.stderr
    assert (home / "promo/odd/x.en.mp4").exists()
    assert {path.name for path in home.iterdir()} == {"-i [clips]", "w'[a];%d.gpx", "route.yml", "promo"}
    used = {
        shot["footage"] for shot in plan(home / "route.yml", cache=tmp_path / "cache")["shots"] if "footage" in shot
    }
    assert used == {f"-i [clips]/{name}" for name in NAMES}


def test_any_text_is_only_text(project: Path, tmp_path: Path) -> None:
    """Filter signs, endless words, right-to-left and control signs in any text are drawn, never run."""
    walk(project / "w.gpx", names=["';[out0]drawtext=textfile=/etc/passwd", "<script>alert(1)</script>"])
    texts = [
        "a':b\\,c;[0:v]%{pts}drawtext=text='x'",
        "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch" * 4,
        "\u202eبِرَك الماء וגם עברית 👩‍👩‍👧‍👦 %s {0} $HOME `id`",
    ]
    path = brief(
        project,
        title="</script><img src=x onerror=alert(1)> ${x} %(y)s\u202e",
        summary="'; DROP TABLE walks; --",
        captions=[{"at": f"0:{3 + 3 * number:02}", "text": text} for number, text in enumerate(texts)],
        end_card={"text": texts[0], "link": "https://www.example.gov.uk/a?b='c'&d=[e];f"},
        kind="map",
        length="20s",
    )
    done = promo(path, "--draft", cache=tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    page = (project / "promo/route/map.html").read_text("utf-8")
    script = (project / "promo/route/assets/map.js").read_text("utf-8")
    for text in (page, script):
        assert "<script>alert" not in text
        assert "<img src=x" not in text
    assert {Path(name).parts[0] for name in state(project)} >= {"promo", "route.yml"}
