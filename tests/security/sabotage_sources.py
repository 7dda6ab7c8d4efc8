"""Ways to read a file otherwise than it says, and the tests that see it; see `sabotage.py`."""

HAND = "tests/test_agreement.py -k by_hand"
SAYS = "tests/test_import_says.py"
AT_ONCE = "tests/test_import_at_once.py -k say"

SABOTAGES = (
    (
        "a text of which a letter is changed is another one",
        "perfwidget/sources/likeness.py",
        "Levenshtein.normalized_similarity",
        "Levenshtein.distance",
        HAND,
    ),
    (
        "key points are compared without the shape of their picture",
        "perfwidget/sources/likeness.py",
        "np.hypot((x - mark.x) * wide, y - mark.y)",
        "np.hypot(x - mark.x, y - mark.y)",
        HAND,
    ),
    (
        "ratings are compared as if there were none",
        "perfwidget/sources/likeness.py",
        "MOST_STARS) - 1 if mark.stars",
        "MOST_STARS) if mark.stars",
        HAND,
    ),
    (
        "what can only be found equal counts as gone where it differs",
        "perfwidget/sources/agreement.py",
        "            unjudged.add(group[1])",
        "            pass",
        HAND,
    ),
    (
        "relations do not matter",
        "perfwidget/sources/agreement.py",
        "{RELATION} if ours.relations != theirs.relations else set()",
        "set()",
        HAND,
    ),
    (
        "spans of one paragraph are compared with those of another",
        "perfwidget/sources/likeness.py",
        " & (lines == _line(mark))",
        "",
        HAND,
    ),
    (
        "a fix without a score is passed over in silence",
        "perfwidget/sources/row_parts.py",
        "            self._reading.report(Problem.SCORE, place, reason)",
        "            pass",
        SAYS,
    ),
    (
        "annotations that a task counts and lacks are passed over",
        "perfwidget/sources/unread.py",
        "    if counted <= there:",
        "    if counted:",
        SAYS,
    ),
    (
        "skipped ones that a task counts and lacks are passed over",
        "perfwidget/sources/unread.py",
        "_count(counts.annotations) + _count(counts.cancelled)",
        "_count(counts.annotations)",
        SAYS,
    ),
    (
        "a second list of tasks is passed over",
        "perfwidget/sources/export_file.py",
        "                    yield Elsewhere(key, number, work)",
        "                    pass",
        SAYS,
    ),
    (
        "large files are not looked through for work that is not read",
        "perfwidget/sources/piece_reading.py",
        "        _tell_unread(export, tasks)\n",
        "",
        AT_ONCE,
    ),
    (
        "comments in large files are passed over",
        "perfwidget/sources/piece_reading.py",
        "any(row.comments for task in tasks for row in task.annotations)",
        "False",
        AT_ONCE,
    ),
    (
        "a prediction that was taken over passes for work",
        "perfwidget/sources/flags.py",
        "        found |= AnnotationFlag.FROM_PREDICTION",
        "        pass",
        "tests/test_label_studio.py -k pointed_out",
    ),
    (
        "so it does in large files",
        "perfwidget/sources/task_columns.py",
        "taken_over * int(AnnotationFlag.FROM_PREDICTION)",
        "0 * int(AnnotationFlag.FROM_PREDICTION)",
        AT_ONCE,
    ),
)
