"""`python -m unilip.emoji fetch` downloads the art; `hold-out FILE` rewrites the list of scenes kept for testing."""

import sys
from pathlib import Path

from unilip.emoji import art, held_out


def main(arguments: list[str]) -> int:
    if arguments == ["fetch"]:
        try:
            print(art.fetch())
        except art.ArtError as error:
            print(error, file=sys.stderr)
            return 1
        return 0
    if len(arguments) == 2 and arguments[0] == "hold-out":
        held_out.write_list(Path(arguments[1]))
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
