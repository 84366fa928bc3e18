"""pard's executors below the real joblib, scikit-learn and Dask."""

import asyncio
import functools
import os
import subprocess
import sys
import unittest

import helper_functions
import pard
import workers

try:
    import joblib

    import pard.joblib
except ImportError:
    joblib = None
try:
    import sklearn.linear_model
    import sklearn.model_selection
    from sklearn.datasets import make_classification
except ImportError:
    sklearn = None
try:
    import dask
    import distributed

    import pard.dask
except ImportError:
    dask = None

workers.use()
HERE = os.path.dirname(os.path.abspath(__file__))


@unittest.skipIf(joblib is None, "without joblib")
class JoblibTests(unittest.TestCase):
    def setUp(self):
        context = joblib.parallel_config(backend="pard", n_jobs=2)
        context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def test_calls_run_on_workers_in_their_order(self):
        calls = (joblib.delayed(helper_functions.square)(x) for x in range(1000))
        self.assertEqual(joblib.Parallel()(calls), [x * x for x in range(1000)])
        pids = joblib.Parallel()(joblib.delayed(helper_functions.nap)(0.01) for _ in range(8))
        self.assertNotIn(os.getpid(), pids)

    def test_results_come_as_a_generator(self):
        for kind in ("generator", "generator_unordered"):
            parallel = joblib.Parallel(return_as=kind)
            found = parallel(joblib.delayed(helper_functions.square)(x) for x in range(50))
            self.assertEqual(sorted(found), [x * x for x in range(50)])

    def test_lambdas_are_called(self):
        self.assertEqual(joblib.Parallel()(joblib.delayed(lambda x: x + 1)(x) for x in range(3)), [1, 2, 3])

    def test_one_context_serves_many_calls(self):
        with joblib.Parallel() as parallel:
            executor = parallel._backend._executor
            for _ in range(3):
                self.assertEqual(parallel(joblib.delayed(abs)(x) for x in (-1, -2)), [1, 2])
            self.assertIs(parallel._backend._executor, executor)

    def test_an_exception_comes_back_and_the_next_call_runs(self):
        with self.assertRaisesRegex(helper_functions.Boom, "words"):
            joblib.Parallel()(joblib.delayed(helper_functions.boom)("words") for _ in range(4))
        self.assertEqual(joblib.Parallel()([joblib.delayed(abs)(-1)]), [1])

    def test_a_worker_that_dies_is_told(self):
        with self.assertRaisesRegex(pard.WorkerLost, "exit code 3"):
            joblib.Parallel()(joblib.delayed(os._exit)(3) for _ in range(2))

    def test_a_call_within_a_call_runs(self):
        calls = (joblib.delayed(nested)(x) for x in range(4))
        self.assertEqual(joblib.Parallel()(calls), [[x, x + 1] for x in range(4)])

    @unittest.skipIf(sklearn is None, "without scikit-learn")
    def test_scikit_learn_has_its_jobs_done(self):
        X, y = make_classification(500, 10, random_state=0)
        model = sklearn.linear_model.LogisticRegression(max_iter=200)
        score = functools.partial(sklearn.model_selection.cross_val_score, model, X, y, cv=4)
        self.assertEqual(list(score(n_jobs=2)), list(score(n_jobs=1)))
        grid = sklearn.model_selection.GridSearchCV(model, {"C": [0.1, 1, 10]}, n_jobs=2).fit(X, y)
        self.assertIn(grid.best_params_["C"], (0.1, 1, 10))


def nested(x):
    return joblib.Parallel(n_jobs=2)(joblib.delayed(abs)(-y) for y in (x, x + 1))


@unittest.skipIf(dask is None, "without Dask")
class LocalDaskTests(unittest.TestCase):
    def test_an_executor_is_a_scheduler_and_a_pool(self):
        import dask.bag

        bag = dask.bag.from_sequence(range(1000), npartitions=8).map(helper_functions.square).sum()
        expected = sum(x * x for x in range(1000))
        with pard.WarmProcesses(2) as executor:
            self.assertEqual(bag.compute(scheduler=executor), expected)
            with dask.config.set(scheduler="processes", pool=executor):
                self.assertEqual(bag.compute(), expected)


@unittest.skipIf(dask is None, "without Dask")
class ClusterTests(unittest.TestCase):
    def run_on_cluster(self, body, **worker_options):
        async def main():
            async with distributed.Scheduler(host="127.0.0.1", port=0, dashboard_address=":0") as scheduler:
                options = dict(nthreads=2, host="127.0.0.1", dashboard_address=":0", **worker_options)
                async with distributed.Worker(scheduler.address, **options) as worker:
                    async with distributed.Client(scheduler.address, asynchronous=True) as client:
                        await body(client, worker)

        asyncio.run(asyncio.wait_for(main(), 90))

    def test_the_plugin_gives_workers_an_executor(self):
        async def body(client, worker):
            await client.register_plugin(pard.dask.PardPlugin())
            with dask.annotate(executor="pard"):
                futures = client.map(helper_functions.nap, [0.02] * 8, pure=False)
                pids = set(await client.gather(futures))
            self.assertEqual(len(pids), 2)
            self.assertNotIn(os.getpid(), pids)
            await client.unregister_worker_plugin("pard")
            self.assertNotIn("pard", worker.executors)

        self.run_on_cluster(body)

    def test_a_crash_costs_one_task(self):
        async def body(client, worker):
            with self.assertRaisesRegex(Exception, "exit code 4"):
                await client.submit(os._exit, 4, retries=0)
            self.assertEqual(await client.submit(helper_functions.square, 5), 25)
            with self.assertRaises(ZeroDivisionError):
                await client.submit(divmod, 1, 0)

        with pard.WarmProcesses(2) as executor:
            self.run_on_cluster(body, executor={"default": executor})

    def test_the_command_loads_it(self):
        code = "import workers; workers.use(); from distributed.cli.dask_worker import main; main()"
        paths = os.pathsep.join([HERE, os.environ.get("PYTHONPATH", "")])

        async def body():
            async with distributed.Scheduler(host="127.0.0.1", port=0, dashboard_address=":0") as scheduler:
                words = [scheduler.address, "--no-nanny", "--no-dashboard", "--nthreads", "2", "--preload", "pard.dask"]
                program = subprocess.Popen(
                    [sys.executable, "-c", code, *words], env=dict(os.environ, PYTHONPATH=paths), stderr=subprocess.DEVNULL
                )
                try:
                    async with distributed.Client(scheduler.address, asynchronous=True) as client:
                        with dask.annotate(executor="pard"):
                            pid = await client.submit(helper_functions.nap, 0.01)
                        self.assertNotIn(pid, (program.pid, os.getpid()))
                finally:
                    program.terminate()
                    program.wait(30)

        asyncio.run(asyncio.wait_for(body(), 90))


if __name__ == "__main__":
    unittest.main()
