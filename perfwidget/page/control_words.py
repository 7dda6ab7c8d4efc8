"""Every word of the controls, as `words` has all others."""

from typing import Any

from perfwidget.question.period import Grain, Preset

FILTERS = "Filters"
MEMBERS = "Members"
PERIOD = "Period"
DATES = "Dates"
FROM = "From"
TO = "To"
TIMEZONE = "Time zone"
WORKSPACES = "Workspaces"
ALL_WORKSPACES = "All"
PROJECTS = "Projects"
EVERY_PROJECT = "All"
COMPARE = "Compare with"
COMPARED = {"nothing": "Nothing", "previous": "Period before"}
GRAIN = "By"
RESET = "Reset"
RESET_ABOUT = "Back to the last 30 days without filters"
THEME = "Theme"
EXPORT = "Export"

PRESETS = {
    Preset.TODAY: "Today",
    Preset.YESTERDAY: "Yesterday",
    Preset.THIS_WEEK: "This week",
    Preset.LAST_WEEK: "Last week",
    Preset.LAST_7_DAYS: "Last 7 days",
    Preset.FIRST_HALF_OF_MONTH: "1st to 15th",
    Preset.SECOND_HALF_OF_MONTH: "16th to the end",
    Preset.THIS_MONTH: "This month",
    Preset.LAST_MONTH: "Last month",
    Preset.LAST_30_DAYS: "Last 30 days",
    Preset.LAST_90_DAYS: "Last 90 days",
    Preset.THIS_QUARTER: "This quarter",
    Preset.LAST_QUARTER: "Last quarter",
    Preset.THIS_YEAR: "This year",
    Preset.ALL_TIME: "All time",
}
"""The presets in the order of the list: from the shortest periods to the longest."""
CUSTOM = "Custom dates"
GRAINS = {"auto": "Auto", Grain.DAY: "Day", Grain.WEEK: "Week", Grain.MONTH: "Month"}
THEMES = {"auto": "Auto theme", "light": "Light theme", "dark": "Dark theme"}
EXPORTS = {
    "report.csv": "Report (CSV)",
    "members.csv": "Members (CSV)",
    "report.json": "Report (JSON)",
    "timeline.csv": "Timeline (CSV)",
    "comments.csv": "Comments Received (CSV)",
}
"""The downloads, by their file in the address."""
KINDS = {"members.csv": "report"}
"""Whose kind is not called as they are."""

DROPDOWN: Any = {
    "select_all": "Select all",
    "deselect_all": "Deselect all",
    "selected_count": "{num_selected}",
    "search": "Search",
    "clear_search": "Clear search",
    "clear_selection": "Clear selection",
    "no_options_found": "Nothing found",
}

DATE_RANGE = {
    "first": FROM,
    "last": TO,
    "calendar": "{name}: choose in a calendar",
}

UNREAD = "“{text}” is no date; write it like 2024-03-31."
UNREAD_TIME = "“{text}” is no date with a time of day; write it like 2024-03-31 14:30."
REVERSED = "The first day comes after the last one; change one of them."
EMPTY = "The period ends before it begins, or at once; change one of its times."
MIXED = "Give both a time of day, or neither of them."
