#!/usr/bin/env bash
# Makes the golden arrays again. Never run by the tests. Two Pythons, since neither holds all:
#   PYTHON                torch and torchaudio: Debian's python3-torch and python3-torchaudio
#   HUGGING_FACE_PYTHON   a venv with `pip install torch transformers safetensors numpy scikit-learn statsmodels`
set -euo pipefail
cd "$(dirname "$0")"
python=${PYTHON:-/usr/bin/python3}
hugging_face=${HUGGING_FACE_PYTHON:-python3}
"$python" -c 'import torch, torchaudio' || { echo 'needs: apt-get install python3-torch python3-torchaudio' >&2; exit 1; }
"$hugging_face" -c 'import torch, transformers' || { echo 'needs HUGGING_FACE_PYTHON: a venv with torch, transformers and numpy' >&2; exit 1; }
"$python" make_torchaudio.py
"$python" make_kaldi.py torchaudio
"$hugging_face" make_kaldi.py hugging-face
"$hugging_face" make_ast.py
"$hugging_face" make_metrics.py
