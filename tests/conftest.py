"""What all tests share: one thread of BLAS, since several would wait for each other over matrices as small as here."""

import pytest

from minibnn.cores import blas_threads


@pytest.fixture(scope="session", autouse=True)
def one_thread_of_blas():
    with blas_threads(1):
        yield
