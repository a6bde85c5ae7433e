"""Streaming: the newest frame wins, jobs are cancelled within one step, no stale frames, at the viewer's pace."""

import os
import subprocess
import sys
import threading
import time

import pytest

from editgan_widgets.streaming import CancelToken, FramePacer, LatestFrame, Worker


@pytest.fixture
def worker():
    worker = Worker("test-worker")
    yield worker
    worker.close()


def test_mailbox_returns_only_the_newest_frame_once():
    mailbox = LatestFrame()
    mailbox.put(1, "a")
    mailbox.put(1, "b")
    assert mailbox.take() == (1, "b")
    assert mailbox.take() is None


def test_mailbox_drops_frames_of_an_older_job():
    mailbox = LatestFrame()
    mailbox.put(1, "old")
    mailbox.advance(2)
    assert mailbox.take() is None
    assert not mailbox.put(1, "late")
    assert mailbox.put(2, "new")
    assert mailbox.take() == (2, "new")


def test_worker_reports_items_in_order_and_then_done(worker):
    seen = []
    worker.submit(
        lambda token: range(3), lambda _, item: seen.append(item), lambda _, cancelled: seen.append(cancelled)
    )
    assert worker.wait(5)
    assert seen == [0, 1, 2, False]


def test_a_new_job_cancels_the_running_one_within_one_step(worker):
    started, steps, ends = threading.Event(), [], []

    def endless(token: CancelToken):
        try:
            while True:
                steps.append(token.cancelled)
                started.set()
                time.sleep(0.01)
                yield len(steps)
        finally:
            ends.append("closed")

    first = worker.submit(endless, on_done=lambda stamp, cancelled: ends.append((stamp, cancelled)))
    assert started.wait(5)
    second = worker.submit(lambda token: ["only"], on_item=lambda stamp, item: ends.append((stamp, item)))
    assert worker.wait(5)
    assert ends == ["closed", (first, True), (second, "only")]
    assert not any(steps)  # no step started after the cancel


def test_a_job_replaced_before_it_starts_is_dropped(worker):
    began, gate, ran = threading.Event(), threading.Event(), []

    def blocked(token):
        began.set()
        gate.wait(5)
        yield 1

    worker.submit(blocked)
    assert began.wait(5)
    worker.submit(lambda token: ran.append("second") or [])
    worker.submit(lambda token: ran.append("third") or [])
    gate.set()
    assert worker.wait(5)
    assert ran == ["third"]


def test_an_error_in_a_job_is_reported_and_the_worker_continues(worker):
    errors, seen = [], []

    def broken(token):
        yield 1
        raise ValueError("no")

    worker.submit(broken, on_error=lambda stamp, error: errors.append((stamp, str(error))))
    assert worker.wait(5)
    worker.submit(lambda token: [7], on_item=lambda _, item: seen.append(item))
    assert worker.wait(5)
    assert errors == [(1, "no")]
    assert seen == [7]


def test_an_error_in_a_callback_is_reported_like_one_in_the_job(worker):
    errors, closed = [], []

    def job(token):
        try:
            yield 1
        finally:
            closed.append(True)

    def on_item(stamp, item):
        raise RuntimeError("callback")

    worker.submit(job, on_item, on_error=lambda _, error: errors.append(str(error)))
    assert worker.wait(5)
    assert errors == ["callback"]
    assert closed == [True]


def test_cancel_stops_the_job_and_close_ends_the_thread(worker):
    started, done = threading.Event(), []

    def endless(token):
        while True:
            started.set()
            time.sleep(0.005)
            yield None

    worker.submit(endless, on_done=lambda _, cancelled: done.append(cancelled))
    assert started.wait(5)
    worker.cancel()
    assert worker.wait(5)
    assert done == [True]
    worker.close()
    worker.close()
    with pytest.raises(RuntimeError, match="closed"):
        worker.submit(lambda token: [])
    assert all(thread.name != "test-worker" for thread in threading.enumerate())


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def paced():
    clock, sent = Clock(), []
    return clock, sent, FramePacer(lambda seq, stamp, frame: sent.append((seq, stamp, frame)), clock=clock)


def test_pacer_sends_at_most_twelve_frames_a_second(paced):
    clock, sent, pacer = paced
    for i in range(100):
        clock.now = i / 100
        pacer.offer(1, i)
        if sent:
            pacer.ack(sent[-1][0])
    assert 11 <= len(sent) <= 13
    frames = [frame for _, _, frame in sent]
    assert frames == sorted(frames)
    assert frames[0] == 0


def test_pacer_waits_for_a_slow_viewer_and_then_sends_the_newest(paced):
    clock, sent, pacer = paced
    for i in range(4):
        clock.now = i / 10
        pacer.offer(1, i)
    assert [frame for _, _, frame in sent] == [0, 1]
    pacer.ack(1)
    assert [frame for _, _, frame in sent] == [0, 1, 3]


def test_pacer_continues_without_acknowledgements(paced):
    clock, sent, pacer = paced
    for i in range(21):
        clock.now = i / 10
        pacer.offer(1, i)
    assert 6 <= len(sent) <= 10


def test_pacer_always_sends_the_last_frame(paced):
    _, sent, pacer = paced
    for i in range(5):
        pacer.offer(1, i)
    pacer.finish(1)
    assert sent[-1][2] == 4
    pacer.finish(1, "final")
    assert sent[-1][2] == "final"
    count = len(sent)
    pacer.finish(1)
    assert len(sent) == count


def test_a_new_stream_drops_frames_of_the_old_edit(paced):
    _, sent, pacer = paced
    for i in range(3):
        pacer.offer(1, i)
    pacer.begin(2)
    pacer.offer(1, "late")
    pacer.offer(2, "new")
    assert [(stamp, frame) for _, stamp, frame in sent] == [(1, 0), (2, "new")]


@pytest.mark.skipif(sys.platform != "linux", reason="a thread's niceness is Linux's alone")
def test_a_background_worker_has_a_lower_thread_priority():
    found = []

    def job(_token):
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        yield

    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    worker = Worker("polite", niceness=before + 3)
    worker.submit(job)
    assert worker.wait(10)
    worker.close()
    assert found == [before + 3]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before


@pytest.mark.slow
def test_a_script_exits_cleanly_while_a_worker_computes():
    code = """if True:
        import torch
        from editgan_widgets.streaming import Worker
        torch.set_num_threads(1)
        x = torch.randn(600, 600)
        def job(token):
            while True:
                yield x @ x
        Worker("computing").submit(job)
    """
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", code], check=False, timeout=60, capture_output=True)
        assert done.returncode == 0, done.stderr[-2000:]
