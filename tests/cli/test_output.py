"""What commands tell on stderr while they work."""

from signalbox.cli import output


def test_without_a_terminal_there_is_a_line_at_the_start_and_one_now_and_then(capsys, monkeypatch):
    clock = iter([0.0, 4.0, 11.0, 12.0, 25.0])
    monkeypatch.setattr(output.time, "monotonic", lambda: next(clock))
    with output.progress("evaluating") as report:
        assert capsys.readouterr().err == "evaluating ...\n"
        for share in (0.1, 0.2, 0.3, 0.9):
            report("walking the rows", share)
    told = capsys.readouterr()
    assert told.err.splitlines() == [
        "evaluating: walking the rows 20% after 11 s",
        "evaluating: walking the rows 90% after 25 s",
    ]
    assert told.out == ""
