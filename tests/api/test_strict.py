"""Bodies that are refused before a route sees them, on every route that takes one."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.test_tasks import problem

JSON = {"content-type": "application/json"}
DEEP = 100_000


@pytest.fixture
def paths(client):
    """One path for each kind of body, with a decided task and a waiting approval behind them."""
    client.post("/v1/tasks", json={"id": "decided", "text": "payroll"})
    waiting = client.post("/v1/tasks", json={"id": "waiting", "text": "odd"}).json()
    return (
        "/v1/tasks",
        "/v1/tasks/batch",
        "/v1/tasks/decided/outcome",
        f"/v1/approvals/{waiting['approval_id']}",
    )


def state(client):
    """What a refused request must not have touched."""
    return (
        client.get("/v1/decisions").json()["decisions"],
        client.get("/v1/approvals").json()["approvals"],
    )


@pytest.mark.parametrize("key", [None, "a-key"])
@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", 422, ["the body is empty"]),
        (b"   ", 400, ["not JSON"]),
        (b"[]", 422, ["expected a JSON object, got a list"]),
        (b"null", 422, ["expected a JSON object, got null"]),
        (b'"text"', 422, ["expected a JSON object, got text"]),
        (b"{'text': 'a'}", 400, ["character 2", "double quotes"]),
        (b'{"text": "a",}', 400, ["no comma follows"]),
        (b'{"text": "a"} {}', 400, ["Extra data"]),
        (b'{"text": "a\nb"}', 400, ["Invalid control character", "escapes"]),
        (b'{"text": "a", "text": "b"}', 400, ["'text' stands twice"]),
        (b'{"x": {"y": 1, "y": 1}}', 400, ["'y' stands twice"]),
        (b'{"text": NaN}', 400, ["NaN is not JSON"]),
        (b'{"text": -Infinity}', 400, ["Infinity is not JSON"]),
        (b'{"deadline_ms": 1e999}', 400, ["1e999 is too large"]),
        (b'{"text": ' + b"9" * 5000 + b"}", 400, ["5,000 digits"]),
        (b'{"text": ' + b"[" * DEEP + b"]" * DEEP + b"}", 400, ["nested too deep"]),
        (b'{"text": "\xff\xfe"}', 400, ["not UTF-8", "byte 11"]),
        ('{"text": "a"}'.encode("utf-16"), 400, ["UTF-16"]),
        ('{"text": "a"}'.encode("utf-16-le"), 400, ["UTF-16"]),
        (b'{"a": {"b": ["x\\u0000"]}}', 422, ["a.b.0", "NUL"]),
        (b'{"a\\u0000": 1}', 422, ["the name of a field", "NUL"]),
        (b'{"a": "\\ud800"}', 422, ["surrogate"]),
        (b'{"nonesuch": 1}', 422, ["unknown field"]),
        (b'{"' + b"n" * 100_000 + b'": 1}', 422, ["unknown field"]),
    ],
)
def test_every_route_names_what_is_wrong(client, paths, content, status, words, key):
    before = state(client)
    for place, path in enumerate(paths):
        headers = JSON | ({"idempotency-key": f"{key}-{place}"} if key else {})
        body = problem(client.post(path, content=content, headers=headers), status, *words)
        assert body["hint"]
        assert len(json.dumps(body)) < 3_000
    assert state(client) == before


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (None, "there is no Content-Type"),
        ("text/plain", "'text/plain'"),
        ("application/x-www-form-urlencoded", "urlencoded"),
        ("multipart/form-data; boundary=x", "multipart"),
    ],
)
def test_another_content_type_is_refused(client, paths, kind, says):
    for path in paths:
        headers = {} if kind is None else {"content-type": kind}
        answer = client.post(path, content=b'{"text": "a"}', headers=headers)
        assert problem(answer, 415, says)["hint"] == "send Content-Type: application/json"


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/vnd.desk+json"])
def test_json_by_any_of_its_names_is_taken(client, kind):
    content = '\ufeff{"text": "payroll caf\u00e9 \\ud83d\\ude00"}'.encode()
    answer = client.post("/v1/tasks", content=content, headers={"content-type": kind})
    assert answer.json()["team"] == "payroll"


@pytest.mark.parametrize(
    ("body", "words", "hint"),
    [
        ({"txt": "a"}, ["txt: unknown field"], "did you mean 'text'?"),
        ({"text": 5}, ["expected text, in quotes, got a number"], ""),
        ({"text": "a", "attributes": []}, ["attributes: expected a JSON object, got a list"], ""),
        ({"text": "a", "attributes": {"x": [1]}}, ["attributes.x: expected text, a number"], "one"),
        ({"text": "a", "id": "a b"}, ["id: is not an id"], "letters"),
        ({"text": "a", "id": "a\n"}, ["id: is not an id"], "letters"),
        ({"text": "a", "deadline_ms": True}, ["deadline_ms: expected a number"], ""),
        ({"text": "x" * 100_001}, ["100000"], "shorten"),
    ],
)
def test_a_field_is_put_right_in_plain_words(client, body, words, hint):
    found = problem(client.post("/v1/tasks", json=body), 422, *words)
    assert hint in found["hint"]
    assert len(found["errors"]) == 1


def test_a_batch_names_both_places_of_a_repeated_id(client):
    tasks = [{"id": "a", "text": "x"}, {"text": "y"}, {"id": "a", "text": "z"}]
    answer = client.post("/v1/tasks/batch", json={"tasks": tasks})
    problem(answer, 422, "tasks.0.id and tasks.2.id")
    assert state(client) == ([], [])


def test_an_approval_without_what_it_needs(client, paths):
    problem(client.post(paths[3], json={"decision": "aprove", "actor": "b"}), 422, "'approve'")
    problem(client.post(paths[3], json={"decision": "approve"}), 422, "actor: is missing")
    problem(client.post(paths[3], json={"decision": "edit", "actor": "b"}), 422, "edit needs")
    answer = client.post(paths[3], json={"decision": "edit", "actor": "b", "team": "netwerk"})
    problem(answer, 422, "was not offered", "network")
    assert len(state(client)[1]) == 1


def test_an_outcome_without_what_it_needs(client, paths):
    problem(client.post(paths[2], json={}), 422, "team: is missing")
    problem(client.post(paths[2], json={"team": "x" * 300}), 422, "256")
    problem(client.post(paths[2], json={"team": "x", "new_team": "yes"}), 422, "true or false")


PIECES = st.sampled_from(
    [b'{"text": "payroll"', b'"attributes": {', b'"id": "a"', b'"x": ', b"}", b"]", b"[", b",",
     b"1e999", b"NaN", b"null", b'"\\ud800"', b'"\\u0000"', b"\xff", b"-", b"9" * 500, b" "]
)  # fmt: skip
FIELDS = st.dictionaries(
    st.sampled_from(["id", "text", "attributes", "requester", "deadline_ms", "other"]) | st.text(),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=6,
    ),
    max_size=5,
).map(lambda body: json.dumps(body).encode())


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=st.binary(max_size=80) | st.lists(PIECES, max_size=12).map(b"".join) | FIELDS)
def test_whatever_the_body_the_answer_is_an_answer_or_a_problem_with_its_fix(client, content):
    answer = client.post("/v1/tasks", content=content, headers=JSON)
    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["hint"]
    else:
        assert answer.json()["task_id"]
