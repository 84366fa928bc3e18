"""Dask's tasks on warm workers: a crash costs one task, not the Dask worker with all that it holds.

On this machine alone, an executor is a scheduler or a pool:

>>> with pard.WarmProcesses() as executor:
...     bag.compute(scheduler=executor)

On a cluster, `PardPlugin` gives each of its workers such an executor, by the name "pard":

>>> client.register_plugin(pard.dask.PardPlugin())
>>> with dask.annotate(executor="pard"):
...     futures = client.map(work, items)

So does `dask worker --preload pard.dask`. Dask itself takes about two milliseconds a task: have each do many items. In such a
task there is no `get_worker()` and no `secede()`, as with any executor of processes.
"""

from __future__ import annotations

from typing import Any, Optional, Sequence

from distributed import WorkerPlugin  # type: ignore[import-untyped,import-not-found,unused-ignore]

from ._executors import WarmProcesses

__all__ = ["PardPlugin", "dask_setup"]


class PardPlugin(WorkerPlugin):  # type: ignore[misc,unused-ignore]
    """Gives each worker of a cluster an executor on the warm processes of its machine.

    workers: processes for each; as many as it has threads by default.
    preload: modules that they have loaded before they begin.
    executor: the name by which `dask.annotate` has it.
    """

    name = "pard"

    def __init__(self, workers: Optional[int] = None, preload: Sequence[str] = (), executor: str = "pard") -> None:
        self.workers = workers
        self.preload = list(preload)
        self.executor = executor

    def setup(self, worker: Any) -> None:
        worker.executors[self.executor] = WarmProcesses(self.workers or worker.state.nthreads, preload=self.preload)

    def teardown(self, worker: Any) -> None:
        executor = worker.executors.pop(self.executor, None)
        if executor is not None:
            executor.shutdown(wait=False, cancel_futures=True)


async def dask_setup(worker: Any) -> None:
    """What `dask worker --preload pard.dask` calls."""
    await worker.plugin_add(PardPlugin())
