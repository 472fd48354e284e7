"""JSON lines: offers, and that a viewer left, come on stdin; answers leave on stdout."""
import argparse
import json
import os
import sys
import threading

# An answer waits so long for candidates, as every peer's does.
GATHER_MS = 20
_saying = threading.Lock()


def say(**message):
    with _saying:
        print(json.dumps(message), flush=True)


def lines():
    """Each line as it comes. The end of stdin ends the process, whatever its threads are at."""
    for line in sys.stdin:
        yield json.loads(line)
    os._exit(0)


def arguments(*flags):
    parser = argparse.ArgumentParser()
    for name in ("width", "height", "fps", "bitrate"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--pattern", required=True, help="a folder with what picture.py wants")
    for flag in flags:
        parser.add_argument(flag, action="store_true")
    return parser.parse_args()
