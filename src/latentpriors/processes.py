"""Work side by side: what a function gives for each of some indices, in processes that end with their parent."""

__all__ = ["die_with", "processors", "side_by_side"]

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager


def die_with(parent: int) -> None:
    """Ties this process's life to its parent's: where only dvc is killed, an orphan would go on writing into outputs.

    dvc.yaml starts its commands with `exec`, so that the parent is dvc and no shell between the two. Systems other than
    Linux have nothing of the kind.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # 1 is PR_SET_PDEATHSIG
        # A parent that died before it could be asked for was followed by one of another session, init for instance.
        session = os.getsid(0)
        if os.getppid() != parent or session not in (os.getpid(), os.getsid(parent)):
            sys.exit("error: what started this process has died")


def processors() -> int:
    """Returns how many processors this process may use, which can be fewer than the machine has."""
    from joblib import cpu_count  # here: who only needs `die_with` must not wait for it

    return cpu_count()


def side_by_side(function: Callable[[int], object], indices: Sequence[int], device: str) -> list:
    """Returns what a function gives for each index; on a CPU in forked processes of one thread each.

    The processes share the data that are loaded by now. A failure stops what has not begun. Where the environment
    variable LATENTPRIORS_PROCESSES is 0, on a GPU, and on a system other than Linux, whose libraries do not survive a
    fork, all is done one after the other in this process: with the same figures, and so that a debugger stops at its
    breakpoints.

    Raises:
        OSError: a process was killed.
    """
    most = _most()
    if device != "cpu":
        return [function(index) for index in indices]
    if most == 0 or sys.platform != "linux":
        with _one_thread():
            return [function(index) for index in indices]
    global _forked
    _forked = function
    workers = max(1, min(len(indices), most))
    with ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), _begin, (os.getpid(),)) as pool:
        runs = [pool.submit(_call, index) for index in indices]
        try:
            return [run.result() for run in runs]
        except BrokenProcessPool as error:
            raise OSError("a process was killed from outside; was there too little memory?") from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _most() -> int:
    text = os.environ.get("LATENTPRIORS_PROCESSES", "")
    if text and not text.isdecimal():
        raise ValueError(f"LATENTPRIORS_PROCESSES is {text!r}; a number of processes is needed, 0 for none beside this")
    return int(text) if text else processors()


@contextmanager
def _one_thread() -> Iterator[None]:
    import torch

    threads = torch.get_num_threads()
    try:
        with _limited():
            yield
    finally:
        torch.set_num_threads(threads)


def _limited() -> AbstractContextManager:
    """Limits this process to one thread; what is returned gives NumPy's and scikit-learn's back where it ends."""
    import torch
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(1)  # a forked process that asks for more would wait for its parent's
    return threadpool_limits(1)


def _begin(parent: int) -> None:
    die_with(parent)
    _limited()


def _call(index: int) -> object:
    return _forked(index)
