#!/bin/sh
# Prints the Python that measurements run with: $FA_BENCH_PYTHON, which has what they need, else one in a folder of its own
# in the build folder, into which the packages named are installed. For x86-64 PyPI's torch comes with all of CUDA (5 GB),
# unless pip is set up to look where there are wheels without.
set -eu

[ -z "${FA_BENCH_PYTHON:-}" ] || { echo "$FA_BENCH_PYTHON"; exit 0; }

pipelines/setup.sh bench >&2
venv=${B:-build}/bench/venv
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
for package; do
    "$venv/bin/python" -m pip show -q "$package" 2>/dev/null ||
        "$venv/bin/python" -m pip install -q --disable-pip-version-check "$package" >&2 ||
        echo "venv.sh: pip install $package failed: going on without it" >&2
done
echo "$venv/bin/python"
