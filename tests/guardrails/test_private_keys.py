"""Private keys in PEM, of every kind there is and however they are quoted."""

import json

import pytest

from guardrails import Redactor

LINE = "MIIEvQIBADANBgkqhkiG9w0B"
BODY = f"{LINE}\n" * 20


def pem(kind="", begin="BEGIN", end="END"):
    return f"-----{begin} {kind}PRIVATE KEY-----\n{BODY}-----{end} {kind}PRIVATE KEY-----\n"


@pytest.mark.parametrize("kind", ["", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED ", "PGP "])
def test_a_private_key_goes_whole(kind):
    assert Redactor()(f"before {pem(kind)}| after") == "before [KEY_1]\n| after"


@pytest.mark.parametrize(
    "quoted",
    [
        json.dumps({"private_key": pem()}),
        json.dumps(json.dumps({"private_key": pem()})),
        repr(pem()),
        pem().replace("\n", "\n> "),
        pem().replace("\n", "\n| "),
        pem().replace("\n", "\n# "),
        pem().replace("\n", "<br>\n"),
        "\n".join(f'"{line}\\n" +' for line in pem().splitlines()),
        pem().lower(),
        pem(begin=" BEGIN"),
        pem("PGP ").replace("KEY-----", "KEY BLOCK-----"),
        pem().partition("-----END")[0],
    ],
)
def test_it_goes_whole_however_it_is_quoted(quoted):
    shown = Redactor()(f"before {quoted} after")
    assert shown.startswith("before ") and "[KEY_1]" in shown
    assert LINE.lower() not in shown.lower()


def test_what_stands_behind_it_stays():
    assert Redactor()(f"{pem()} please call back").endswith("[KEY_1]\n please call back")
