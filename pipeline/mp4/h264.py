"""What an H.264 stream says of itself in a few bytes: the sequence parameters, and whether a frame is an IDR.

Nothing is decoded. An IDR frame forbids every later frame to look back past it, so a file whose sync samples
are all IDR has closed groups of pictures by the standard's own definition (ITU-T H.264, 7.4.1.2.4).
"""

from __future__ import annotations

from dataclasses import dataclass

PROFILES = {66: "Baseline", 77: "Main", 88: "Extended", 100: "High", 110: "High 10", 122: "High 4:2:2"}
_WITH_CHROMA = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}


@dataclass(frozen=True, kw_only=True)
class Sequence:
    """The parts of a sequence parameter set that a rendition is judged by. Colour codes as in ITU-T H.273."""

    profile: str
    level: str  # "4.0"
    chroma: str  # "4:2:0"
    bit_depth: int
    progressive: bool
    colour: tuple[int, int, int] | None  # primaries, transfer, matrix; None when the stream has no tags
    full_range: bool | None


class _Bits:
    """Bits from the left; reading past the end gives zeros, counted so that nonsense is noticed."""

    def __init__(self, raw: bytes) -> None:
        self._value = int.from_bytes(raw, "big")
        self._left = len(raw) * 8

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise ValueError("the sequence parameters are cut off")
        return (self._value >> self._left) & ((1 << count) - 1)

    def ue(self) -> int:
        """Unsigned Exp-Golomb."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 31:
                raise ValueError("the sequence parameters are nonsense")
        return (1 << zeros) - 1 + (self.take(zeros) if zeros else 0)

    def se(self) -> int:
        code = self.ue()
        return (code + 1) // 2 if code % 2 else -(code // 2)


def sequence(nal: bytes) -> Sequence:
    """Reads a sequence parameter set (with its NAL byte). ValueError when it is cut off or nonsense."""
    bits = _Bits(nal[1:256].replace(b"\x00\x00\x03", b"\x00\x00"))
    profile, _, level = bits.take(8), bits.take(8), bits.take(8)
    bits.ue()
    chroma, depth = 1, 8
    if profile in _WITH_CHROMA:
        chroma, depth = _chroma_and_depth(bits)
    bits.ue()  # frame number size
    _skip_order_count(bits)
    bits.ue()  # reference frames
    bits.take(1)
    bits.ue(), bits.ue()  # size in macroblocks
    progressive = bool(bits.take(1))
    if not progressive:
        bits.take(1)
    bits.take(1)
    if bits.take(1):  # cropping
        for _ in range(4):
            bits.ue()
    colour, full_range = _colour(bits) if bits.take(1) else (None, None)
    return Sequence(
        profile=PROFILES.get(profile, f"profile {profile}"),
        level=f"{level // 10}.{level % 10}",
        chroma=("4:0:0", "4:2:0", "4:2:2", "4:4:4")[min(chroma, 3)],
        bit_depth=depth,
        progressive=progressive,
        colour=colour,
        full_range=full_range,
    )


def _chroma_and_depth(bits: _Bits) -> tuple[int, int]:
    chroma = bits.ue()
    if chroma == 3:
        bits.take(1)
    depth = 8 + bits.ue()
    bits.ue()
    bits.take(1)
    if bits.take(1):  # scaling lists
        for index in range(8 if chroma != 3 else 12):
            if bits.take(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return chroma, depth


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def _skip_order_count(bits: _Bits) -> None:
    kind = bits.ue()
    if kind == 0:
        bits.ue()
    elif kind == 1:
        bits.take(1)
        bits.se(), bits.se()
        for _ in range(min(bits.ue(), 255)):
            bits.se()


def _colour(bits: _Bits) -> tuple[tuple[int, int, int] | None, bool | None]:
    if bits.take(1) and bits.take(8) == 255:  # sample aspect ratio
        bits.take(32)
    if bits.take(1):  # overscan
        bits.take(1)
    if not bits.take(1):  # video signal
        return None, None
    bits.take(3)
    full_range = bool(bits.take(1))
    if not bits.take(1):
        return None, full_range
    return (bits.take(8), bits.take(8), bits.take(8)), full_range


def first_slice(sample: bytes, length_size: int = 4) -> int | None:
    """The NAL type of the first picture slice in the head of a length-prefixed sample: 5 is IDR, 1 is not.

    None when the head holds no slice (it was cut too short, or it is not H.264).
    """
    place = 0
    while place + length_size < len(sample):
        kind = sample[place + length_size] & 0x1F
        if kind in (1, 2, 5):
            return kind
        place += length_size + int.from_bytes(sample[place : place + length_size], "big")
    return None
