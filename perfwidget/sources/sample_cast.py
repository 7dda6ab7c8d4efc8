"""Who and what the sample facts are about: made-up people, projects and remarks. Nobody here exists."""

from typing import NamedTuple


class Job(NamedTuple):
    """A project and what its work is like."""

    project_id: int
    workspace_id: int | None
    title: str
    seconds: float
    """The median time on one task."""
    reviewed: float
    """The share of its annotations that somebody reviews."""
    skipped: float
    """The share of its tasks that annotators skip."""


class Cast(NamedTuple):
    """A member and how they work."""

    user_id: int
    name: str | None
    mailbox: str
    """The part of the e-mail address before @demo.example."""
    role: str
    zone: str
    """The IANA zone in which they begin their day at eight."""
    workspaces: tuple[int, ...] = ()
    projects: tuple[int, ...] = ()
    a_day: float = 0.0
    """Annotations on a usual working day."""
    speed: float = 1.0
    """How long they take, compared with others."""
    care: float = 0.85
    """How likely a reviewer accepts their work at first sight."""
    weekends: bool = False
    """Whether they often work on Saturdays and Sundays."""
    reviews: bool = False
    active: bool = True
    there: tuple[int, int] | None = None
    """The first and last day of the story on which they are in the organization; None is always."""


MAIL_DOMAIN = "demo.example"
PASSING_THROUGH = "Pilot: shelf photos"
"""The project that came first and is over: nobody is a member any more."""
PREPARED = "Receipts, key fields"
"""The project whose tasks partly come with answers made elsewhere."""
TOUCHED = "Chest X-ray findings"
"""The project of which one bulk edit touched every row."""

WORKSPACES = {41: "Street Scenes", 42: "Medical Imaging", 43: "Customer Voice", 44: "Retail Catalog"}

JOBS = (
    Job(58501, 41, "Traffic signs, country roads", 75, 0.55, 0.02),
    Job(58502, 41, "Pedestrians at night", 140, 0.85, 0.05),
    Job(58503, 41, "Lane markings in rain", 210, 0.40, 0.03),
    Job(58511, 42, TOUCHED, 320, 1.00, 0.02),
    Job(58512, 42, "Retina scans, second reading", 260, 0.90, 0.01),
    Job(58521, 43, "Support calls, sentiment", 180, 0.50, 0.04),
    Job(58522, 43, "Spanish reviews, topics", 60, 0.35, 0.02),
    Job(58523, 43, "Chat intents, wave 3", 45, 0.25, 0.01),
    Job(58531, 44, "Product attributes, shoes", 90, 0.60, 0.03),
    Job(58532, 44, PREPARED, 150, 0.70, 0.02),
    Job(58533, 44, PASSING_THROUGH, 110, 0.30, 0.06),
    Job(58541, None, "Onboarding exercises", 120, 0.00, 0.03),
)

PEOPLE = (
    Cast(7001, "Ingrid Solberg", "owner", "owner", "Europe/Oslo", (41,), (58541,), 4, 0.9, 0.95, reviews=True),
    Cast(7002, "Mateo Fuentes", "admin", "admin", "America/Bogota", (), (58523,), 1.5),
    Cast(7003, "Priya Raman", "manager", "manager", "Asia/Kolkata", (41, 43), (58541,), 2, 1.1, 0.9, reviews=True),
    Cast(7004, "Tomasz Zieliński", "reviewer", "reviewer", "Europe/Warsaw", (41, 43), (), 3, 0.9, 0.92, reviews=True),
    Cast(7005, "Amara Okafor", "annotator", "annotator", "Africa/Lagos", (41,), (58522, 58541), 12, 0.95, 0.88, True),
    Cast(7006, "Hélène Marchand", "helene.marchand", "admin", "Europe/Paris"),
    Cast(7007, "Đorđe Petrović", "djordje.petrovic", "manager", "Europe/Belgrade", (42,)),
    Cast(7008, "Fatima Zahra El Amrani", "fatima.elamrani", "manager", "Africa/Casablanca", (), (58531, 58532)),
    Cast(7009, "Yoko Kobayashi", "yoko.kobayashi", "reviewer", "Asia/Tokyo", (41,), (58541,), 1, reviews=True),
    Cast(7010, "Seán Ó Briain", "sean.obriain", "reviewer", "Europe/Dublin", (42,), (), 0.7, 0.8, reviews=True),
    Cast(7011, "Anjali Deshmukh", "anjali.deshmukh", "reviewer", "Asia/Kolkata", (42, 43), reviews=True),
    Cast(7012, "Camila Rojas", "camila.rojas", "reviewer", "America/Santiago", (), (58531, 58532), 1, reviews=True),
    Cast(7013, "Kwame Mensah", "kwame.mensah", "annotator", "Africa/Accra", (41,), (), 5, 1.1, 0.80),
    Cast(7014, "Nguyễn Thị Hoa", "hoa.nguyen", "annotator", "Asia/Ho_Chi_Minh", (41,), (58541,), 7, 0.8, 0.9, True),
    Cast(7015, "Ayşe Demir", "ayse.demir", "annotator", "Europe/Istanbul", (42,), (), 4, 1.0, 0.91),
    Cast(7016, "Дмитро Коваленко", "dmytro.kovalenko", "annotator", "Europe/Kyiv", (42,), (58541,), 4.5, 1.2, 0.78),
    Cast(7017, "Rosa Delgado", "rosa.delgado", "annotator", "America/Mexico_City", (43,), (), 6.5, 0.85, 0.86, True),
    Cast(7018, "Tala Reyes", "tala.reyes", "annotator", "Asia/Manila", (43,), (58531,), 6, 0.9, 0.83, True),
    Cast(7019, "Björn Lindqvist", "bjorn.lindqvist", "annotator", "Europe/Berlin", (), (58521, 58532), 3, 1.3, 0.93),
    Cast(7020, "Maria José dos Santos", "mj.santos", "annotator", "America/Bahia", (), (58531, 58532), 5, 1.0, 0.81),
    Cast(7021, "Park Jun-ho", "junho.park", "annotator", "Asia/Seoul", (), (58501, 58531), 4.5, 0.9, 0.87),
    Cast(7022, None, "contractor-22", "annotator", "America/Phoenix", (), (58523, 58531), 6, 0.7, 0.66),
    Cast(7023, "Liam Byrne", "liam.byrne", "annotator", "Australia/Perth", (42,), (), 4, 1.1, 0.72, active=False),
    Cast(7024, "Sofía Ibáñez", "sofia.ibanez", "annotator", "Europe/Madrid", (43,)),
)

PILOT_CREW = (7017, 7020, 7022, 7023)
"""Who worked in the project that is over, in the first weeks."""

ORGANIZATION_ID = "demo"
LEFT_DAYS_AGO = 95
"""When members who are no longer active stopped working."""

REMARKS = (
    "The box cuts off the left edge, please draw it to the border.",
    "Second object in the background is missing.",
    "Wrong label here: see page 4 of the guideline.",
    "Please split this region in two.",
    "- start of the span\n- end of the span\nboth are one word too early",
    "Occluded objects count too if more than a third is visible.",
    "This one is ambiguous; I would choose “other”.",
    "Transcript says ‘refund’, not ‘return’.",
    "Good work, only the last region is off.",
    "Las etiquetas de tema se pueden combinar: falta «envío».",
    "Duplicate region, please remove one.",
    "Timestamps are shifted by about half a second.",
)

REPLIES = (
    "Fixed, thanks.",
    "Done. The guideline did not mention this case, could we add it?",
    "I moved the border, please check again.",
    "Hecho, gracias.",
)

QUESTIONS = (
    "Is a reflection in a window an object of its own?",
    "Image is very dark, I labeled what I could see.",
    "Not sure about the second speaker.",
)
