"""Whose an e-mail is by which alone rows name somebody: its one member's, else it stands for an id itself.

What is told of e-mails stands among the mentions, under `KIND E-MAIL`: `member` (who has it), `named` (that rows name
somebody so), `worked` (a project), `reviewer`, `name`, `comment`, and `means` (whom it means now). Under `lent MEMBER`
stands what a member has only by what was done under an e-mail.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from perfwidget.facts import Member, Membership
from perfwidget.facts.columns import FIRST_INSTANT, clean_text, id_text
from perfwidget.facts.ingest import EmailTold, Inferred
from perfwidget.stores.writing import inference, standing
from perfwidget.stores.writing.outcome import Outcome
from perfwidget.stores.writing.staging import Staging

_MEMBER, _ROLE = "", "\n"
"""What is lent beside memberships of projects, none of which has such an id."""

Email = tuple[str, str]
"""The organization and the e-mail in lower case."""


def note(staging: Staging, told: Iterable[EmailTold]) -> set[Email]:
    """Keep what is told of e-mails; return those of whom something was done."""
    rows = [(id_text(each.organization_id), each.kind, clean_text(each.email), each.identity) for each in told]
    staging.mention((organization, f"{kind} {email}", identity) for organization, kind, email, identity in rows)
    named = {(organization, email) for organization, kind, email, _ in rows if kind != "member"}
    name(staging, named)
    return named


def name(staging: Staging, emails: Iterable[Email]) -> None:
    """Note that rows name somebody by an e-mail alone."""
    staging.mention((organization, f"named {email}", email) for organization, email in set(emails))


def meanings(staging: Staging) -> dict[Email, str]:
    """Return whom the e-mails mean by which alone somebody is named."""
    return {(organization, email): one for (organization, email), (one, *_) in _told(staging, "means").items()}


def settle(staging: Staging, outcome: Outcome, told: Collection[Email] = ()) -> bool:
    """Derive anew what names somebody by an e-mail that has come to mean another member; say whether there is any.

    `told` are the e-mails by which somebody was named just now.
    """
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
        one = owners[0] if len(owners) == 1 else which[1]
        before = meant.get(which, which[1])
        if one == before and which not in told:
            continue
        if len(owners) > 1:
            outcome.shared.append((which[1], tuple(owners)))
        if one != before:
            _forget(staging, f"means {which[1]}", which[0], [before])
            staging.mention([(which[0], f"means {which[1]}", one)])
            standing.derive_again(staging, *which, meant | {which: one})
            _pass_comments(staging, which, one)
            _withdraw(staging, which[0], before)
            meant[which] = one
            staging.touched.add(which[0])
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


def _forget(staging: Staging, kind: str, organization_id: str, ids: Sequence[str]) -> None:
    staging.noted.clear()
    values = {"organization_id": organization_id, "kind": kind, "ids": list(ids)}
    those = staging.dialect.in_list("id", "ids", ids)
    staging.delete("mentions", f"organization_id = $organization_id AND kind = $kind AND {those}", values)


def _pass_comments(staging: Staging, which: Email, one: str) -> None:
    ids = sorted(_told(staging, "comment").get(which, ()))
    if ids:
        condition = f"organization_id = $organization_id AND {staging.dialect.in_list('comment_id', 'ids', ids)}"
        staging.update(
            "comments", {"created_by": "$one"}, condition, {"organization_id": which[0], "ids": ids, "one": one}
        )
        staging.mention([(which[0], "member", one)])


def _lend(staging: Staging, which: Email, one: str, projects: set[str]) -> None:
    """Let whom an e-mail means be a member where those worked whom rows name by it, and note what is new to them."""
    if not projects:
        return
    organization, email = which
    alone = one == email
    called = max(_told(staging, "name").get(which, ()), default=None) if alone else None
    role = "reviewer" if which in _told(staging, "reviewer") else "annotator"
    member = Member(organization, one, email if alone else None, called, role=role)
    memberships = [Membership(organization, one, project_id=project) for project in sorted(projects)]
    lent: list[Member | Membership] = [member, *memberships]
    mine = "FROM {} WHERE organization_id = $organization_id AND user_id = $user_id"
    values = {"organization_id": organization, "user_id": one}
    roles = {there for (there,) in staging.execute(f"SELECT role {mine.format('members')}", values)}
    held = {project for (project,) in staging.execute(f"SELECT project_id {mine.format('memberships')}", values)}
    new = projects - held | ({_ROLE} if "reviewer" in {role} - roles else set()) | (set() if roles else {_MEMBER})
    staging.mention((organization, f"lent {one}", each) for each in new)
    inference.write(staging, [Inferred(each, FIRST_INSTANT) for each in lent])


def earned(staging: Staging, guesses: Sequence[Inferred]) -> None:
    """Let members keep what they were lent and now have by work of their own."""
    if not guesses or not staging.execute("SELECT 1 FROM mentions WHERE kind LIKE 'lent %' LIMIT 1"):
        return
    for fact in [guess.fact for guess in guesses if guess.worked]:
        if isinstance(fact, Membership):
            _forget(staging, f"lent {fact.user_id}", id_text(fact.organization_id), [str(fact.project_id)])
        elif isinstance(fact, Member):
            kept = [_MEMBER, *([_ROLE] if fact.role == "reviewer" else [])]
            _forget(staging, f"lent {fact.user_id}", id_text(fact.organization_id), kept)


def _withdraw(staging: Staging, organization: str, user_id: str) -> None:
    """Take back what somebody was lent."""
    lent = _told(staging, "lent").get((organization, user_id), set())
    one = {"organization_id": organization, "user_id": user_id}
    mine = "organization_id = $organization_id AND user_id = $user_id"
    for project in sorted(lent - {_MEMBER, _ROLE}):
        staging.delete("memberships", f"{mine} AND project_id = $project_id", one | {"project_id": project})
    if _MEMBER in lent:
        staging.delete("members", f"{mine} AND inferred", one)
    elif _ROLE in lent:
        staging.update("members", {"role": "'annotator'"}, f"{mine} AND inferred", one)
    _forget(staging, f"lent {user_id}", organization, sorted(lent))
