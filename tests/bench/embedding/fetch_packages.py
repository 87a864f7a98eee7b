"""Bring the packages of `packages.json` into one folder, unpacked. Runs none of their code and reads none of it.

    python -m tests.bench.embedding.fetch_packages FOLDER

Every package goes through its registry's own client (pip, npm, cargo, go, mvn, apt-get), at the version named; a version that
a registry no longer has is reported and left out. `packages.json` says for each the licence it is under; only those that allow
any use with a notice are in it. The texts stay in FOLDER: what is shipped is a table of numbers.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

PACKAGES = Path(__file__).with_name("packages.json")

PERMISSIVE = frozenset({"MIT", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "ISC", "Apache-2.0 WITH LLVM-exception"})


def is_permissive(licence: str) -> bool:
    """Whether an SPDX expression of ANDs and ORs leaves a choice that is permissive throughout."""
    return all(
        any(choice.strip() in PERMISSIVE for choice in part.strip(" ()").split(" OR ")) for part in licence.split(" AND ")
    )


def fetch(folder: Path) -> list[str]:
    """Fetch and unpack everything that is not there yet. Returns what could not be had."""
    missing: list[str] = []
    for registry, packages in json.loads(PACKAGES.read_text(encoding="utf-8")).items():
        downloads = folder / "downloads" / registry
        downloads.mkdir(parents=True, exist_ok=True)
        if registry in TOGETHER:
            TOGETHER[registry](downloads, packages)
        for name, (version, licence) in packages.items():
            target = folder / "packages" / f"{registry}+{name.replace('/', '_').replace(':', '_')}"
            if not is_permissive(licence):
                missing.append(f"{registry} {name}: {licence} is not permissive")
            elif not target.exists() and not ONE[registry](downloads, name, version, target):
                missing.append(f"{registry} {name} {version}: not to be had")
    return missing


def run(command: list[str], cwd: Path, **environment: str) -> bool:
    """Whether the command succeeded; its output goes to stderr."""
    return subprocess.run(command, cwd=cwd, stdout=sys.stderr, env=os.environ | environment, check=False).returncode == 0


def unpacked(archive: Path | None, target: Path, *command: str) -> bool:
    """Unpack an archive with a command that takes it and a folder; False if there is no archive, or nothing wanted in it."""
    if archive is None:
        return False
    target.mkdir(parents=True)
    run([*(part.format(archive=archive, target=target) for part in command)], archive.parent)
    return any(target.iterdir())  # unzip fails where one of several patterns matches nothing


def found(folder: Path, pattern: str) -> Path | None:
    """The file that matches, if any."""
    return next((path for path in sorted(folder.glob(pattern)) if not path.name.endswith(".asc")), None)


def from_pypi(downloads: Path, name: str, version: str, target: Path) -> bool:
    """A wheel: Python sources as installed, no build step."""
    into = downloads / f"{name}-{version}"
    platforms = [flag for tag in ("manylinux2014_x86_64", "manylinux_2_28_x86_64", "any") for flag in ("--platform", tag)]
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "--python-version=3.11"]
    run([*pip, *platforms, "-d", str(into), f"{name}=={version}"], downloads)
    return unpacked(found(into, "*.whl"), target, "unzip", "-qo", "{archive}", "*.py", "*.zig", "-d", "{target}")


def from_npm(downloads: Path, name: str, version: str, target: Path) -> bool:
    """The published tarball; install scripts are not run."""
    run(["npm", "pack", "--silent", f"{name}@{version}"], downloads)
    archive = found(downloads, f"{name.removeprefix('@').replace('/', '-')}-{version}.tgz")
    return unpacked(archive, target, "tar", "xzf", "{archive}", "-C", "{target}")


def fetch_crates(downloads: Path, packages: Mapping[str, tuple[str, str]]) -> None:
    """All crates in one manifest, so that cargo resolves once."""
    wanted = "".join(f'{name} = {{ version = "={v}", default-features = false }}\n' for name, (v, _) in packages.items())
    (downloads / "src").mkdir(exist_ok=True)
    (downloads / "src" / "lib.rs").touch()
    manifest = '[package]\nname = "wanted"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n'
    (downloads / "Cargo.toml").write_text(manifest + wanted, encoding="utf-8")
    run(["cargo", "fetch"], downloads, CARGO_HOME=str(downloads / "home"))


def from_crates(downloads: Path, name: str, version: str, target: Path) -> bool:
    """What `fetch_crates` brought."""
    return linked(found(downloads, f"home/registry/src/*/{name}-{version}"), target)


def from_go(downloads: Path, name: str, version: str, target: Path) -> bool:
    """One module without those it needs."""
    command = ["go", "mod", "download", "-json", f"{name}@{version}"]
    environment = os.environ | {"GOMODCACHE": str(downloads)}
    answer = subprocess.run(command, capture_output=True, text=True, cwd=downloads, env=environment, check=False).stdout
    place = json.loads(answer or "{}").get("Dir")
    return linked(Path(place) if place else None, target)


def linked(source: Path | None, target: Path) -> bool:
    """A link to a folder that a client keeps unpacked."""
    if source is None:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    target.symlink_to(source.resolve(), target_is_directory=True)
    return True


def from_maven(downloads: Path, name: str, version: str, target: Path) -> bool:
    """The -sources jar alone."""
    artifact = f"-Dartifact={name}:{version}:jar:sources"
    run(["mvn", "-q", "dependency:get", "-Dtransitive=false", artifact, f"-Dmaven.repo.local={downloads}"], downloads)
    archive = found(downloads, f"**/{name.split(':')[1]}-{version}-sources.jar")
    return unpacked(archive, target, "unzip", "-qo", "{archive}", "-d", "{target}")


def from_debian_source(downloads: Path, name: str, version: str, target: Path) -> bool:
    """The upstream archive of a source package; needs `deb-src` lines in apt's sources. Debian's own patches are not wanted."""
    run(["apt-get", "source", "--download-only", "-qq", name], downloads)
    archive = found(downloads, f"{name}_{version}.orig.tar.*")
    return unpacked(archive, target, "tar", "xf", "{archive}", "-C", "{target}")


def from_debian(downloads: Path, name: str, version: str, target: Path) -> bool:
    """A binary package of a language that ships its sources."""
    run(["apt-get", "download", "-qq", f"{name}={version}"], downloads)
    archive = found(downloads, f"{name}_{version.replace(':', '%3a')}_*.deb")
    return unpacked(archive, target, "dpkg-deb", "-x", "{archive}", "{target}")


TOGETHER: Mapping[str, Callable[[Path, Mapping[str, tuple[str, str]]], None]] = {"crates": fetch_crates}
ONE: Mapping[str, Callable[[Path, str, str, Path], bool]] = {
    "pypi": from_pypi,
    "npm": from_npm,
    "crates": from_crates,
    "go": from_go,
    "maven": from_maven,
    "debian-source": from_debian_source,
    "debian": from_debian,
}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for tool in ("npm", "cargo", "go", "mvn", "apt-get", "unzip"):
        if shutil.which(tool) is None:
            sys.exit(f"{tool} is not installed; the packages of its registry cannot be fetched.")
    absent = fetch(Path(sys.argv[1]).resolve())
    print(*absent, f"{len(absent)} packages could not be fetched", sep="\n")
