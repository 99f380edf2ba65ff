"""One printed line per call, in the form of lib/report.mjs, which counts them."""

import os
import sys
import time
import traceback

MNEMONIC = "test test test test test test test test test test test junk"
REST = os.environ["NODE_REST"]
RPC = os.environ["NODE_RPC"]
GRPC = os.environ["NODE_GRPC"]


def call(name, step):
    """Runs a step and prints what came of it. A failed step ends the script."""
    start = time.monotonic()
    try:
        said = step()
    except Exception as error:
        print(f"  FAILED  {name}: {error!r}")
        traceback.print_exc()
        sys.exit(1)
    ms = (time.monotonic() - start) * 1000
    print(f"  ok      {name}{'' if said is None else f': {said}'} ({ms:.0f} ms)", flush=True)


def same(found, wanted, what):
    if found != wanted:
        raise AssertionError(f"{what}: found {found!r}, wanted {wanted!r}")


def holds(condition, what):
    if not condition:
        raise AssertionError(what)


def refused(step, text):
    """Expects a refusal with a text."""
    try:
        answer = step()
    except Exception as error:
        holds(text in str(error), f"refused, but with another text: {error}")
        return text
    raise AssertionError(f"not refused: {answer!r}")
