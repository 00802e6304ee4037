"""What the description says lets a request in, held against what does."""

from api.permissions import OPEN, PERMISSIONS


def test_every_operation_says_whether_it_takes_a_key(client):
    description = client.get("/openapi.json").json()
    assert description["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    said = {
        (method.upper(), path): operation["security"]
        for path, operations in description["paths"].items()
        for method, operation in operations.items()
    }
    keyed = {operation for operation, needs in said.items() if needs == [{"key": []}]}
    assert keyed == set(PERMISSIONS)
    assert {path for (_, path), needs in said.items() if needs == []} <= set(OPEN)
