import ast
from statistics import median

from architecture.project import ROOT, SOURCE, modules

MODULE_LINES = 350
FUNCTION_LINES = 60
MEDIAN_LINES = 150
MIGRATIONS = SOURCE / "store" / "migrations" / "versions"
"""A migration lists the tables as they were on its day, in one function that nobody changes any more."""


def test_modules_are_at_most_350_lines() -> None:
    assert {module.name: len(module.lines) for module in modules() if len(module.lines) > MODULE_LINES} == {}


def test_functions_are_at_most_60_lines() -> None:
    long = {
        f"{module.name}:{node.lineno} {node.name}": size
        for module in modules() + modules(ROOT / "tests") + modules(ROOT / "tools")
        if not module.path.is_relative_to(MIGRATIONS)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (size := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    }
    assert long == {}


def test_the_median_module_is_short() -> None:
    assert median(len(module.lines) for module in modules() if module.path.name != "__init__.py") <= MEDIAN_LINES
