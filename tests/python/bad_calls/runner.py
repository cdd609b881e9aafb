"""Runs rows of the table, each in a process forked for it, as lines come in on standard input.

The process imports cnnx once and computes nothing itself, so it has no threads and its children
start within milliseconds. A child that hangs is killed after `LIMIT` seconds; one that crashes,
or would take more than `MEMORY` bytes, harms nobody else. The result of a row is a line of JSON.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

LIMIT = 30.0
MEMORY = 8 << 30


def _tree(folder: Path) -> dict[str, str]:
    """Every file below the folder with its content."""
    return {
        str(path.relative_to(folder)): path.read_bytes().hex() if path.is_file() else "folder"
        for path in sorted(folder.rglob("*"))
    }


def _state(scene: Any) -> dict[str, str]:
    """Hashes of everything that a call could change."""
    import cnnx
    from support.checks import hash_arrays

    model = scene.model
    return {
        "weights": hash_arrays(model.state_dict()),
        "optimizer state": hash_arrays(model._network.engine.optimizer_state()),
        "settings": repr((model.optimizer, model._network.epochs_trained, model.stop_training)),
        "images and labels": hash_arrays({"x": scene.x, "y": scene.y}),
        "threads": str(cnnx.get_num_threads()),
        "working folder": str(sorted(Path().iterdir())),
    }


def _run(name: str, folder: Path) -> dict[str, Any]:
    """Make the call and tell what came of it."""
    import bad_calls
    from support.checks import hash_arrays

    scene, bad = bad_calls.Scene(folder), bad_calls.TABLE[name]
    bad.prepare(scene)
    before, files = _state(scene), _tree(folder)
    result: dict[str, Any] = {"raised": None, "message": ""}
    try:
        bad.call(scene)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the test looks at it
        result["raised"] = f"{type(error).__module__}.{type(error).__qualname__}"
        result["message"] = str(error)
        result["traceback"] = traceback.format_exc()
    after = _state(scene)
    changed = [what for what, value in before.items() if after[what] != value]
    if _tree(folder) != files:
        changed.append("files")
    result["changed"] = changed
    scene.model.train_batch(scene.x, scene.y)
    fresh = bad_calls.standard_model()
    fresh.train_batch(scene.x, scene.y)
    same = hash_arrays(scene.model.state_dict()) == hash_arrays(fresh.state_dict())
    result["usable afterwards"] = same
    return result


def _child(name: str, folder: str, pipe: int) -> None:
    """Never returns: writes the result and ends the process."""
    code = 1
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.write(pipe, json.dumps(_run(name, Path(folder))).encode())
        code = 0
    except BaseException:  # noqa: BLE001 - the parent reports what the child cannot
        os.write(pipe, json.dumps({"broken": traceback.format_exc()}).encode())
    finally:
        os._exit(code)


def _answer(name: str, folder: str) -> dict[str, Any]:
    """Fork, wait, and collect."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _child(name, folder, writer)
    os.close(writer)
    content = b""
    while True:
        ready, _, _ = select.select([reader], [], [], LIMIT)
        part = os.read(reader, 1 << 16) if ready else b""
        if not part:
            break
        content += part
    if not ready:
        os.kill(child, signal.SIGKILL)
    os.close(reader)
    _, status = os.waitpid(child, 0)
    if not ready:
        return {"broken": f"still running after {LIMIT} seconds"}
    if not content:
        return {"broken": f"ended by {os.waitstatus_to_exitcode(status)} without a result"}
    answer: dict[str, Any] = json.loads(content)
    return answer


def main() -> None:
    sys.path.insert(0, str(Path(__file__).parents[1]))
    import bad_calls  # noqa: F401 - imported once for all children

    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)  # what a call may print stays out of the answers
        for line in sys.stdin:
            request = json.loads(line)
            answer = json.dumps(_answer(request["name"], request["folder"]))
            print(answer, file=answers, flush=True)


if __name__ == "__main__":
    main()
