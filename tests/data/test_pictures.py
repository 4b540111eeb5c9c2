"""Picture files: read as viewers show them, or refused in one line that names the file."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from latentpriors.data.pictures import as_bytes, find_pictures, read_pictures

X = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
SIXTEEN = X.astype(np.uint16) * 257
GREY, RGB = (1, 8, 8), (3, 8, 8)


def encoded(array: np.ndarray, form: str = "png", mode: str | None = None, **options: object) -> bytes:
    image = Image.fromarray(array)
    (image.convert(mode) if mode else image).save(file := io.BytesIO(), form, **options)
    return file.getvalue()


def turned(orientation: int) -> dict[str, Image.Exif]:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return {"exif": tags}


def palette(**options: object) -> bytes:
    image = Image.fromarray(X // 4)
    image.putpalette([4 * level for level in range(64) for _ in "RGB"])
    image.save(file := io.BytesIO(), "png", **options)
    return file.getvalue()


def with_alpha(alpha: np.ndarray, mode: str) -> bytes:
    image = Image.fromarray(X).convert(mode)
    image.putalpha(Image.fromarray(alpha))
    image.save(file := io.BytesIO(), "png")
    return file.getvalue()


def keyed(rows: np.ndarray, depth: int) -> bytes:
    """A grey PNG in which the level 1 is transparent, as its published description says."""
    parts = [(b"IHDR", struct.pack(">IIBBBBB", 8, 8, depth, 0, 0, 0, 0)), (b"tRNS", struct.pack(">H", 1))]
    parts += [(b"IDAT", zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))), (b"IEND", b"")]
    sealed = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(sealed)


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :]


FLOATS = (X / 255).astype(np.float32)
OPAQUE = np.full_like(X, 255)
ALIKE = {
    "8 bits": encoded(X),
    "16-bit PNG": encoded(SIXTEEN),
    "16-bit TIFF": encoded(SIXTEEN, "tiff"),
    "16-bit TIFF of the other byte order": encoded(SIXTEEN.astype(">u2"), "tiff"),
    "16-bit PGM": encoded(SIXTEEN, "ppm"),
    "16-bit JPEG 2000": encoded(SIXTEEN, "jpeg2000", irreversible=False),
    "floats": encoded(FLOATS, "tiff"),
    "floats but for rounding": encoded(np.where(X == 0, -1e-4, FLOATS).astype(np.float32), "tiff"),
    "GIF": encoded(X, "gif"),
    "WebP": encoded(X, "webp", lossless=True),
    "RGB": encoded(X, mode="RGB"),
    "a palette": palette(),
    "a palette, opaque": palette(transparency=bytes([255] * 64)),
    "LA, opaque": with_alpha(OPAQUE, "L"),
    "RGBA, opaque": with_alpha(OPAQUE, "RGB"),
    "turned by 90 degrees": encoded(np.rot90(X, 1).copy(), **turned(6)),
    "mirrored": encoded(X[:, ::-1].copy(), **turned(2)),
    "16 bits, turned": encoded(np.rot90(SIXTEEN, 1).copy(), **turned(6)),
    "TIFF, turned": encoded(np.rot90(X, 1).copy(), "tiff", tiffinfo={0x0112: 6}),
}
FRAMES = {"save_all": True, "append_images": [Image.fromarray(X.T)]}
UNFIT = {
    "empty": (b"", "cannot identify"),
    "no picture": (b"<svg></svg>", "cannot identify"),
    "cut short": (encoded(X)[:-17], "Truncated"),
    "a flipped byte": (flipped(encoded(X), -20), "broken PNG|bad header checksum"),
    "larger": (encoded(np.kron(X, np.ones((2, 2), np.uint8))), "is 16 wide and 16 high; 8 and 8"),
    "a bomb": (b"P5 30000 30000 255\n", "decompression bomb"),
    "GIF of frames": (encoded(X, "gif", **FRAMES), "holds 2 frames"),
    "APNG": (encoded(X, **FRAMES), "holds 2 frames"),
    "TIFF of pages": (encoded(X, "tiff", **FRAMES), "holds 2 frames"),
    "RGBA": (with_alpha(X, "RGB"), "transparent"),
    "LA": (with_alpha(X, "L"), "transparent"),
    "palette with a transparent colour": (palette(transparency=3), "transparent"),
    "palette with an alpha": (palette(transparency=bytes([255, 7])), "transparent"),
    "a transparent level of 16 bits": (keyed(SIXTEEN.astype(">u2"), 16), "transparent"),
    "a transparent level of 2 bits": (keyed(np.full((8, 2), 27, np.uint8), 2), "transparent"),
    "CMYK": (encoded(X, "jpeg", "CMYK"), "mode is CMYK"),
    "32 bits": (encoded(X.astype(np.int32), "tiff"), "mode is I"),
    "16 bits, white is 0": (encoded(SIXTEEN, "tiff", tiffinfo={262: 0}), "mode is I;16"),
    "floats from 0 to 255": (encoded(X.astype(np.float32), "tiff"), "range from 0 to 252"),
    "not finite": (encoded(np.where(X, FLOATS, np.nan).astype(np.float32), "tiff"), "not finite"),
}


@pytest.mark.parametrize("name", ALIKE)
def test_the_same_picture_in_whatever_file(tmp_path: Path, name: str) -> None:
    file = tmp_path / "x.png"  # a wrong suffix does not count
    file.write_bytes(ALIKE[name])
    assert np.array_equal(read_pictures([file], GREY)[0, 0], X)
    assert np.array_equal(read_pictures([file], RGB)[0], [X, X, X])


@pytest.mark.parametrize("name", UNFIT)
def test_unfit_pictures_are_refused_in_one_line_that_names_them(tmp_path: Path, name: str) -> None:
    file = tmp_path / "x.png"
    file.write_bytes(UNFIT[name][0])
    with pytest.raises(ValueError, match=rf"x\.png cannot be read: .*({UNFIT[name][1]})") as error:
        read_pictures([file], GREY)
    assert "\n" not in str(error.value)


def test_colours_stay_or_become_luma(tmp_path: Path) -> None:
    colours = np.stack([X, X[::-1], X.T], -1)
    (tmp_path / "x.png").write_bytes(encoded(colours))
    assert np.array_equal(read_pictures([tmp_path / "x.png"], RGB)[0], colours.transpose(2, 0, 1))
    luma = colours @ [0.299, 0.587, 0.114]
    assert np.abs(read_pictures([tmp_path / "x.png"], GREY)[0, 0].numpy() - luma).max() < 0.51


def test_pictures_are_found_by_name_in_all_folders_and_what_is_left_out_is_counted(tmp_path: Path) -> None:
    taken = ["10.PNG", "9.jpeg", "cat/0.png", "cat/more/0.webp", "dog.png/0.tif"]
    hidden = [".DS_Store", "._9.jpeg", ".ipynb_checkpoints/9.jpeg", "__MACOSX/cat/0.png", "cat/.x.png"]
    for name in [*taken, *hidden, "Thumbs.db", "notes.txt", "cat/notes.txt", "README"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "link.png").symlink_to(tmp_path / "9.jpeg")
    files, left_out = find_pictures(tmp_path)
    assert [str(file.relative_to(tmp_path)) for file in files] == sorted([*taken, "link.png"])
    assert left_out == {"hidden": 5, ".txt": 2, ".db": 1, "without a suffix": 1, "links to folders": 1}


def test_folders_without_pictures_and_broken_links(tmp_path: Path) -> None:
    (tmp_path / "x.npy").write_bytes(b"")
    with pytest.raises(ValueError, match=r"holds no pictures \(.*\.png.*\); other files: 1"):
        find_pictures(tmp_path)
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere")
    (tmp_path / "self.png").symlink_to(tmp_path / "self.png")
    for file in find_pictures(tmp_path)[0]:
        with pytest.raises(ValueError, match=f"{file.name} cannot be read: it is a broken link"):
            read_pictures([file], GREY)


@pytest.mark.parametrize("kind", ["f2", "f4", ">f8"])
def test_floats_become_bytes_and_rounding_may_leave_the_range(kind: str) -> None:
    levels = np.arange(256)
    for values in (levels / 255, levels / 255 - 0.0005, levels / 255 * 1.0003):
        assert np.array_equal(as_bytes(values.astype(kind)), levels)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([0.0, 1.0021], "range from 0 to 1.002;"),
        ([-1.0, 1.0], "range from -1 to 1;"),
        ([0.0, np.inf], "not finite"),
        (np.float16([0, 60000]), r"range from 0 to 6e\+04"),
        ([0, 255], "are int64"),
        (np.uint16([0, 255]), "are uint16"),
        ([True, False], "are bool"),
        ([1j], "are complex128"),
    ],
)
def test_other_numbers_are_refused(values: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        as_bytes(np.asarray(values))
