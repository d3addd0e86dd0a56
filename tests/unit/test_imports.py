"""The architecture as a test: what may know what."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Not all of these are the camera's: some know of nothing but files and text.
OFFICE_MAY_KNOW = {
    f"speedcam.{name}"
    for name in ("model", "record", "errors", "disk", "toml_lines", "instants", "form_faults")
} | {"speedcam"}
OFFICE_MAY_KNOW |= {"speedcam.confine", "speedcam.jail"}  # confine any program, whatever it is
OFFICE_MAY_KNOW |= {"speedcam.plate"}  # how plates are written, where officers correct one
OFFICE_MAY_KNOW |= {
    f"speedcam.seal.{name}" for name in ("bundle", "checks", "keys", "manifest", "registry")
}
WIRING = {"services.demo", "services.surveyor"}
"""Brings camera and office together in one process, so it may know both."""

PURE = [
    "speedcam.speed",
    "speedcam.line",
    "speedcam.limits",
    "speedcam.anchors",
    "speedcam.ground",
    "speedcam.survey_checks",
    "speedcam.flatness",
    "speedcam.tape",
    "speedcam.network",
    "speedcam.pose",
    "speedcam.pose_fit",
    "speedcam.drive",
    "speedcam.plate",
    "speedcam.plate_place",
    "speedcam.model",
    "speedcam.raw",
    "speedcam.redo",
    "speedcam.seal.checks",
    "speedcam.seal.frames",
    "speedcam.seal.limits",
    "speedcam.seal.manifest",
    "speedcam.seal.registry",
    "speedcam.handover",
    "speedcam.segments",
    "speedcam.borders",
    "speedcam.workings",
]
PURE_OFFICE = [
    "services.rules.engine",
    "services.rules.reckoning",
    "services.rules.tolerance",
    "services.rules.section",
    "services.rules.average",
    "services.rules.explain",
    "services.rules.words",
    "services.rules.terms",
    "services.policy",
    "services.seals",
    "services.bundles",
    "services.model",
    "services.stretch",
    "services.life",
    "services.account",
    "services.ledger.merkle",
    "services.ledger.leaf",
    "services.ledger.note",
    "services.ledger.checkpoint",
    "services.ledger.proof",
    "services.ledger.request",
    "services.sites.draft",
    "services.sites.fields",
    "services.sites.toml_text",
]
WORLD = {
    "av", "cv2", "io", "http", "os", "pathlib", "random", "secrets", "shutil", "socket",
    "sqlalchemy", "sqlite3", "subprocess", "tempfile", "time", "urllib",
}  # fmt: skip


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Every module that the file names in an import, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} uses a relative import"
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def top_level(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("path", modules("speedcam"), ids=module_name)
def test_the_camera_never_knows_the_office(path):
    assert "services" not in top_level(imports(path))


@pytest.mark.parametrize("path", modules("services"), ids=module_name)
def test_the_office_knows_the_camera_by_its_passages_alone(path):
    if module_name(path) in WIRING:
        return
    known = {name for name in imports(path) if name.split(".")[0] == "speedcam"}
    modules_known = {
        name for name in known if (ROOT / name.replace(".", "/")).with_suffix(".py").exists()
    }
    assert modules_known <= OFFICE_MAY_KNOW


@pytest.mark.parametrize("name", PURE + PURE_OFFICE)
def test_what_decides_touches_no_disk_network_clock_or_decoder(name):
    path = (ROOT / name.replace(".", "/")).with_suffix(".py")
    assert not top_level(imports(path)) & WORLD
    calls = {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not calls & {"now", "today", "utcnow", "imread", "imwrite", "VideoCapture", "read_text"}


@pytest.mark.parametrize("package", ["speedcam", "services"])
def test_inner_modules_do_not_know_the_adapters_around_them(package):
    inner = {"model", "ports", "ground", "speed", "track", "contact", "plate", "site", "record"} | {
        "anchors",
        "line",
        "pipeline",
        "raw",
        "redo",
        "workings",
    }
    outer = {"adapters", "cli", "web", "simulate", "validate", "process", "explain"}
    for path in (ROOT / package).glob("*.py"):
        if path.stem in inner:
            known = {name.split(".")[1] for name in imports(path) if name.startswith(f"{package}.")}
            assert not known & outer, path


def test_opencv_never_opens_a_file_or_a_stream():
    for path in [*modules("speedcam"), *modules("services")]:
        text = path.read_text()
        assert "VideoCapture" not in text, path
        assert "cv2.imread" not in text, path


def test_importing_the_camera_makes_nothing():
    import subprocess

    code = (
        "import threading, speedcam.pipeline, services.office; exit(threading.active_count() - 1)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
