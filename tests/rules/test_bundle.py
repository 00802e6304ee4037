from __future__ import annotations

from pathlib import Path

import pytest

from rules import Bundle, load_bundle, load_rules, read_bundle
from rules.packs import SHIPPED
from signalbox.domain.errors import BadRules, TooLarge

MAIN = """\
name: desk
version: 1
kind: routing
facts:
  language_risk: {type: boolean, required: true}
tables: [amounts.csv]
guards:
  - id: orders
    why: the text gives orders
    owner: desk
    when: [{fact: language_risk, eq: true}]
    verdict: deny
"""
TABLE = """\
# owner: finance
id,when:amount,then:verdict,why
large,>=10000,require_approval,from 10000 somebody looks
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "desk.yaml").write_text(MAIN)
    (tmp_path / "amounts.csv").write_text(TABLE)
    (tmp_path / "other.csv").write_text(TABLE)
    return tmp_path


def test_a_rule_file_comes_with_its_tables_and_nothing_else(folder: Path) -> None:
    bundle = read_bundle(folder / "desk.yaml")
    assert bundle == Bundle("desk.yaml", {"desk.yaml": MAIN, "amounts.csv": TABLE})
    again = load_bundle(bundle)
    assert again.digest == load_rules(folder / "desk.yaml").digest
    assert [guard.id for guard in again.definition.guards] == ["orders", "large"]


def test_a_table_that_changes_makes_another_text_and_another_digest(folder: Path) -> None:
    before = read_bundle(folder / "desk.yaml")
    (folder / "amounts.csv").write_text(TABLE.replace(">=10000", ">=5000"))
    after = read_bundle(folder / "desk.yaml")
    assert after.fingerprint != before.fingerprint
    assert load_bundle(after).digest != load_bundle(before).digest


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_what_ships_means_the_same_from_its_bundle(path: Path) -> None:
    bundle = read_bundle(path)
    loaded = load_bundle(bundle)
    assert loaded.digest == load_rules(path).digest
    # The cases too, or a version would be taken untried.
    assert loaded.definition.cases == load_rules(path).definition.cases


@pytest.mark.parametrize("name", ["../other.csv", "/etc/passwd", ".hidden.csv", "sub/other.csv"])
def test_nothing_outside_its_folder_is_read(folder: Path, name: str) -> None:
    inner = folder / "inner"
    inner.mkdir()
    (inner / "desk.yaml").write_text(MAIN.replace("amounts.csv", name))
    bundle = read_bundle(inner / "desk.yaml")
    assert list(bundle.files) == ["desk.yaml"]
    with pytest.raises(BadRules, match="is not a CSV file beside this one"):
        load_bundle(bundle)


def test_a_table_that_is_not_there_is_told_when_it_is_loaded(folder: Path) -> None:
    (folder / "amounts.csv").unlink()
    with pytest.raises(BadRules, match="there is no table"):
        load_bundle(read_bundle(folder / "desk.yaml"))


@pytest.mark.parametrize("text", ["", "name: [", "tables: 3", "tables: [3]", "- a", "\tx: 1"])
def test_a_broken_file_is_read_as_it_is(folder: Path, text: str) -> None:
    (folder / "desk.yaml").write_text(text)
    bundle = read_bundle(folder / "desk.yaml")
    assert bundle.files["desk.yaml"] == text
    with pytest.raises(BadRules):
        load_bundle(bundle)


def test_a_table_too_large_is_told(folder: Path) -> None:
    (folder / "amounts.csv").write_text("#" * 1_048_577)
    with pytest.raises(TooLarge):
        read_bundle(folder / "desk.yaml")
