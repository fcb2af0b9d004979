"""The pictures of the studies: plain copies in a folder, each named by the SHA-256 of the file that it came from."""

import hashlib
import io
import os
import re
import secrets
from collections.abc import Set
from pathlib import Path

from PIL import Image

DIGEST = re.compile(r"[0-9a-f]{64}")


class Pictures:
    """A folder of plain copies: 8-bit RGB PNG, upright, without metadata, so that a picture that an annotator is shown
    does not tell who made it. The copies may be served as they are.

    Args:
        folder: made if it is not there.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, digest: str) -> Path:
        """Where a copy is; raises ValueError for what cannot be its name."""
        if not DIGEST.fullmatch(digest):
            raise ValueError(f"{digest!r} is no name of a picture")
        return self.folder / f"{digest}.png"

    def add(self, source: Path | Image.Image) -> str:
        """Keeps a plain copy of a picture file, or a picture made here, and returns its name, 64 hexadecimal digits.

        Raises:
            unilip.images.PictureError: the file is no picture that can be used.
        """
        from unilip.images import open_picture  # brings torch, which only this needs

        if isinstance(source, Image.Image):
            content = _png(open_picture(source))
            return self._keep(hashlib.sha256(content).hexdigest(), content)
        with source.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if self.path(digest).exists():
            return digest
        return self._keep(digest, _png(open_picture(source)))

    def _keep(self, digest: str, content: bytes) -> str:
        # Written aside and then renamed: the copy is there whole or not at all, also when two programs write it.
        partial = self.folder / f"{digest}.{secrets.token_hex(4)}.part"
        partial.write_bytes(content)
        os.replace(partial, self.path(digest))
        return digest

    def keep_only(self, digests: Set[str]) -> None:
        """Deletes every copy that is not among `digests`."""
        for path in self.folder.glob("*.png"):
            if path.stem not in digests:
                path.unlink(missing_ok=True)


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.info = {}  # PIL would write some of it into the file
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()
