"""How the sample members worked: every annotation played through from the first submit to the last review."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from perfwidget.sources.sample_cast import (
    JOBS,
    LEFT_DAYS_AGO,
    PASSING_THROUGH,
    PEOPLE,
    PILOT_CREW,
    PREPARED,
    QUESTIONS,
    REMARKS,
    REPLIES,
    Cast,
    Job,
)

DAYS = 425
"""How far back the story begins, today included: fourteen months."""

_HOUR = 3_600.0
_NEVER = math.inf
_PLANNED_AHEAD = 60  # days after today: what has not happened yet is drawn too, so that the hour changes nothing else
_PILOT_DAYS = 75
_PREPARED_ACTIONS = ("imported", "propagated_annotation", "prediction")
_BY_WEEKDAY = (0.94, 0.95, 0.95, 0.93, 0.85, 0.10, 0.04)
_BY_WEEKDAY_AND_WEEKEND = (0.90, 0.92, 0.90, 0.92, 0.85, 0.60, 0.50)
_HOLIDAYS = {(1, 1), (5, 1), (12, 24), (12, 25), (12, 26), (12, 31)}


class Event(NamedTuple):
    """One entry of an annotation's history; instants in seconds since 1970, `lead` in seconds."""

    at: float
    user_id: int
    action: str
    started: float | None = None
    lead: float | None = None
    score: float | None = None
    remark: str | None = None


class Visit(NamedTuple):
    """That a reviewer looked at an annotation and left without acting; `closed` is None if nobody closed it."""

    user_id: int
    opened: float
    closed: float | None


@dataclass(slots=True)
class Draft:
    """What happened to one annotation by now, in order."""

    owner: Cast
    job: Job
    task_id: int
    events: list[Event] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)


class Story:
    """Plays the work of everybody, day by day, up to `now`."""

    def __init__(self, now: datetime, rng: Random, people: Sequence[Cast] = PEOPLE) -> None:
        self._people = people
        self._now = now.timestamp()
        self._rng = rng
        self._first = now.astimezone(UTC).date() - timedelta(days=DAYS - 1)
        self._mornings = {person.user_id: self._plan(person) for person in people}
        self._reviewers = {
            job.project_id: [each for each in people if each.reviews and _belongs(each, job)] for job in JOBS
        }
        self._task_ids = {job.project_id: 100_000 * place for place, job in enumerate(JOBS, start=1)}

    def drafts(self) -> Iterator[Draft]:
        """Play every working day of everybody who annotates; yield what had happened by now."""
        rng = self._rng
        pilot = [job for job in JOBS if job.title == PASSING_THROUGH]
        for person in self._people:
            jobs = [job for job in JOBS if _belongs(person, job)]
            if not jobs or not person.a_day:
                continue
            for place, morning in enumerate(self._mornings[person.user_id][:DAYS]):
                piloting = person.user_id in PILOT_CREW and place < _PILOT_DAYS and rng.random() < 0.4
                job = rng.choice(pilot if piloting else jobs)
                if morning < _NEVER:
                    yield from filter(None, map(self._by_now, self._day(person, job, morning, place)))

    def _plan(self, person: Cast) -> list[float]:
        """Return for each day when the person begins to work, in seconds since 1970; never, on a day off."""
        rng, zone = self._rng, ZoneInfo(person.zone)
        chances = _BY_WEEKDAY_AND_WEEKEND if person.weekends else _BY_WEEKDAY
        vacations = {start + day for start in rng.sample(range(DAYS), 3) for day in range(rng.choice((5, 9, 12)))}
        mornings = []
        for place in range(DAYS + _PLANNED_AHEAD):
            day = self._first + timedelta(days=place)
            late = rng.random() ** 2 * 2.5 * _HOUR
            works = rng.random() < chances[day.weekday()] and (day.month, day.day) not in _HOLIDAYS
            away = place in vacations or (not person.active and place >= DAYS - LEFT_DAYS_AGO)
            away = away or not (person.there is None or person.there[0] <= place <= person.there[1])
            if person.weekends and place == DAYS - 1:  # whatever day it is, something happens today
                works, away, late = True, False, 0.0
            mornings.append(datetime.combine(day, time(8), zone).timestamp() + late if works and not away else _NEVER)
        return mornings

    def _by_now(self, draft: Draft) -> Draft | None:
        draft.events = [event for event in draft.events if event.at <= self._now]
        draft.visits = [visit for visit in draft.visits if max(visit.opened, visit.closed or 0) <= self._now]
        return draft if draft.events else None

    def _day(self, person: Cast, job: Job, morning: float, place: int) -> Iterator[Draft]:
        rng = self._rng
        median = job.seconds * person.speed * (1 + 0.35 * math.exp(-place / 60))  # one gets faster over the months
        at = morning
        for _ in range(max(0, round(rng.gauss(person.a_day, person.a_day / 3)))):
            started = at + rng.uniform(2, 40)
            lead = self._lead(median)
            at = started + lead + rng.uniform(0.2, 2)
            if at > morning + 12 * _HOUR:
                return
            yield self._draft(person, job, started, lead, at)

    def _lead(self, median: float) -> float:
        """Return a lead time: log-normal, and now and then the tab stays open for hours."""
        if self._rng.random() < 0.003:
            return round(self._rng.uniform(1, 5) * _HOUR, 3)
        return round(median * self._rng.lognormvariate(0, 0.7), 3)

    def _draft(self, owner: Cast, job: Job, started: float, lead: float, at: float) -> Draft:
        rng = self._rng
        self._task_ids[job.project_id] += rng.random() < 0.95  # else it is a second opinion on the same task
        draft = Draft(owner, job, self._task_ids[job.project_id])
        if job.title == PREPARED and rng.random() < 0.03:
            draft.events.append(Event(at, owner.user_id, rng.choice(_PREPARED_ACTIONS)))
            return draft
        if rng.random() < job.skipped:
            draft.events.append(Event(at, owner.user_id, "skipped", started, lead))
            if rng.random() < 0.9 or not self._return(draft, "submitted"):
                return draft
        else:
            draft.events.append(self._submit(owner, started, lead, at))
        if rng.random() < 0.05:
            self._return(draft, "updated")
        if self._reviewers[job.project_id] and rng.random() < job.reviewed:
            self._review(draft)
        return draft

    def _submit(self, owner: Cast, started: float, lead: float, at: float) -> Event:
        remark = self._rng.choice(QUESTIONS) if self._rng.random() < 0.006 else None
        fault = self._rng.random()
        if fault < 0.003:  # by a script that records no times
            return Event(at, owner.user_id, "submitted", remark=remark)
        if fault < 0.004:  # with a clock that was set back
            lead = -lead
        return Event(at, owner.user_id, "submitted", started, lead, remark=remark)

    def _return(self, draft: Draft, action: str, remark: str | None = None) -> bool:
        """Let the owner come back to their annotation; say whether they ever do."""
        lead = round(0.4 * draft.job.seconds * self._rng.lognormvariate(0, 0.6), 3)
        at = self._later(draft.owner, draft.events[-1].at) + lead
        if at < _NEVER:
            draft.events.append(Event(at, draft.owner.user_id, action, at - lead, lead, remark=remark))
        return at < _NEVER

    def _later(self, person: Cast, after: float) -> float:
        """Return an instant of one of the person's next working days; never, beyond what is planned."""
        place = (datetime.fromtimestamp(after, UTC).date() - self._first).days
        while self._rng.random() < 0.35:
            place += 1
        within = self._rng.uniform(0, 7.5 * _HOUR)
        mornings = self._mornings[person.user_id][place:]
        return next((each + within for each in mornings if after + 60 < each + within < _NEVER), _NEVER)

    def _review(self, draft: Draft) -> None:
        """Let a reviewer decide and the owner answer until nobody comes back to it."""
        rng = self._rng
        reviewer = rng.choice(self._reviewers[draft.job.project_id])
        care = draft.owner.care
        for _ in range(4):
            before = draft.events[-1].at
            at = self._later(reviewer, before)
            if at == _NEVER:
                return
            if rng.random() < 0.08:
                draft.visits.append(self._look(reviewer, before, at))
            draft.events.append(self._verdict(reviewer, draft.job, care, before, at))
            if draft.events[-1].action != "rejected":
                break
            reply = rng.choice(REPLIES) if rng.random() < 0.12 else None
            if rng.random() < 0.1 or not self._return(draft, "updated", reply) or rng.random() < 0.15:
                return
            care = 0.9
        if draft.events[-1].action != "accepted":
            return
        if rng.random() < 0.006:
            draft.events.append(Event(at + rng.uniform(30, 900), reviewer.user_id, "deleted_review"))
        elif rng.random() < 0.01:
            self._return(draft, "updated")

    def _verdict(self, reviewer: Cast, job: Job, care: float, before: float, at: float) -> Event:
        rng = self._rng
        opened = max(before + 1, at - 8 - 0.35 * job.seconds * rng.lognormvariate(0, 0.6))
        roll = rng.random()
        if roll < care:
            return Event(at, reviewer.user_id, "accepted", opened)
        if roll < care + 0.55 * (1 - care):
            remark = rng.choice(REMARKS) if rng.random() < 0.6 else None
            return Event(at, reviewer.user_id, "rejected", opened, remark=remark)
        score = None if rng.random() < 0.03 else round(rng.betavariate(7, 2), 4)
        remark = rng.choice(REMARKS) if rng.random() < 0.2 else None
        return Event(at, reviewer.user_id, "fixed_and_accepted", opened, None, score, remark)

    def _look(self, reviewer: Cast, before: float, at: float) -> Visit:
        """Return a look at it some time before the reviewer acts; a browser that dies never says when it ended."""
        opened = max(before + 1, at - self._rng.uniform(5, 1_800))
        closed = opened + self._rng.uniform(3, 240)
        return Visit(reviewer.user_id, opened, None if self._rng.random() < 0.1 else closed)


def _belongs(person: Cast, job: Job) -> bool:
    return job.project_id in person.projects or job.workspace_id in person.workspaces
