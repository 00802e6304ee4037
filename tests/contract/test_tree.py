import sys

import pytest

from signalbox.tree import PACKAGES, ForeignPackage, check_tree


def test_the_six_packages_resolve_to_this_tree():
    assert set(check_tree()) == set(PACKAGES)


def test_a_foreign_package_of_the_same_name_is_named_before_anything_runs(tmp_path, monkeypatch):
    foreign = tmp_path / "evals"
    foreign.mkdir()
    (foreign / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "evals", raising=False)
    with pytest.raises(ForeignPackage, match="package 'evals' resolves to"):
        check_tree()
