"""Golden numbers: small sets of facts whose every figure was worked out by hand."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from perfwidget.facts import Fact, Member, Recorded, ReviewVisit
from perfwidget.metrics import Rules
from perfwidget.report import Report
from perfwidget.stores import Store, open_store
from tests.conftest import NewStore
from tests.worlds import ORGANIZATION, annotation, ask, at, people, review

MARCH = {"from_": "2024-03-01", "to": "2024-03-31"}


@pytest.fixture
def store(new_store: NewStore) -> Iterator[Store]:
    opened = open_store(new_store())
    opened.write(people())
    yield opened
    opened.close()


def march(store: Store, *facts: Fact, rules: Rules = Rules()) -> Report:  # noqa: B008
    """Write facts and return ann's report of March 2024."""
    store.write(facts, unknown="keep")
    return ask(store, user="ann", rules=rules, **MARCH)


def day(report: Report, text: str) -> dict[str, object]:
    [found] = [point for point in report.series if point.bucket.first == date.fromisoformat(text)]
    return dict(found.values)


def test_sums_beyond_64_bits_are_exact(store: Store) -> None:
    # 10,001 times the longest time there is, and a millionth of a second, are 10¹⁹ + 10¹⁵ + 1 microseconds.
    longest = (annotation(number, "2024-03-01 09:00", lead_time=10**9) for number in range(10_001))
    report = march(store, *longest, annotation("short", "2024-03-02 09:00", lead_time=0.000001))
    assert report.values["total_time"] == (10**19 + 10**15 + 1) / 10**6
    assert day(report, "2024-03-01")["total_time"] == 10_001 * 10**9
    assert report.values["time_per_annotation_median"] == 10**9


def test_medians_of_many_days_with_the_longest_times(store: Store) -> None:
    times = {"1990-01-01": (10**9, 2, 7, 10**9), "2009-12-31": (3,), "2010-01-01": (10**9, 10**9 - 1)}
    store.write(
        annotation(f"{date} {place}", f"{date} 12:00", lead_time=time)
        for date, each in times.items()
        for place, time in enumerate(each)
    )
    report = ask(store, user="ann", preset="all_time")
    medians = {
        point.bucket.first.isoformat(): point.values["time_per_annotation_median"]
        for point in report.series
        if point.values["submitted_annotations"]
    }
    assert medians == {"1990-01-01": (7 + 10**9) / 2, "2009-12-31": 3, "2010-01-01": 10**9 - 0.5}
    assert report.values["time_per_annotation_median"] == 10**9 - 1  # of 2, 3, 7, 10⁹ - 1 and three times 10⁹


def test_every_summary_figure_of_a_hand_counted_month(store: Store) -> None:
    report = march(
        store,
        annotation(1, "2024-03-01 09:00", lead_time=60),
        annotation(2, "2024-03-01 10:00", lead_time=30, last_action="updated"),
        annotation(3, "2024-03-02 09:00", lead_time=600.5, last_action="accepted"),
        annotation(4, "2024-03-02 10:00", lead_time=90, last_action="fixed_and_accepted"),
        annotation(5, "2024-03-04 10:00", lead_time=None, last_action="deleted_review"),
        annotation(6, "2024-03-04 11:00", lead_time=45, last_action="skipped", was_cancelled=True),
        annotation(7, "2024-03-04 12:00", lead_time=1000, last_action="rejected"),
        annotation(8, "2024-03-05 12:00", lead_time=7, last_action="imported"),
        annotation(9, "2024-04-01 00:00", lead_time=500),
        annotation(10, "2024-02-29 23:59:59.999999", lead_time=500),
        annotation(11, "2024-03-03 10:00", lead_time=500, completed_by="rev"),
    )
    # usable times: 30, 60, 90, 600.5 -> sum 780.5, middle (60 + 90) / 2 = 75; five are countable
    assert {key: report.values[key] for key in ("total_time", "submitted_annotations", "total_time_median")} == {
        "total_time": 780.5,
        "submitted_annotations": 5,
        "total_time_median": 375.0,
    }
    assert report.values["time_per_annotation_median"] == 75.0
    assert report.values["time_per_annotation_average"] == 195.125
    assert report.values["performance_score"] is None
    answer = report.to_dict()
    assert answer["annotation_summary"] == {"submitted": 4, "updated": 1, "skipped": 1}
    assert answer["not_counted"] == {
        "rejected": 1,
        "other_actions": 1,
        "lead_time_missing": 1,
        "lead_time_invalid": 0,
        "fixes_without_score": None,
    }
    assert len(answer["days"]) == 31
    first = day(report, "2024-03-01")
    assert (first["submitted"], first["updated"], first["total_time"]) == (1, 1, 90.0)
    assert (first["time_per_annotation_median"], first["total_time_median"]) == (45.0, 90.0)
    second = day(report, "2024-03-02")
    assert (second["time_per_annotation_median"], second["time_per_annotation_average"]) == (345.25, 345.25)
    untimed = day(report, "2024-03-04")
    assert (untimed["submitted_annotations"], untimed["skipped"], untimed["total_time"]) == (1, 1, None)
    idle = day(report, "2024-03-10")
    assert (idle["submitted_annotations"], idle["total_time"], idle["total_time_median"]) == (0, 0.0, None)
    assert (idle["time_per_annotation_median"], idle["time_per_annotation_average"]) == (None, None)


def test_an_odd_number_of_times_has_one_in_the_middle(store: Store) -> None:
    times = (10, 0.3, 7200)
    report = march(store, *(annotation(n, "2024-03-05 10:00", lead_time=time) for n, time in enumerate(times)))
    assert report.values["time_per_annotation_median"] == 10.0
    assert report.values["total_time_median"] == 30.0
    assert report.values["total_time"] == 7210.3


def test_lead_times_add_up_to_the_microsecond_where_floats_do_not(store: Store) -> None:
    report = march(store, *(annotation(n, "2024-03-05 10:00", lead_time=0.1) for n in range(10)))
    assert sum([0.1] * 10) != 1.0
    assert report.values["total_time"] == 1.0


def test_an_invalid_time_counts_as_an_annotation_and_in_no_time(store: Store) -> None:
    times = [-1, -1e-9, float("nan"), float("inf"), -float("inf"), 1e9 + 1, 10**400, Decimal("NaN"), True, [1]]
    report = march(
        store,
        *(annotation(f"invalid {n}", "2024-03-05 10:00", lead_time=time) for n, time in enumerate(times)),
        annotation(2, "2024-03-05 11:00", lead_time=20),
    )
    assert report.values["lead_time_invalid"] == 10
    assert report.values["submitted_annotations"] == 11
    assert report.values["total_time"] == 20.0
    assert report.values["time_per_annotation_average"] == 20.0
    assert report.values["total_time_median"] == 220.0


def test_the_ends_of_usable_times(store: Store) -> None:
    ends = [(0, 0.0), (-0.0, 0.0), (10**9, 1e9), (0.0000005, 0.0), (0.0000015, 2e-6)]
    report = march(store, *(annotation(n, f"2024-03-{n + 5:02} 10:00", lead_time=end[0]) for n, end in enumerate(ends)))
    assert [day(report, f"2024-03-{n + 5:02}")["total_time"] for n in range(5)] == [seconds for _, seconds in ends]
    assert report.values["lead_time_invalid"] == 0


def test_rejected_work_is_stated_and_counted_only_where_the_host_says_so(store: Store) -> None:
    facts = (
        annotation(1, "2024-03-05 10:00", lead_time=20, last_action="rejected"),
        annotation(2, "2024-03-05 11:00", lead_time=40),
    )
    plain = march(store, *facts)
    counting = march(store, *facts, rules=Rules(count_rejected=True))
    assert (plain.values["submitted_annotations"], plain.values["total_time"], plain.values["rejected"]) == (1, 40.0, 1)
    assert counting.values["submitted_annotations"] == 2
    assert (counting.values["total_time"], counting.values["rejected"]) == (60.0, 1)
    assert counting.values["other_actions"] == 0
    assert counting.to_dict()["annotation_summary"] == {"submitted": 2, "updated": 0, "skipped": 0}


def test_rejected_twice_then_accepted_scores_a_third(store: Store) -> None:
    report = march(
        store,
        annotation(1, "2024-03-01 10:00", last_action="accepted"),
        review(1, "2024-03-02 10:00", "rejected"),
        review(2, "2024-03-03 10:00", "rejected"),
        review(3, "2024-03-04 10:00", "accepted"),
    )
    assert report.values["performance_score"] == pytest.approx(1 / 3, abs=0)


def test_rejected_once_then_fixed_at_42_scores_21(store: Store) -> None:
    report = march(
        store,
        annotation(1, "2024-03-01 10:00", last_action="fixed_and_accepted"),
        review(1, "2024-03-02 10:00", "rejected"),
        review(2, "2024-03-03 10:00", "fixed_and_accepted", score=0.42),
    )
    assert report.values["performance_score"] == 0.21
    assert day(report, "2024-03-03")["performance_score"] == 0.42


def test_reviews_count_by_their_own_instant_and_fixes_without_a_score_take_no_part(store: Store) -> None:
    report = march(
        store,
        annotation(1, "2024-02-01 10:00"),
        review(1, "2024-02-28 10:00", "rejected"),
        review(2, "2024-03-03 10:00", "fixed_and_accepted"),
        review(3, "2024-03-03 11:00", "accepted", reviewer_id="ann"),
        review(4, "2024-03-03 12:00", "pondered"),
    )
    assert report.values["performance_score"] == 1.0
    assert (report.values["fixes_without_score"], report.values["own_reviews"]) == (1, 1)
    assert report.values["other_reviews"] == 1
    assert report.values["submitted_annotations"] == 0
    # ann took one of them herself
    assert report.to_dict()["reviewing"]["reviews_accepted"] == 1


def test_a_rejected_annotation_that_was_fixed_and_resubmitted_is_noted(store: Store) -> None:
    report = march(
        store,
        annotation(1, "2024-03-10 10:00", last_action="updated", created_at=at("2024-02-10 10:00"), lead_time=50),
        review(1, "2024-02-20 10:00", "accepted"),
        review(2, "2024-03-01 10:00", "rejected"),
        annotation(2, "2024-03-10 11:00", last_action="updated", lead_time=10),
        review(3, "2024-03-01 10:00", "rejected", annotation_id=2),
        review(4, "2024-03-02 10:00", "accepted", annotation_id=2),
        annotation(3, "2024-03-10 12:00", last_action="submitted"),
        review(5, "2024-03-02 10:00", "rejected", annotation_id=3),
    )
    assert report.to_dict()["notes"] == {
        "first_submitted_earlier": 1,
        "first_submitted_earlier_time": 50.0,
        "moved_later": 0,
        "moved_later_time": 0.0,
        "days_over_24_hours": 0,
        "updated_after_rejection": 1,
        "own_reviews": 0,
        "performance_score_without_own_reviews": None,
        "completed_at_estimated": 0,
        "posted_by_others": None,
        "imported": None,
        "longer_than_task": None,
        "from_predictions": None,
        "unusable_visits": None,
        "other_reviews": 0,
    }


def test_of_few_and_of_many_the_latest_review_decides(store: Store) -> None:
    """Of 2,400 updated annotations, 450 of them on one day, every third is accepted later, or by the review that comes
    last in the order of ids at one instant; what is no review action has no say. One day has thousands of reviews and
    no annotation."""
    facts: list[Fact] = [Recorded(ORGANIZATION, "reviews")]
    for number in range(2400):
        instant = "2024-03-10 10:00" if number < 450 else "2024-03-11 10:00"
        facts.append(annotation(number, instant, last_action="updated", lead_time=1))
        facts.append(review(f"b{number}", "2024-03-01 10:00", "rejected", annotation_id=number))
        if number % 3 == 0:
            when = "2024-03-01 10:00" if number % 2 else "2024-04-01 10:00"
            facts.append(review(f"c{number}", when, "accepted", annotation_id=number))
        else:
            facts.append(review(f"a{number}", "2024-03-01 10:00", "accepted", annotation_id=number))
            facts.append(review(f"d{number}", "2024-03-02 10:00", "pondered", annotation_id=number))
    report = march(store, *facts)
    assert report.values["updated_after_rejection"] == 1600
    for day_, expected in (("2024-03-10", 300), ("2024-03-11", 1300), ("2024-03-01", 0)):
        one = ask(store, user="ann", from_=day_, to=day_)
        assert one.values["updated_after_rejection"] == expected
    year = ask(store, user="ann", from_="2024-01-01", to="2024-12-31")
    # With the 400 accepted in April. Of every annotation the review that comes first in the order of ids is the first.
    assert year.values == {**report.values, "performance_score": 0.5, "received_accepted": 2400}
    assert (report.values["received_accepted"], report.values["first_pass"]) == (2000, 1600 / 2400)


def test_reviews_at_one_instant_are_in_the_order_of_their_ids(store: Store) -> None:
    """Whole numbers by their value, then texts by their code points: what is updated last was rejected, and passed."""
    pairs = [(9, 10), (-12, -5), (-7, 0), (10**40 - 1, 10**40), (20, "007"), ("a", "b"), ("Z", "ä"), (31, "1e1")]
    pairs += [("B", "c"), (5, "-x"), ("ü", "\uffff"), ("x\uffff", "x\U00010000"), (8, "+7"), (-31, "-0"), (6, "6 ")]
    facts: list[Fact] = []
    for number, (first, last) in enumerate(pairs):
        facts.append(annotation(number, "2024-03-10 10:00", last_action="updated"))
        said = ((last, "rejected"), (first, "accepted"))
        facts += [review(each, "2024-03-01 10:00", action, annotation_id=number) for each, action in said]
    for report in (march(store, *facts), ask(store, members="all", **MARCH)):
        assert (report.values["first_pass"], report.values["updated_after_rejection"]) == (1.0, len(pairs))


def test_what_only_reviews_can_tell_has_no_value_without_them(store: Store) -> None:
    of_reviews = ("fixes_without_score", "updated_after_rejection", "own_reviews", "performance_score")
    report = march(store, annotation(1, "2024-03-10 10:00"))
    assert [report.values[key] for key in of_reviews] == [None] * 4
    report = march(store, annotation(1, "2024-03-10 10:00"), Recorded(ORGANIZATION, "reviews"))
    assert [report.values[key] for key in of_reviews] == [0, 0, 0, None]
    # That an annotation was sent back shows that there are reviews, and not that they are recorded.
    store.remove([Recorded(ORGANIZATION, "reviews")])
    report = march(store, annotation(1, "2024-03-10 10:00", last_action="rejected"))
    assert report.to_dict()["not_counted"]["rejected"] == 1
    assert [report.values[key] for key in of_reviews] == [None] * 4


def test_estimated_instants_are_noted_of_what_is_counted_or_skipped(store: Store) -> None:
    report = march(
        store,
        annotation(1, "2024-03-10 10:00", last_action="updated", completed_at_estimated=True),
        annotation(2, "2024-03-10 10:00", last_action="skipped", was_cancelled=True, completed_at_estimated=True),
        annotation(3, "2024-03-10 10:00", last_action="imported", completed_at_estimated=True),
    )
    assert report.values["completed_at_estimated"] == 2


def test_what_a_member_did_as_a_reviewer(store: Store) -> None:
    store.write(
        [
            Recorded(ORGANIZATION, "reviews"),
            Recorded(ORGANIZATION, "review_visits", since=at("2024-03-05 00:00")),
            annotation(1, "2024-03-01 10:00"),
            review(1, "2024-03-06 10:00", "rejected"),
            review(2, "2024-03-06 11:00", "accepted"),
            review(3, "2024-03-07 11:00", "fixed_and_accepted", score=0.5),
            ReviewVisit(ORGANIZATION, 1, 1, "p1", "rev", at("2024-03-06 09:50"), at("2024-03-06 10:00"), 1),
            ReviewVisit(ORGANIZATION, 2, 1, "p1", "rev", at("2024-03-06 09:55"), at("2024-03-06 10:00:30.5")),
            ReviewVisit(ORGANIZATION, 3, 1, "p1", "rev", at("2024-03-06 23:59"), at("2024-03-07 00:01")),
            ReviewVisit(ORGANIZATION, 4, 1, "p1", "rev", at("2024-03-08 09:00"), None),
            ReviewVisit(ORGANIZATION, 5, 1, "p1", "rev", at("2024-03-08 09:00"), at("2024-03-08 08:00")),
        ]
    )
    report = ask(store, user="rev", **MARCH)
    assert report.to_dict()["reviewing"] == {
        "annotations_reviewed": 1,
        "reviews_accepted": 1,
        "reviews_rejected": 1,
        "reviews_fixed_and_accepted": 1,
        "review_time": 600 + 330.5 + 120,
        "review_time_median": 330.5,
        "review_time_average": 1050.5 / 3,
    }
    assert report.values["unusable_visits"] == 2
    assert day(report, "2024-03-04")["review_time"] is None
    assert day(report, "2024-03-05")["review_time"] == 0.0
    assert day(report, "2024-03-06")["review_time"] == 930.5
    assert day(report, "2024-03-07")["review_time"] == 120.0
    assert report.values["submitted_annotations"] == 0
    assert report.values["performance_score"] is None


def test_what_a_source_does_not_record_has_no_value(store: Store) -> None:
    report = march(store, annotation(1, "2024-03-01 10:00"))
    assert set(report.to_dict()["reviewing"].values()) == {None}
    assert day(report, "2024-03-01")["reviews_accepted"] is None
    store.write([Recorded(ORGANIZATION, "reviews")])
    again = ask(store, user="ann", **MARCH)
    assert again.values["reviews_accepted"] == 0
    assert again.values["review_time"] is None


def test_days_are_those_of_the_zone_on_both_sides_of_a_clock_change(store: Store) -> None:
    # Berlin: 2024-03-31 has 23 hours (from UTC+1 to UTC+2 at 01:00 UTC), 2024-10-27 has 25.
    store.write(
        [
            annotation(1, "2024-03-30 22:59:59.999999", lead_time=1),
            annotation(2, "2024-03-30 23:00", lead_time=2),
            annotation(3, "2024-03-31 21:59:59.999999", lead_time=4),
            annotation(4, "2024-03-31 22:00", lead_time=8),
            annotation(5, "2024-10-26 21:59:59.999999", lead_time=16),
            annotation(6, "2024-10-26 22:00", lead_time=32),
            annotation(7, "2024-10-27 22:59:59.999999", lead_time=64),
            annotation(8, "2024-10-27 23:00", lead_time=128),
        ]
    )
    year = ask(store, user="ann", from_="2024-01-01", to="2024-12-31", tz="Europe/Berlin")
    by_day = {str(point.bucket.first): point.values["total_time"] for point in year.series}
    assert {name: time for name, time in by_day.items() if time} == {
        "2024-03-30": 1.0,
        "2024-03-31": 6.0,
        "2024-04-01": 8.0,
        "2024-10-26": 16.0,
        "2024-10-27": 96.0,
        "2024-10-28": 128.0,
    }
    assert ask(store, user="ann", from_="2024-03-31", to="2024-03-31", tz="Europe/Berlin").values["total_time"] == 6.0


def test_times_of_day_cut_the_first_and_the_last_day(store: Store) -> None:
    # 09:00 to 13:30 in Berlin are 08:00 to 12:30 in Greenwich on the 29th, and 11:30 once the clocks have changed.
    store.write(
        [
            annotation(1, "2024-03-29 07:59:59.999999", lead_time=1),
            annotation(2, "2024-03-29 08:00", lead_time=2, created_at=at("2024-03-29 07:59:59.999999")),
            annotation(3, "2024-03-30 23:30", lead_time=4),
            annotation(4, "2024-03-31 11:29:59.999999", lead_time=8),
            annotation(5, "2024-03-31 11:30", lead_time=16),
            Recorded(ORGANIZATION, "reviews"),
            review(1, "2024-03-29 07:59:59.999999", "rejected"),
            review(2, "2024-03-29 08:00", "accepted"),
            review(3, "2024-03-31 11:29:59.999999", "accepted"),
            review(4, "2024-03-31 11:30", "rejected"),
        ]
    )
    times = {"from_": "2024-03-29T09:00", "to": "2024-03-31T13:30", "tz": "Europe/Berlin"}
    report = ask(store, user="ann", **times)
    assert report.values["total_time"] == 14.0
    assert report.values["performance_score"] == 1.0
    assert report.values["first_submitted_earlier"] == 1
    assert [point.values["total_time"] for point in report.series] == [2.0, 0.0, 12.0]
    answer = report.to_dict()
    assert answer["period"] == {"from": "2024-03-29T09:00", "to": "2024-03-31T13:30", "timezone": "Europe/Berlin"}
    assert [each["date"] for each in answer["days"]] == ["2024-03-29", "2024-03-30", "2024-03-31"]
    assert ask(store, user="rev", **times).values["reviews_accepted"] == 2
    hour = ask(store, user="ann", from_="2024-03-31T00:00", to="2024-03-31T01:00", tz="Europe/Berlin")
    assert (hour.values["total_time"], len(hour.series)) == (4.0, 1)


def test_a_day_that_a_zone_left_out_has_no_work(store: Store) -> None:
    # Samoa had no 2011-12-30: midnight after the 29th was the 31st, at 10:00 UTC on the 30th.
    store.write([annotation(1, "2011-12-30 09:59", lead_time=1), annotation(2, "2011-12-30 10:00", lead_time=2)])
    report = ask(store, user="ann", from_="2011-12-29", to="2011-12-31", tz="Pacific/Apia")
    assert [point.values["total_time"] for point in report.series] == [1.0, 0.0, 2.0]


def test_a_period_of_nothing_but_a_day_that_a_zone_left_out_has_no_work(store: Store) -> None:
    store.write([*people(), annotation(1, "2011-12-30 10:00", lead_time=1)])  # midnight, when Friday never began
    report = ask(store, user="ann", from_="2011-12-30", to="2011-12-30", tz="Pacific/Apia")
    assert [point.values["submitted_annotations"] for point in report.series] == [0]
    assert report.values["total_time"] == 0.0


def test_the_same_ids_in_another_organization_are_other_people(store: Store) -> None:
    report = march(
        store,
        annotation(1, "2024-03-05 10:00", lead_time=10),
        annotation(1, "2024-03-05 10:00", lead_time=7000, organization_id="other"),
        Member("other", "ann", "ann@other.example", "Other Ann", role="annotator"),
        review(1, "2024-03-06 10:00", "rejected", organization_id="other"),
    )
    assert (report.values["total_time"], report.values["performance_score"]) == (10.0, None)
    assert report.user.name == "Ann"


def test_filters_narrow_to_projects(store: Store) -> None:
    store.write(
        [
            annotation(1, "2024-03-05 10:00", lead_time=10),
            annotation(2, "2024-03-05 10:00", lead_time=20, project_id="p2"),
        ]
    )
    assert ask(store, user="ann", project="p2", **MARCH).values["total_time"] == 20.0
    assert ask(store, user="ann", project=["p1", "p2"], **MARCH).values["total_time"] == 30.0
    assert ask(store, user="ann", **MARCH).values["total_time"] == 30.0


def test_all_time_begins_with_the_first_fact(store: Store) -> None:
    store.write([annotation(1, "2013-05-06 23:30", lead_time=10), review(1, "2014-01-01 00:00", "accepted")])
    report = ask(store, user="ann", preset="all_time", tz="Asia/Tokyo")
    assert report.period.first == date(2013, 5, 7)
    assert report.period.last >= date(2026, 1, 1)
    assert report.values["total_time"] == 10.0
    assert ask(store, user="rev", preset="all_time", tz="Asia/Tokyo").period.first == date(2014, 1, 1)
    nobody = ask(store, user="boss", preset="all_time")
    assert nobody.period.first == nobody.period.last


def test_the_days_as_a_frame(store: Store) -> None:
    frame = march(store, annotation(1, "2024-03-05 10:00", lead_time=10)).to_pandas()
    assert frame.loc["2024-03-05", "total_time"] == 10
    assert frame.shape == (31, 20)
    assert frame["submitted_annotations"].sum() == 1
    assert frame["review_time"].isna().all()
