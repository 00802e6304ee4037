import re

from hypothesis import given
from hypothesis import strategies as st

from guardrails.redaction import iban, luhn, redact


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
