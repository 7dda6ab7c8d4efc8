"""Whose an e-mail is by which alone rows name somebody: its one member's, else it stands for an id itself.

What is told of e-mails stands among the mentions, under `KIND E-MAIL`: `member` (who has it), `named` (that rows name
somebody so), `worked` (a project), `reviewer`, `name`, `comment`, and `means` (whom it means now).
"""

from collections import defaultdict
from collections.abc import Iterable

from perfwidget.facts import Member, Membership
from perfwidget.facts.columns import FIRST_INSTANT, clean_text, id_text
from perfwidget.facts.ingest import EmailTold, Inferred
from perfwidget.stores.writing import inference, standing
from perfwidget.stores.writing.outcome import Outcome
from perfwidget.stores.writing.staging import Staging

Email = tuple[str, str]
"""The organization and the e-mail in lower case."""


def note(staging: Staging, told: Iterable[EmailTold]) -> None:
    """Keep what is told of e-mails."""
    told = list(told)
    staging.mention(
        (id_text(each.organization_id), f"{each.kind} {clean_text(each.email)}", each.identity) for each in told
    )
    name(staging, ((id_text(each.organization_id), clean_text(each.email)) for each in told if each.kind != "member"))


def name(staging: Staging, emails: Iterable[Email]) -> None:
    """Note that rows name somebody by an e-mail alone."""
    staging.mention((organization, f"named {email}", email) for organization, email in set(emails))


def meanings(staging: Staging) -> dict[Email, str]:
    """Return whom the e-mails mean by which alone somebody is named."""
    return {(organization, email): one for (organization, email), (one, *_) in _told(staging, "means").items()}


def settle(staging: Staging, outcome: Outcome) -> bool:
    """Derive anew what names somebody by an e-mail that has come to mean another member; say whether there is any."""
    changed = False
    named = _told(staging, "named")
    if not named:
        return changed
    had, meant, worked = _told(staging, "member"), meanings(staging), _told(staging, "worked")
    for organization, user_id, email in staging.execute(
        "SELECT organization_id, user_id, email FROM members WHERE NOT inferred AND email IS NOT NULL"
    ):
        had.setdefault((organization, email.casefold()), set()).add(user_id)
    for which in sorted(named):
        owners = sorted(had.get(which, set()) - {which[1]})
        if len(owners) > 1:
            outcome.shared.append((which[1], tuple(owners)))
        one = owners[0] if len(owners) == 1 else which[1]
        if meant.get(which, which[1]) != one:
            before = meant.get(which, which[1])
            _forget(staging, f"means {which[1]}", which[0])
            staging.mention([(which[0], f"means {which[1]}", one)])
            standing.derive_again(staging, *which, meant | {which: one})
            _pass_comments(staging, which, one)
            _withdraw(staging, which[0], before, worked.get(which, set()), placeholder=before == which[1])
            meant[which] = one
            changed = True
        _lend(staging, which, one, worked.get(which, set()))
    return changed


def _told(staging: Staging, kind: str) -> dict[Email, set[str]]:
    """Return what is told of e-mails under one kind."""
    found: dict[Email, set[str]] = defaultdict(set)
    text = f"SELECT organization_id, kind, id FROM mentions WHERE kind LIKE '{kind} %'"
    for organization, of, identity in staging.execute(text):
        found[organization, of.removeprefix(f"{kind} ")].add(identity)
    return found


def _forget(staging: Staging, kind: str, organization_id: str) -> None:
    staging.noted.clear()
    staging.delete(
        "mentions",
        "organization_id = $organization_id AND kind = $kind",
        {"organization_id": organization_id, "kind": kind},
    )


def _pass_comments(staging: Staging, which: Email, one: str) -> None:
    ids = sorted(_told(staging, "comment").get(which, ()))
    if ids:
        condition = f"organization_id = $organization_id AND {staging.dialect.in_list('comment_id', 'ids', ids)}"
        staging.update(
            "comments", {"created_by": "$one"}, condition, {"organization_id": which[0], "ids": ids, "one": one}
        )
        staging.mention([(which[0], "member", one)])


def _lend(staging: Staging, which: Email, one: str, projects: set[str]) -> None:
    """Let whom an e-mail means be a member where those worked whom rows name by it."""
    if not projects:
        return
    organization, email = which
    alone = one == email
    called = max(_told(staging, "name").get(which, ()), default=None) if alone else None
    role = "reviewer" if which in _told(staging, "reviewer") else "annotator"
    member = Member(organization, one, email if alone else None, called, role=role)
    memberships = [Membership(organization, one, project_id=project) for project in sorted(projects)]
    lent: list[Member | Membership] = [member, *memberships]
    inference.write(staging, [Inferred(each, FIRST_INSTANT) for each in lent])


def _withdraw(staging: Staging, organization: str, user_id: str, projects: set[str], *, placeholder: bool) -> None:
    """Take back what somebody was lent, but for what their own work tells."""
    one = {"organization_id": organization, "user_id": user_id}
    mine = "organization_id = $organization_id AND user_id = $user_id"
    if placeholder:
        staging.delete("memberships", mine, one)
        staging.delete("members", f"{mine} AND inferred", one)
        return
    for project in sorted(projects):
        if not any(
            staging.execute(
                f"SELECT 1 FROM {table} WHERE organization_id = $organization_id AND {column} = $user_id "
                "AND project_id = $project_id LIMIT 1",
                one | {"project_id": project},
            )
            for table, column in (("annotations", "completed_by"), ("actions", "user_id"), ("reviews", "reviewer_id"))
        ):
            staging.delete("memberships", f"{mine} AND project_id = $project_id", one | {"project_id": project})
    reviewed = "SELECT 1 FROM reviews WHERE organization_id = $organization_id AND reviewer_id = $user_id LIMIT 1"
    if not staging.execute(reviewed, one):
        staging.update("members", {"role": "'annotator'"}, f"{mine} AND inferred", one)
