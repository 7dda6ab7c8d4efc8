"""Further members of the sample organization, as many as one likes. Nobody here exists."""

from collections.abc import Iterator
from random import Random

from perfwidget.sources.sample_cast import JOBS, PASSING_THROUGH, Cast

MOST_MEMBERS = 20_000
"""Members that a sample may have; more take too long to make up."""

_FIRST_ID = 10_001
_STORY_DAYS = 425
_RECENT_DAYS = 120
"""They work for some weeks of these, so that many of them are made up in seconds."""

_GIVEN = (
    *("Adaeze", "Agnieszka", "Ahmed", "Aino", "Alejandra", "Amina", "Anton", "Ayumi", "Beatriz", "Bogdan", "Chidi"),
    *("Chiara", "Dalia", "Diego", "Elif", "Emeka", "Esperanza", "Fabio", "Farid", "Freya", "Gabriela", "Giorgos"),
    *("Hana", "Henrik", "Ibrahim", "Ines", "Ivana", "Jelena", "João", "Kateryna", "Kenji", "Lakshmi", "Leila", "Luca"),
    *("Mai", "Marek", "Mariam", "Nadia", "Ngozi", "Nikola", "Oksana", "Omar", "Paula", "Ravi", "Renata", "Samira"),
    *("Santiago", "Siti", "Sunita", "Thabo", "Uyen", "Viktor", "Wanjiru", "Yusuf", "Zofia"),
)
_FAMILY = (
    *("Abebe", "Acosta", "Adeyemi", "Aguilar", "Ali", "Andersen", "Bakker", "Banerjee", "Costa", "Dimitrov", "Duarte"),
    *("Eriksen", "Farouk", "Ferrari", "Garba", "Gómez", "Haddad", "Horvat", "Ito", "Jankowski", "Kamau", "Khan"),
    *("Kiplagat", "Kumar", "Le", "Lopes", "Malik", "Mbeki", "Moreau", "Nair", "Novák", "Nowak", "Nwosu", "Oliveira"),
    *("Ortiz", "Pham", "Popescu", "Quispe", "Rahman", "Rossi", "Sato", "Schmidt", "Silva", "Suleiman", "Tanaka"),
    *("Torres", "Tran", "Vargas", "Wójcik", "Yavuz", "Zhang"),
)
_ZONES = ("Africa/Lagos", "Africa/Nairobi", "America/Bogota", "Asia/Kolkata", "Asia/Manila", "Europe/Warsaw")


def crowd(count: int, rng: Random) -> Iterator[Cast]:
    """Yield so many annotators, each of whom works in a project or two for some weeks of the last months."""
    projects = [job.project_id for job in JOBS if job.title != PASSING_THROUGH]
    for place in range(count):
        name = f"{rng.choice(_GIVEN)} {rng.choice(_FAMILY)}"
        begins = _STORY_DAYS - rng.randint(8, _RECENT_DAYS)
        yield Cast(
            user_id=_FIRST_ID + place,
            name=name,
            mailbox=f"annotator-{place + 1}",
            role="annotator",
            zone=rng.choice(_ZONES),
            projects=tuple(sorted(rng.sample(projects, rng.choice((1, 1, 2))))),
            a_day=rng.uniform(0.5, 4),
            speed=rng.uniform(0.7, 1.4),
            care=rng.uniform(0.6, 0.95),
            active=rng.random() > 0.03,
            there=(begins, min(begins + rng.randint(5, 30), _STORY_DAYS - 1)),
        )
