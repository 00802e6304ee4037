"""Measuring a reasoning model on labelled cases: asking, keeping its answers, judging them."""
