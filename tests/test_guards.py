"""What the code may not do, read from its text: no request becomes SQL, and no figure comes from an estimate."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STORES = sorted((ROOT / "perfwidget" / "stores").rglob("*.py"))

FROM_REQUESTS = {"ScopedQuery", "Query", "Scope", "Viewer", "Id"}
"""Types whose values hold what somebody asked for, or who asks."""
TYPED_IN = {"search"}
"""Parameters that hold a text from a request."""
SQL = ("SELECT", "FROM", "WHERE", "INSERT", "DELETE", "UPDATE", "ORDER BY", "LIMIT")
MADE_HERE = {
    node.name for file in STORES for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)
} | {"in_list"}
"""Functions of the stores, each of which is looked at by itself; a dialect counts the ids of a list."""


def asked_values(function: ast.FunctionDef) -> set[str]:
    """Return the names in a function that hold what comes from a request: parameters, and what is made of them."""
    given = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    names = {each.arg for each in given if each.arg in TYPED_IN or FROM_REQUESTS & words(each.annotation)}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and mentions(node.value, names):
            names |= {each.id for target in node.targets for each in ast.walk(target) if isinstance(each, ast.Name)}
    return names


def words(annotation: ast.expr | None) -> set[str]:
    return {each.id for each in ast.walk(annotation) if isinstance(each, ast.Name)} if annotation else set()


def mentions(expression: ast.expr, names: set[str]) -> bool:
    """Say whether a value of these names goes into the expression, but through functions of the stores."""
    if isinstance(expression, ast.Name):
        return expression.id in names
    if isinstance(expression, ast.Call):
        called = expression.func.attr if isinstance(expression.func, ast.Attribute) else ast.unparse(expression.func)
        if called in MADE_HERE:
            return False
    if isinstance(expression, ast.Dict):  # parameters of a statement, which is where they belong
        return False
    if isinstance(expression, ast.IfExp):  # what is asked may decide between two texts of ours
        return mentions(expression.body, names) or mentions(expression.orelse, names)
    return any(mentions(each, names) for each in ast.iter_child_nodes(expression) if isinstance(each, ast.expr))


def requests_in_sql(source: str) -> list[str]:
    """Return the pieces of request text that stand in the text of statements."""
    found = []
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef):
            continue
        names = asked_values(function)
        for node in ast.walk(function):
            values: list[ast.expr] = []
            if isinstance(node, ast.JoinedStr):
                values = node.values
            elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
                values = [node.left, node.right]
            if not values or not any(word in ast.unparse(node) for word in SQL):
                continue
            parts = [each.value if isinstance(each, ast.FormattedValue) else each for each in values]
            found += [ast.unparse(part) for part in parts if mentions(part, names)]
    return found


@pytest.mark.parametrize("file", STORES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_sql_is_built_from_what_was_asked(file: Path) -> None:
    assert requests_in_sql(file.read_text()) == []


@pytest.mark.parametrize(
    "body",
    [
        'return f"SELECT 1 FROM t WHERE id = {asked.subject_id}"',
        'return f"SELECT 1 FROM t WHERE id = {str(asked.subject_id)!r}"',
        'return "SELECT 1 FROM t WHERE id = " + asked.subject_id',
        'return "SELECT 1 FROM t WHERE id = %s" % asked.subject_id',
        'member = asked.subject_id\n    return f"SELECT 1 FROM t WHERE id = {member}"',
        'text = search.lower()\n    return f"SELECT 1 FROM t WHERE name LIKE {text}"',
    ],
)
def test_the_guard_sees_what_it_is_for(body: str) -> None:
    assert requests_in_sql(f"def statement(asked: ScopedQuery, search: str) -> str:\n    {body}\n")


def test_values_as_parameters_are_no_fault() -> None:
    given = 'given = {"subject": asked.subject_id}'
    fine = f'{given}\n    return f"SELECT 1 FROM t WHERE id = {{dialect.parameter(name)}}", given'
    assert requests_in_sql(f"def statement(asked: ScopedQuery, name: str) -> str:\n    {fine}\n") == []


ESTIMATES = re.compile(
    r"approx|hll|reservoir|sketch|tdigest|quantile(?!Exact(Low|High|Inclusive)\b)|percentile_disc|tablesample"
    r"|using sample|\bsample\b|uniq(?!Exact\b|ue_id\b)|topk|\bfloat|\breal\b|\bavg\b|\bmean\b|stddev|reltuples",
    re.IGNORECASE,
)
"""Functions of engines that estimate or choose, and types and averages that round: Python divides, once."""

CHOICES = re.compile(r"\bmedian|\bany(Last|Heavy|_?Value)?\(|\b(first|last)_value", re.IGNORECASE)
"""Of ClickHouse alone: its median is an estimate, and its `any` is whichever row comes first."""


def texts(source: str) -> list[str]:
    """Return the texts of a module that may be SQL: all but those that say what something is."""
    tree = ast.parse(source)
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said
    ]


@pytest.mark.parametrize("file", STORES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_figure_is_an_estimate(file: Path) -> None:
    forbidden = [ESTIMATES, CHOICES] if file.parent.name == "clickhouse" else [ESTIMATES]
    assert [text for text in texts(file.read_text()) if any(each.search(text) for each in forbidden)] == []


@pytest.mark.parametrize(
    "function",
    [
        "approx_quantile(x, 0.5)",
        "quantile(x, 0.5)",
        "quantiles(0.5)(x)",
        "quantileTDigest(0.5)(x)",
        "quantileExactWeighted(0.5)(x, y)",
        "quantileTiming(0.5)(x)",
        "uniq(x)",
        "uniqCombined(x)",
        "topK(3)(x)",
        "avg(x)",
        "CAST(x AS FLOAT)",
    ],
)
def test_the_guard_knows_estimates(function: str) -> None:
    assert [text for text in texts(f'text = f"SELECT {function} FROM {{table}}"') if ESTIMATES.search(text)]


@pytest.mark.parametrize("function", ["median(x)", "any(x)", "anyLast(x)", "any_value(x)"])
def test_the_guard_knows_what_clickhouse_chooses(function: str) -> None:
    assert CHOICES.search(f"SELECT {function} FROM annotations")


@pytest.mark.parametrize("function", ["quantileExactLow(0.5)(x)", "quantileExactInclusive(0.5)(x)", "uniqExact(x)"])
def test_exact_functions_are_no_fault(function: str) -> None:
    assert not ESTIMATES.search(f"SELECT {function} FROM annotations")
