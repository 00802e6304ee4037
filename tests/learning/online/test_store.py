import json

import pytest

from signalbox.domain.errors import BadModel
from signalbox.learning.online.store import load_online, write_online
from signalbox.learning.online.walker import OnlineRouter
from tests.learning.online.streams import FixedRouter, follow, small, tickets


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("model")
    write_online(path, tickets(900), FixedRouter(), small(), fit=True)
    return path


def test_a_stored_learner_decides_as_the_first_one(folder):
    stream = tickets(200, seed=1)
    first = OnlineRouter(FixedRouter(), small(), tickets(900))
    second = load_online(folder, FixedRouter())
    assert (follow(first, stream)[1] == follow(second, stream)[1]).mean() > 0.97
    assert second.learner is not None and second.learner.forest is not None


def test_without_refit_the_history_stays_unread(folder):
    assert load_online(folder, FixedRouter(), small(refit=False)).learner is None


def test_writing_again_replaces_and_leaves_nothing_behind(folder):
    write_online(folder, tickets(400), FixedRouter(), small())
    assert [p.name for p in folder.iterdir()] == ["online"]
    assert not (folder / "online" / "warm.npz").exists()
    write_online(folder, tickets(900), FixedRouter(), small(), fit=True)


def test_an_altered_file_is_refused(tmp_path):
    write_online(tmp_path, tickets(100), FixedRouter(), small())
    file = tmp_path / "online" / "history.json.gz"
    file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(BadModel, match="checksum"):
        load_online(tmp_path, FixedRouter())


def test_no_folder_and_another_format_are_refused(tmp_path):
    with pytest.raises(BadModel, match="cannot be read"):
        load_online(tmp_path, FixedRouter())
    (tmp_path / "online").mkdir()
    (tmp_path / "online" / "manifest.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(BadModel, match="format 99"):
        load_online(tmp_path, FixedRouter())


def test_old_history_is_left_out(tmp_path):
    write_online(tmp_path, tickets(500), FixedRouter(), small(max_history=120))
    online = load_online(tmp_path, FixedRouter())
    assert online.learner is not None
    assert online.learner.members.counts.rows == 120


def test_the_promise_is_that_of_the_certificate(tmp_path):
    class Certified(FixedRouter):
        class certificate:  # noqa: N801
            target_error = 0.1

    write_online(tmp_path, tickets(100), Certified())
    assert load_online(tmp_path, Certified()).config.target_accuracy == 0.9
