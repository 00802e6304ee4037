"""Where something stands: a line that also knows its column and its file."""

from __future__ import annotations


class Place(int):
    """A line number, counted from 1, usable as a plain int.

    ``column`` counts characters in YAML and fields in CSV, from 1; 0 is not known. ``file`` is
    set where it is another file than the one being read, such as a table that is taken in.
    """

    column: int
    file: str

    def __new__(cls, line: int, column: int = 0, file: str = "") -> Place:
        place = super().__new__(cls, line)
        place.column, place.file = column, file
        return place
