"""The child process that decodes a picture from standard input and writes it anew to standard output.

It shares nothing with the server: a decoder that crashes, hangs or eats memory ends here.
"""

import io
import resource
import sys
import warnings

MOST_PIXELS = 40_000_000
LONGEST_SIDE = 8_192
EXIT_NOT_AN_IMAGE = 3
EXIT_TOO_LARGE = 4

_SHOWN_SIDE = 1_024
_MEMORY_BYTES = 2**30
_CPU_SECONDS = 15
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_QUALITY = 85


def main() -> int:
    """Convert one picture; the exit status says what was wrong."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    # Imported under the limits, and by nobody but this process.
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415

    Image.MAX_IMAGE_PIXELS = None  # our own check below is stricter, and comes before any decoding too
    warnings.simplefilter("ignore")
    try:
        with Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=_FORMATS) as image:
            width, height = image.size
            if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
                return EXIT_TOO_LARGE
            image.draft("RGB", (_SHOWN_SIDE, _SHOWN_SIDE))  # lets JPEG decode at a smaller size
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((_SHOWN_SIDE, _SHOWN_SIDE))
            plain = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
            plain.info.clear()
            plain.save(sys.stdout.buffer, "WEBP", quality=_QUALITY)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, MemoryError):
        return EXIT_NOT_AN_IMAGE
    return 0


if __name__ == "__main__":
    sys.exit(main())
