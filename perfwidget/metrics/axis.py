"""What numbers are told by: the whole, a bucket of time, a member, a project, or several of them."""

from enum import Enum


class Axis(Enum):
    """One way to tell numbers apart; the value is the name of its column in SQL."""

    BUCKET = "bucket"
    """A day, week or month of the question's period."""
    MEMBER = "member"
    """Whose facts they are."""
    PROJECT = "project"
    DAY = "day"
    """A calendar day in the period's zone, whatever the buckets are; only inside a number of two steps."""


Group = tuple[Axis, ...]
"""Axes that numbers are told by together, in the order of `Axis`; none of them is the whole."""

TOLD_BY: Group = (Axis.BUCKET, Axis.MEMBER, Axis.PROJECT)
"""The axes that answers are told by."""

WHOLE: Group = ()
BY_BUCKET: Group = (Axis.BUCKET,)
BY_MEMBER: Group = (Axis.MEMBER,)
BY_PROJECT: Group = (Axis.PROJECT,)
BY_BUCKET_AND_MEMBER: Group = (Axis.BUCKET, Axis.MEMBER)
