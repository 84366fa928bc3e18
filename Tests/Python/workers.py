"""Which workers the tests of the package use: the daemon's, or those of `double`, where PARD_TEST_WORKERS says so."""

import os

import pard._open


def use():
    if os.environ.get("PARD_TEST_WORKERS") == "double":
        import double

        pard._open.lease = double.Lease


def are_real():
    return os.environ.get("PARD_TEST_WORKERS") != "double"
