"""One redactor a task: stable placeholders, and a mapping that stays where it is."""

import copy
import json
import pickle
import time

import pytest

from guardrails import screen
from guardrails.redaction import Redactor, redact
from guardrails.screening import SCREENED_CHARACTERS
from signalbox.domain.consultation import Consultation
from signalbox.domain.task import Task

TASK = Task(
    id="t1",
    text="from ann@example.org to ben@example.org, call +49 170 1234567",
    attributes={"caller": "Ben@Example.org", "ben@example.org": "x", "phone": "+49-170-1234567"},
)


def test_one_value_has_one_placeholder_however_it_is_spelt_and_wherever_it_stands():
    screened = screen(TASK)
    assert screened.excerpt == "from [EMAIL_1] to [EMAIL_2], call [PHONE_1]"
    assert screened.attributes == {"caller": "[EMAIL_2]", "[EMAIL_2]": "x", "phone": "[PHONE_1]"}


def test_what_is_said_later_goes_on_with_the_same_placeholders():
    redactor = Redactor()
    screen(TASK, redactor)
    assert redactor("ben@example.org asked for eve@example.org") == "[EMAIL_2] asked for [EMAIL_3]"


def test_the_same_task_is_redacted_the_same_way_and_another_one_by_itself():
    assert screen(TASK) == screen(TASK)
    other = TASK.model_copy(update={"text": "from ben@example.org"})
    assert screen(other).excerpt == "from [EMAIL_1]"


def test_two_names_of_attributes_stay_two():
    attributes = {"a@example.org": "1", "b@example.org": "2"}
    assert screen(Task(id="t", attributes=attributes)).attributes == {
        "[EMAIL_1]": "1",
        "[EMAIL_2]": "2",
    }


def test_the_mapping_cannot_be_shown_copied_pickled_or_dumped():
    redactor = Redactor()
    redactor("ann@example.org")
    assert "ann" not in repr(redactor) + str(redactor)
    for taken in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="stays in its process"):
            taken(redactor)
    with pytest.raises(TypeError):
        json.dumps(redactor)
    with pytest.raises(TypeError):
        vars(redactor)


def test_a_consultation_takes_it_along_in_this_process_only():
    redactor = Redactor()
    redactor("ann@example.org")
    question = Consultation(
        kind="routing", tenant="default", subject="t1", offered=("a",), redact=redactor
    )
    assert "redact" not in question.model_dump() and "redact" not in question.model_dump_json()
    assert "Redactor" not in repr(question)
    with pytest.raises(TypeError, match="stays in its process"):
        pickle.dumps(question)


CRAFTED = (
    *("0170 ", "0049 341-", "1-", "1 ", "123 ", "1/", "34111 1111 1111 1111 ", "GB82 ", "sk-eyJ"),
    *("DE89 3704 ", "a@", "token=", "password ", "password is ", "://", "eyJaaaaaaaa.", "(1)", "+"),
    *("pass:DE0049passwordpassword@", "\u0663", "a.b-", "bearer ", "4111 1111 1111 1111 "),
)


@pytest.mark.parametrize("unit", CRAFTED)
def test_the_work_grows_with_the_length_and_not_faster(unit):
    """Of 16 times the text each part may take 4 times as long; quadratic would be 16 times."""

    def seconds(characters):
        text = (unit * characters)[:characters]
        taken = []
        for _ in range(3):
            began = time.process_time()
            redact(text)
            taken.append(time.process_time() - began)
        return min(taken)

    assert seconds(64_000) < 16 * 4 * max(seconds(4_000), 0.0005)


def test_only_the_beginning_of_a_very_long_text_is_looked_at():
    text = "x" * SCREENED_CHARACTERS + " ann@example.org"
    screened = screen(Task(id="t", text=text))
    assert (screened.redactions, len(screened.excerpt)) == (0, SCREENED_CHARACTERS)
