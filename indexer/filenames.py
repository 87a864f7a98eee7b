"""What a file's name alone says: a lock file, a secret, data, machine-made, not text. Opens nothing and knows no directory."""

from __future__ import annotations

import re
from fnmatch import translate

LOCK_FILES = frozenset(
    """
    package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock bun.lockb deno.lock cargo.lock poetry.lock
    uv.lock pdm.lock pipfile.lock conda-lock.yml composer.lock gemfile.lock podfile.lock pubspec.lock go.sum mix.lock
    flake.lock package.resolved packages.lock.json project.assets.json gradle.lockfile buf.lock module.bazel.lock
    """.split()
)

SECRET_NAMES = (
    ".env",
    ".env.*",
    "*.env",
    ".envrc",
    ".netrc",
    "_netrc",
    ".pgpass",
    ".htpasswd",
    ".npmrc",
    ".pypirc",
    ".git-credentials",
    ".authinfo*",
    ".boto",
    ".dockercfg",
    ".s3cfg",
    ".vault-token",
    "kubeconfig",
    "*.kubeconfig",
    "*.ovpn",
    "*.age",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "*.jks",
    "*.keystore",
    "*.kdbx",
    "*.ppk",
    "*.gpg",
    "*.asc",
    "credentials",
    "credentials.json",
    "credentials.y*ml",
    "secrets.json",
    "secrets.y*ml",
    "secrets.toml",
    "service-account*.json",
    "*.tfstate",
    "*.tfvars",
)
"""Names under which people keep keys and passwords."""

HARMLESS_NAMES = (
    ".env.example",
    ".env.sample",
    ".env.template",
    ".env.dist",
    ".env.defaults",
    "*.example",
    "*.sample",
    "*.pub",
)
"""Templates of secrets, made to be shared."""

GENERATED_NAMES = (
    "*_pb2.py",
    "*_pb2.pyi",
    "*_pb2_grpc.py",
    "*.pb.go",
    "*.pb.cc",
    "*.pb.h",
    "*.g.dart",
    "*.freezed.dart",
    "*.designer.cs",
    "*.g.cs",
    "*.generated.*",
    "*_generated.*",
    "*.gen.go",
    "*.gen.ts",
)

MINIFIED_NAMES = ("*.min.js", "*.min.css", "*.min.mjs", "*.bundle.js", "*-min.js")

DATA_SUFFIXES = frozenset(
    """
    .csv .tsv .svg .log .map .snap .ipynb .geojson .jsonl .ndjson .po .pot .mo .dat .out .diff .patch .sum .srt .vtt
    .ics .stl .ply .pgn .fasta .fa .vcf .bed .gpx .kml .eps .ps
    """.split()
)

BINARY_SUFFIXES = frozenset(
    """
    .png .jpg .jpeg .gif .webp .bmp .ico .icns .tif .tiff .psd .avif .heic .pdf .zip .gz .bz2 .xz .zst .7z .rar .tar
    .tgz .jar .war .ear .whl .egg .class .pyc .pyo .pyd .so .dll .dylib .exe .bin .o .a .lib .obj .wasm .node .ttf .otf
    .woff .woff2 .eot .mp3 .mp4 .m4a .wav .ogg .flac .avi .mov .mkv .webm .sqlite .sqlite3 .db .mdb .parquet .arrow
    .feather .npy .npz .pkl .pickle .pt .pth .onnx .gguf .safetensors .h5 .hdf5 .doc .docx .xls .xlsx .ppt .pptx .odt
    .ods .beam .hi .rlib .rmeta .pdb .dmg .iso .img .deb .rpm .apk .ipa .lance .swp
    """.split()
)

_SECRET, _HARMLESS, _GENERATED, _MINIFIED = (
    re.compile("|".join(map(translate, names))) for names in (SECRET_NAMES, HARMLESS_NAMES, GENERATED_NAMES, MINIFIED_NAMES)
)


def name_reason(name: str) -> str:
    """Why a file of this name is left out, or nothing."""
    lower = name.lower()
    if lower in LOCK_FILES:
        return "lock"
    suffix = lower[lower.rfind(".") :] if "." in lower else ""
    if suffix in BINARY_SUFFIXES:
        return "binary"
    if suffix in DATA_SUFFIXES:
        return "data"
    if _SECRET.match(lower) and not _HARMLESS.match(lower):
        return "secret"
    if _MINIFIED.match(lower):
        return "minified"
    return "generated" if _GENERATED.match(lower) else ""
