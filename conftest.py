"""EDITGAN_REQUIRE=browser,egl: a test with such a marker that is skipped, or missing, fails the run.

On a user's machine a test that needs a Chromium or an EGL is skipped with a message where there is none; .ci/run
installs both and sets this variable, so that nothing is skipped there unseen.
"""

import gc
import os

import pytest
import typecheck

gc.disable()  # until the end of collection, because the modules that it imports stay
typecheck.install()  # before tests/conftest.py imports the package

REQUIRED = tuple(os.environ.get("EDITGAN_REQUIRE", "").replace(",", " ").split())
_ran: set[str] = set()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish():
    """Exempt the imported modules from garbage collection, which would search a million objects each time."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure():
    """Undo that, because Triton reports what is not collected at the end as leaks."""
    gc.unfreeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Turn the skip of a required test into a failure."""
    report = yield
    wanted = [name for name in REQUIRED if item.get_closest_marker(name)]
    if wanted and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} must not be skipped here (EDITGAN_REQUIRE={','.join(REQUIRED)}): {reason}"
    return report


def pytest_runtest_logreport(report):
    """Note which required markers ran; reports of xdist's workers come here too."""
    if report.when == "call":
        _ran.update(name for name in REQUIRED if name in report.keywords)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    """Fail a run in which a required marker has no test that ran."""
    if session.config.option.collectonly or hasattr(session.config, "workerinput"):
        return
    if exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        return
    if absent := [name for name in REQUIRED if name not in _ran]:
        terminal = session.config.get_terminal_writer()
        terminal.line(f"\nno test ran with the required marker: {', '.join(absent)}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
