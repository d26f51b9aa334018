#!/usr/bin/env bash
# Makes the golden arrays again with Debian's torchaudio (python3-torch, python3-torchaudio). Never run by the tests.
set -euo pipefail
cd "$(dirname "$0")"
python=${PYTHON:-/usr/bin/python3}
"$python" -c 'import torch, torchaudio' || { echo 'needs: apt-get install python3-torch python3-torchaudio' >&2; exit 1; }
"$python" make_torchaudio.py
