"""The answer cache: bounded, off by default."""

from agents.cache import Cache, prompt_digest
from agents.messages import Message

ASKED = [Message("user", "case")]


def test_it_keeps_nothing_by_default():
    cache = Cache()
    cache.put("m", "d", 1)
    assert cache.get("m", "d") is None


def test_the_least_recently_used_goes_first():
    cache = Cache(2)
    cache.put("m", "a", 1)
    cache.put("m", "b", 2)
    assert cache.get("m", "a") == 1
    cache.put("m", "c", 3)
    assert cache.get("m", "b") is None
    assert (cache.get("m", "a"), cache.get("m", "c"), len(cache)) == (1, 3, 2)


def test_another_model_has_other_answers():
    cache = Cache(2)
    cache.put("m", "a", 1)
    assert cache.get("n", "a") is None


def test_the_digest_is_of_all_that_the_answer_depends_on():
    one = prompt_digest(ASKED, ["a", "b"], [])
    assert one == prompt_digest([("user", "case")], ("a", "b"), ())
    assert len({one, prompt_digest(ASKED, ["b", "a"], []), prompt_digest(ASKED, ["a"], ["b"])}) == 3
