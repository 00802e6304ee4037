"""Material: what a context tells, as lines of quoted and bounded text."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from agents.contexts import Context
from agents.quoting import quote, quote_bounded

# Characters as quoted, of one text each but for the two sums.
EXCERPT = 8_000
PARTICULAR = 500
EVIDENCE_TEXT = 600
ATTRIBUTE_NAME = 64
ATTRIBUTE = 200
ATTRIBUTES = 6_000
DESCRIPTION = 160
DESCRIPTIONS = 12_000
RANKED = 5


def material_lines(context: Context) -> Iterator[str]:
    """Lines that each begin with a word of ours and hold quoted text only."""
    # Ids are chosen by callers and may be an address or a name; the model needs none of that.
    yield f"subject: {quote(sha256(context.subject.encode()).hexdigest()[:12])}"
    for label, text in context.particulars():
        yield _line(label, text, PARTICULAR)
    if context.excerpt:
        yield _line("text", context.excerpt, EXCERPT)
    room = ATTRIBUTES
    for place, (name, value) in enumerate(context.attributes.items()):
        short, _ = quote_bounded(name, ATTRIBUTE_NAME)
        line = _line(f"attribute {short}", value, ATTRIBUTE)
        room -= len(line)
        if room < 0:
            yield f"({len(context.attributes) - place} more attributes are left out)"
            break
        yield line
    for item in context.evidence:
        yield _line(f"evidence {quote(item.id)}", item.text, EVIDENCE_TEXT)


def _line(label: str, text: str, most: int) -> str:
    quoted, kept = quote_bounded(text, most)
    cut = "" if kept == len(text) else f" (the first {kept} of {len(text)} characters)"
    return f"{label}{cut}: {quoted}"


def option_lines(context: Context) -> Iterator[str]:
    """What each option means, where somebody has said so."""
    each = min(DESCRIPTION, max(2, DESCRIPTIONS // len(context.offered)))
    described = [option for option in context.offered if option.description]
    for option in described:
        yield f"- {quote(option.id)}: {quote_bounded(option.description, each)[0]}"
    if len(described) < len(context.offered):
        yield "- those without a description are named on the OFFERED line at the end"


def view_lines(context: Context) -> Iterator[str]:
    """The local model's view of what is offered, and from where it would have decided alone."""
    offered = set(context.offered_ids)
    ranked = [one for one in context.ranked if one.option in offered][:RANKED]
    if not ranked:
        yield "No statistical model has a view on this case."
        return
    yield "A statistical model that knows past work only gives these probabilities:"
    for one in ranked:
        yield f"- {quote(one.option)}: {one.probability:.3f}"
    if context.automatic is None:
        yield "It has no certified threshold, so it never decides alone."
    else:
        yield f"It decides alone from {context.automatic:.3f} upward; it did not do so here."
