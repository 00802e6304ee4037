import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails import Redactor
from guardrails.redaction import Redacted, iban, luhn, redact


def test_what_identifies_a_person_is_replaced_and_counted():
    text = (
        "Mail ann@example.org or ben@example.org, ann@example.org is faster. "
        "IBAN GB82 WEST 1234 5698 7654 32."
    )
    found = redact(text)
    assert found.count == 4
    assert "[EMAIL_1] or [EMAIL_2], [EMAIL_1]" in found.text
    assert "WEST" not in found.text


def test_a_number_is_a_card_only_when_its_checksum_says_so():
    assert redact("card 4111 1111 1111 1111").text == "card [CARD_1]"
    assert redact("job 4111 1111 1111 1112").count == 0


def test_keys_and_tokens_go_and_job_numbers_stay():
    assert redact("sk-abcdefghijklmnop1234").text == "[KEY_1]"
    assert redact("INC0042195 on host srv-0193 error 0x80070005").count == 0


def test_checksums_follow_their_standards():
    assert luhn("79927398713") and not luhn("79927398710")
    assert iban("GB82WEST12345698765432") and not iban("GB82WEST12345698765431")


@given(st.text(max_size=400))
def test_redacting_twice_changes_nothing_more(text):
    once = redact(text)
    assert redact(once.text).text == once.text


@given(st.emails())
def test_no_plain_address_survives(address):
    if re.fullmatch(r"[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}", address):
        assert address not in redact(f"write to {address} today").text


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("call 0170 1234567 now", "call [PHONE_1] now"),
        ("call +49 170 1234567.", "call [PHONE_1]."),
        ("call +44 7700 900123", "call [PHONE_1]"),
        ("call 01701234567", "call [PHONE_1]"),
        ("call 0049/170/1234567", "call [PHONE_1]"),
        ("(+49 170 1234567)", "([PHONE_1])"),
        ("call (030) 1234 5678", "call [PHONE_1]"),
        ("call +49 (0)170 1234567 or +49\u00a0170\u00a01234567", "call [PHONE_1] or [PHONE_2]"),
        ("on 2024-01-15 0170 1234567", "on 2024-01-15 [PHONE_1]"),
        ("+49 170 1234567 471100", "[PHONE_1] 471100"),
        ("555-123-4567 or 555.123.4568", "[PHONE_1] or [PHONE_2]"),
        ("password: hunter2, please", "password: [SECRET_1], please"),
        ('{"db_password": "hunt er,2", "a": 1}', '{"db_password": [SECRET_1], "a": 1}'),
        ("PWD=hunter2;x", "PWD=[SECRET_1]"),
        ("client_secret: abc secret: abc", "client_secret: [SECRET_1] secret: [SECRET_1]"),
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer [SECRET_1]"),
        ("authorization: Basic dXNlcjpwdw==", "authorization: Basic [SECRET_1]"),
        ("https://u:p@w@host/x?y=z", "https://[LOGIN_1]@host/x?y=z"),
        ("4111.1111.1111.1111", "[CARD_1]"),
        ("4111\u00a01111\u00a01111\u00a01111", "[CARD_1]"),
        ("4111 1111 1111 1111 12/27", "[CARD_1] 12/27"),
        ("\uff4aane\uff20corp.com", "[EMAIL_1]"),
        ("jane@m\u00fcller.de", "[EMAIL_1]"),
        ("/find/zoe%40example.org?x=1", "/find/[EMAIL_1]?x=1"),
        ("DE89 3704 0044 0532 0130 00 AND MORE", "[IBAN_1] AND MORE"),
        ("AB12 de89370400440532013000.", "AB12 [IBAN_1]."),
        ("12 34 0170 1234567", "12 34 [PHONE_1]"),
        ("0170 1234567+49 170 1234567", "[PHONE_1][PHONE_2]"),
        ("\u0660\u0661\u0667\u0660 \u0661\u0662\u0663\u0664\u0665\u0666\u0667", "[PHONE_1]"),
        ("20.5 4111 1111 1111 1111, 9", "20.5 [CARD_1], 9"),
        ("ghp_abcdefghij0123456789 AKIAABCDEFGHIJKLMNOP", "[KEY_1] [KEY_2]"),
        ("password=" + "x" * 900, "password=[SECRET_1]"),
    ],
)
def test_what_people_write_is_found_and_nothing_beside_it(text, redacted):
    assert redact(text).text == redacted


@pytest.mark.parametrize(
    "text",
    [
        "born 1980-02-03",
        "on 03.02.1980 12:30 and 1/2/1980",
        "2024-05-01T10:30:00 or 2024-05-01 10:30",
        "version 10.20.30.40 and 1.2.3-4, 2024.11.3",
        "192.168.100.200 10.0.0.1",
        "job 4711",
        "https://host/a?mail=x and 3 of 1234567",
        "the password has expired",
        "0.8960886595205938 and 12.4111111111111111",
        "DE89 3704 0044 0532 0130 02",
        "it takes 1500 2000 at most",
        "1+12345678",
    ],
)
def test_dates_versions_and_job_numbers_stay(text):
    assert redact(text) == Redacted(text, 0)


pieces = st.sampled_from(
    [
        *("0170 1234567", "+49", "(030)", "4111 1111 1111 1111", "password: ", "Bearer ", "12"),
        *("https://", "u:pw@", "host", "a@b.de", "[PHONE_1]", "[SECRET_1]", "1980-02-03", "00"),
        *("sk-abcdefghijklmnop", *" .-'x,\u00a0", '"'),
    ]
)


@given(st.lists(pieces, max_size=14).map("".join))
def test_redacting_fragments_twice_changes_nothing_more(text):
    once = redact(text)
    assert redact(once.text).text == once.text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("DE89\n3704 0044 0532 0130 00", "[IBAN_1]"),
        ("DE 89 3704 0044 0532 0130 00", "[IBAN_1]"),
        ("DE89.3704.0044.0532.0130.00", "[IBAN_1]"),
        ("\uff24\uff2589370400440532013000", "[IBAN_1]"),
        ("IBANDE89370400440532013000", "IBAN[IBAN_1]"),
        ("DE89370400440532013000EUR", "[IBAN_1]EUR"),
        ("4111 1111\n1111 1111", "[CARD_1]"),
        ("4111/1111/1111/1111", "[CARD_1]"),
        ("4111_1111_1111_1111", "[CARD_1]"),
        ("> 4111 1111\n> 1111 1111", "> [CARD_1]"),
        ("ann\u200b.lee@exam\u00adple.com", "[EMAIL_1]"),
        ("41\u200b11 1111 1111 1111", "[CARD_1]"),
        ("pass\u200bword: hunter2", "password: [SECRET_1]"),
        ("\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44\uff1ahunter2",
         "\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44\uff1a[SECRET_1]"),
        ("sbk_3a8cd20f11_BVT2abcdefabcdef0123", "[KEY_1]"),
        ("whsec_K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H+pI4=", "[KEY_1]"),
        ("ya29.a0AfH6SMBx1234567890abc", "[KEY_1]"),
        ("SG.abcdefghijklmnopqrstuv.ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefg", "[KEY_1]"),
        ("cookie: sid=abc123", "cookie: [SECRET_1]"),
        ("//user:pass@host/x", "//[LOGIN_1]@host/x"),
        ("password%3Dhunter2", "password%3D[SECRET_1]"),
    ],
)  # fmt: skip
def test_it_is_found_across_lines_and_marks_and_what_cannot_be_seen(text, shown):
    assert Redactor()(f"see {text} there") == f"see {shown} there"


@pytest.mark.parametrize(
    "text",
    ["1200 1300\n1400 1500", "versions 10.0.0/12.1.3", "a // comment", "the cookies are off",
     "\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"],
)  # fmt: skip
def test_what_is_none_of_it_stays_as_it_is(text):
    assert Redactor()(text) == text
