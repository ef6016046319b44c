"""Compiled code is ready before anybody asks, and stays one specialisation."""

from __future__ import annotations

import sys
from pathlib import Path

import numba
import numpy as np
import pytest
from tertius.queries.network import kernel, kernel_jit, kernel_paths, kernel_ties, warm

KERNELS = [
    function
    for module in (kernel, kernel_paths, kernel_ties)
    for function in vars(module).values()
    if hasattr(function, "signatures")
]


@pytest.mark.parametrize("function", KERNELS, ids=lambda function: function.__name__)
def test_every_kernel_is_compiled_once_at_import(function: object) -> None:
    assert len(function.signatures) == 1  # type: ignore[attr-defined]
    assert function.nopython_signatures  # type: ignore[attr-defined]


def test_mapped_read_only_arrays_use_the_same_code(tmp_path: Path) -> None:
    values = np.array([2, 0, 1, 0], dtype=np.int32)
    np.save(tmp_path / "v.npy", values)
    mapped = np.asarray(np.load(tmp_path / "v.npy", mmap_mode="r"))
    assert not mapped.flags.writeable
    expected = [1, 3, 2, 0]
    assert kernel_ties.order_pairs(mapped, mapped, 3, 0, 3).tolist() == expected
    assert kernel_ties.order_pairs(values, values, 3, 0, 3).tolist() == expected
    assert len(kernel_ties.order_pairs.signatures) == 1
    with pytest.raises(TypeError, match="No matching definition"):
        kernel_ties.order_pairs(values.astype(np.int64), values, 3, 0, 3)


def test_pairs_are_ordered_stably_by_both_ends() -> None:
    draw = np.random.default_rng(1)
    low, high = (draw.integers(0, 20, 500).astype(np.int32) for _ in range(2))
    expected = np.lexsort([high, low]).tolist()
    assert kernel_ties.order_pairs(low, high, 20, 0, 20).tolist() == expected
    parts = [kernel_ties.order_pairs(low, high, 20, *piece) for piece in ((0, 7), (7, 8), (8, 20))]
    assert np.concatenate(parts).tolist() == expected


def test_warming_loads_every_module_with_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    package = "tertius.queries.network"
    names = {f"{package}.{path.stem}" for path in Path(kernel.__file__).parent.glob("kernel*.py")}
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert warm() > 0
    assert names <= set(sys.modules)


def test_kernels_compile_where_nothing_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    # No directory for numba's cache: neither beside the files nor in the user's cache directory.
    monkeypatch.setattr(numba.core.caching.CacheImpl, "_locator_classes", [])

    @kernel_jit.njit(kernel_jit.int64(kernel_jit.int64))
    def twice(value: int) -> int:
        return 2 * value

    assert twice(21) == 42


def test_other_failures_to_compile_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> object:
        raise RuntimeError("something else")

    monkeypatch.setattr(numba, "njit", broken)
    with pytest.raises(RuntimeError, match="something else"):
        kernel_jit.njit(kernel_jit.int64(kernel_jit.int64))(abs)
