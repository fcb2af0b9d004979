"""What users hand over as pictures: every odd kind becomes plain RGB or one clear sentence."""

import io
import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from unilip.images import (
    MAX_EDGE,
    PictureError,
    from_pixel_values,
    letterbox,
    letterbox_box,
    open_picture,
    squash,
    tiles,
    to_output,
    to_pixel_values,
)

RED, WHITE = (255, 0, 0), (255, 255, 255)


def encoded(picture: Image.Image, kind: str = "PNG", **options) -> io.BytesIO:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    file.seek(0)
    return file


def noise(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8))


def png_header(width: int, height: int) -> io.BytesIO:
    """A PNG that promises a size and holds hardly any data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""))


@pytest.mark.parametrize(("width", "height"), [(20_000, 15_000), (12_000, 10_000)])
def test_a_bomb_is_refused_by_its_header(width, height):
    with pytest.raises(PictureError, match="megapixels"):
        open_picture(png_header(width, height))


def test_text_named_png(tmp_path):
    file = tmp_path / "picture.png"
    file.write_text("This is no picture.")
    with pytest.raises(PictureError, match="not a PNG, JPEG"):
        open_picture(file)


def test_an_svg():
    with pytest.raises(PictureError, match="not a PNG, JPEG"):
        open_picture(io.BytesIO(b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>'))


def test_an_empty_file(tmp_path):
    file = tmp_path / "empty.png"
    file.touch()
    with pytest.raises(PictureError):
        open_picture(file)


def test_a_missing_file(tmp_path):
    with pytest.raises(PictureError, match="no picture at"):
        open_picture(tmp_path / "absent.png")


def test_a_folder(tmp_path):
    with pytest.raises(PictureError):
        open_picture(tmp_path)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_cut_file(kind):
    whole = encoded(noise(200, 200), kind).getvalue()
    with pytest.raises(PictureError):
        open_picture(io.BytesIO(whole[: len(whole) // 2]))


def test_a_picture_without_pixels():
    with pytest.raises(PictureError, match="no pixels"):
        open_picture(Image.new("RGB", (0, 5)))


def test_exif_rotation_is_applied():
    picture = Image.new("RGB", (40, 20), WHITE)
    picture.paste(RED, (0, 0, 10, 20))  # a red left edge
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned clockwise
    upright = open_picture(encoded(picture, "JPEG", exif=exif, quality=95))
    assert upright.size == (20, 40)
    top = np.asarray(upright)[3, 10]
    assert top[0] > 200 and top[1] < 60


def test_broken_exif_is_ignored():
    assert open_picture(encoded(noise(8, 8), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff")).size == (8, 8)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_becomes_white(mode):
    picture = Image.new("RGBA", (10, 10), (0, 0, 0, 0)).convert(mode)
    plain = open_picture(encoded(picture))
    assert plain.mode == "RGB"
    assert plain.getpixel((5, 5)) == WHITE


def test_half_transparent_red_on_white():
    assert open_picture(Image.new("RGBA", (4, 4), (255, 0, 0, 128))).getpixel((0, 0)) == (255, 127, 127)


def test_a_palette_keeps_its_colours():
    assert open_picture(encoded(Image.new("RGB", (9, 9), RED).convert("P"))).getpixel((4, 4)) == RED


def test_cmyk():
    plain = open_picture(encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95))
    red, green, blue = plain.getpixel((8, 8))
    assert red > 230 and green < 30 and blue < 30


def test_16_bit_grey_keeps_its_range():
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    plain = np.asarray(open_picture(encoded(Image.fromarray(ramp))))
    assert np.abs(plain[..., 0].ravel().astype(int) - np.arange(256)).max() <= 1


def test_black_and_white():
    assert open_picture(Image.new("1", (3, 3), 1)).getpixel((1, 1)) == WHITE


def test_an_animation_gives_its_first_frame():
    frames = [Image.new("RGB", (12, 12), color) for color in (RED, "blue", "green")]
    assert open_picture(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])).getpixel((6, 6)) == RED


def test_an_already_read_animation_gives_its_first_frame():
    frames = [Image.new("RGB", (12, 12), color) for color in (RED, "blue")]
    animation = Image.open(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    animation.seek(1)
    assert open_picture(animation).getpixel((6, 6)) == RED


def test_one_by_four_thousand():
    assert open_picture(encoded(Image.new("RGB", (1, 4000), RED))).size == (1, 4000)


def test_a_large_picture_is_shrunk():
    assert open_picture(encoded(Image.new("RGB", (2 * MAX_EDGE, 400)), "JPEG")).size == (MAX_EDGE, 200)


def test_the_given_picture_is_left_alone():
    picture = noise(30, 20).convert("RGBA")
    before = picture.tobytes()
    open_picture(picture)
    assert picture.tobytes() == before and picture.mode == "RGBA"


def test_pixel_values_are_normalised():
    values = to_pixel_values([Image.new("RGB", (4, 4), WHITE), Image.new("RGB", (4, 4), "black")])
    assert values.shape == (2, 3, 4, 4) and values.dtype == torch.float32
    expected = [(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225]
    torch.testing.assert_close(values[0, :, 0, 0], torch.tensor(expected))


def test_pixel_values_can_be_undone():
    picture = Image.linear_gradient("L").convert("RGB")
    pixels = from_pixel_values(to_pixel_values([picture])) * 255
    assert np.array_equal(pixels[0].round().permute(1, 2, 0).numpy(), np.asarray(picture))


@pytest.mark.parametrize("size", [(300, 100), (100, 300), (1, 4000), (64, 64), (4000, 1)])
def test_letterbox_keeps_the_picture_whole_and_is_undone(size):
    left, top, right, bottom = letterbox_box(size, 64)
    square = letterbox(Image.new("RGB", size, RED), 64)
    assert square.size == (64, 64)
    assert np.asarray(square).reshape(-1, 3).tolist() == [list(RED)] * 64 * 64  # the border is drawn out
    back = to_output(torch.rand(1, 3, 64, 64), [size], True, "pil")[0]
    assert back.size == (right - left, bottom - top)
    assert max(back.size) == 64


@pytest.mark.parametrize("size", [(300, 100), (100, 300), (1, 4000), (64, 64)])
def test_output_takes_the_proportions_of_the_input(size):
    back = to_output(torch.rand(1, 3, 64, 64), [size], False, "pil")[0]
    assert max(back.size) == 64
    assert back.size[0] / back.size[1] == pytest.approx(size[0] / size[1], rel=0.05) or min(back.size) == 1


def test_output_kinds():
    squares = torch.rand(2, 3, 8, 8)
    assert to_output(squares, None, False, "pt").shape == (2, 3, 8, 8)
    assert to_output(squares, None, False, "np").shape == (2, 8, 8, 3)
    assert [one.shape for one in to_output(squares, [(8, 8), (8, 4)], False, "np")] == [(8, 8, 3), (4, 8, 3)]


def test_tiles_follow_the_proportions_and_end_with_a_thumbnail():
    picture = noise(400, 100)
    cut = tiles(picture, 50, 12)
    assert len(cut) == 4 + 1
    assert {tile.size for tile in cut} == {(50, 50)}
    assert cut[-1].tobytes() == squash(picture, 50).tobytes()
    whole = picture.resize((200, 50), Image.Resampling.BICUBIC)
    assert cut[1].tobytes() == whole.crop((50, 0, 100, 50)).tobytes()


def test_a_small_square_is_one_tile():
    assert len(tiles(noise(40, 40), 50, 12)) == 1


def test_a_large_square_takes_a_larger_grid():
    assert len(tiles(noise(300, 300), 50, 12)) == 9 + 1


def test_an_extreme_picture_takes_no_more_than_asked():
    assert len(tiles(noise(1, 4000), 50, 12)) == 12 + 1
    assert len(tiles(noise(1, 4000), 50, 1)) == 1
