#!/usr/bin/env bash
# Pin every requirement with its hashes, for all supported Python versions and platforms.
set -euo pipefail
cd "$(dirname "$0")"
lock() { uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
  --no-annotate --quiet --upgrade "$@"; }
lock base.in -o base.txt
lock engine.in -o engine.txt
lock postgres.in -o postgres.txt
lock dev.in -o dev.txt
# torch is installed first and by itself (see the Makefile): its CPU build carries other hashes
# than the default one, and the default one brings gigabytes that only a GPU can use.
for extra in embeddings torch; do
  lock $extra.in -o $extra.txt --no-emit-package torch --no-emit-package triton
  python3 - $extra.txt <<'PY'
import pathlib, re, sys
path = pathlib.Path(sys.argv[1])
blocks = re.split(r"\n(?=\S)", path.read_text())
kept = [b for b in blocks if not re.match(r"(nvidia|cuda)-", b) and not b.startswith("#")]
path.write_text("\n".join(kept).rstrip() + "\n")
PY
done
