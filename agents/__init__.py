"""Agents: what a reasoning model proposes. They never act and never name what was not offered."""

from agents.absent import NoConsultant

__all__ = ["NoConsultant"]
