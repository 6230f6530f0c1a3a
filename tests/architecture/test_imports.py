import ast
import subprocess
import sys
from pathlib import Path

from architecture.project import ROOT, SOURCE, modules


def test_the_import_contracts_hold() -> None:
    command = Path(sys.executable).parent / "lint-imports"
    ran = subprocess.run([command, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert " kept, 0 broken." in ran.stdout


def test_the_model_imports_the_standard_library_only() -> None:
    foreign = {
        f"{module.name}: {name}"
        for module in modules(SOURCE / "model")
        for name in _imported(module.tree)
        if name.partition(".")[0] not in sys.stdlib_module_names and not name.startswith("parlance.model")
    }
    assert foreign == set()


def _imported(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names
