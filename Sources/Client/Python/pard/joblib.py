"""joblib on warm workers, and with it whatever has `n_jobs`, such as scikit-learn.

>>> import joblib, pard.joblib
>>> with joblib.parallel_config(backend="pard", n_jobs=2):
...     scores = cross_val_score(model, X, y)

Importing this module registers the backend. With scikit-learn in the program its usual parts are loaded in the workers before
they are forked, so that only the first use of all waits for that; `parallel_config(..., preload=[...])` names other modules.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Callable, Optional, Sequence, Tuple

from joblib.parallel import (  # type: ignore[import-untyped,import-not-found,unused-ignore]
    AutoBatchingMixin,
    FallbackToBackend,
    ParallelBackendBase,
    SequentialBackend,
    register_parallel_backend,
)

from ._executors import WarmProcesses
from ._future import Future

__all__ = ["PardBackend"]

#: Always the same, so that all programs have the same warm workers.
_SKLEARN = ("sklearn.ensemble", "sklearn.linear_model", "sklearn.model_selection", "sklearn.pipeline", "sklearn.svm")


class PardBackend(AutoBatchingMixin, ParallelBackendBase):  # type: ignore[misc,unused-ignore]
    """The backend `pard` of joblib: a `WarmProcesses` for each `Parallel`, or for the block in which one is used as a context."""

    supports_retrieve_callback = True
    supports_inner_max_num_threads = False
    default_n_jobs = -1

    def __init__(
        self,
        nesting_level: Optional[int] = None,
        inner_max_num_threads: Optional[int] = None,
        preload: Optional[Sequence[str]] = None,
        python: Optional[str] = None,
    ) -> None:
        super().__init__(nesting_level=nesting_level, inner_max_num_threads=inner_max_num_threads)
        self._preload = preload
        self._python = python
        self._executor: Optional[WarmProcesses] = None

    def effective_n_jobs(self, n_jobs: Optional[int]) -> int:
        if n_jobs == 0:
            raise ValueError("n_jobs == 0 in Parallel has no meaning")
        if n_jobs is None:
            return 1
        return n_jobs if n_jobs > 0 else max(1, len(os.sched_getaffinity(0)) + 1 + n_jobs)

    def configure(self, n_jobs: int = 1, parallel: Any = None, **ignored: Any) -> int:
        count = self.effective_n_jobs(n_jobs)
        self.parallel = parallel
        if count == 1:
            raise FallbackToBackend(SequentialBackend(nesting_level=self.nesting_level))
        preload: Sequence[str] = self._preload if self._preload is not None else _usual_modules()
        self._executor = WarmProcesses(count, preload=preload, python=self._python)
        return count

    def submit(self, func: Callable[[], Any], callback: Optional[Callable[[Any], None]] = None) -> Future:
        assert self._executor is not None, "configure() comes first"
        future = self._executor.submit(func)
        if callback is not None:
            future.add_done_callback(callback)
        return future

    def apply_async(self, func: Callable[[], Any], callback: Optional[Callable[[Any], None]] = None) -> Future:
        """As joblib before 1.5 calls `submit`."""
        return self.submit(func, callback)

    def retrieve_result_callback(self, future: Future) -> Any:
        return future.result()

    def get_nested_backend(self) -> Tuple[Any, Optional[int]]:
        """Calls within calls take turns: there are as many workers as asked for already."""
        return SequentialBackend(nesting_level=(self.nesting_level or 0) + 1), None

    def terminate(self) -> None:
        if self._executor is not None:
            self._executor.shutdown()
            self._executor = None
        self.reset_batch_stats()

    def abort_everything(self, ensure_ready: bool = True) -> None:
        if self._executor is not None:
            self._executor.kill_workers()
            self._executor = None
        if ensure_ready:
            self.configure(n_jobs=self.parallel.n_jobs, parallel=self.parallel)


def _usual_modules() -> Tuple[str, ...]:
    return _SKLEARN if "sklearn" in sys.modules else ("joblib",)


register_parallel_backend("pard", PardBackend)
