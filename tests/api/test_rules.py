from tests.api.test_tasks import problem


def test_the_rules_in_force_and_the_text_behind_the_digest_of_a_decision(client):
    posted = client.post("/v1/tasks", json={"id": "t1", "text": "network"}).json()
    digest = client.get(f"/v1/decisions/{posted['decision_id']}").json()["trace"]["rules_digest"]
    body = client.get("/v1/rules").json()
    assert body["in_force"]["digest"] == digest
    assert (body["in_force"]["from"], body["in_force"]["problem"]) == ("file", "")
    assert (body["counts"], body["differences"]) == ([], [])
    version = client.get(f"/v1/rules/{digest}").json()
    assert "critical-needs-a-person" in version["files"]["desk.yaml"]
    assert client.get(f"/v1/rules/{digest[:8]}").json() == version


def test_a_digest_that_is_none_of_ours(client):
    problem(client.get("/v1/rules/abcdef"), 404)
    problem(client.get("/v1/rules/xyz"), 422)
    problem(client.get("/v1/rules", params={"limit": 101}), 422, "limit")
